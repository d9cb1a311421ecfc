"""Seven days of a contractor's time: visits, held offers, time off, and what is free."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from network import display
from network.models import CalendarEntry, EntryKind, WorkingHours
from portal.access import Acting
from portal.reads import holds_between, visits_between
from portal.standing_by import AskedStandby, standbys_between
from portal.wording import clock_range, hours_text
from portal.work import AskedOffer, OwnVisit

DAYS = 7


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a day. ``remove_id`` names time off that can be taken back."""

    at: datetime
    kind: str  # visit, hold or off
    tone: str
    icon: str
    title: str
    sub: str
    url: str = ""
    remove_id: int | None = None


@dataclass(slots=True)
class Day:
    """A local day. ``open_text`` says when one is free, ``is_closed`` that nobody works."""

    date: date
    is_today: bool
    is_past: bool
    open_text: str = ""
    is_closed: bool = False
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A stretch of time off, aware."""

    id: int
    technician_id: int
    start: datetime
    end: datetime
    note: str


def week(acting: Acting, technician_ids: list[int], first: date, *, at: datetime) -> list[Day]:
    """The seven days from ``first``, in the branch's zone; a fixed number of queries."""
    tz = acting.contractor.branch.time_zone
    zone = display.zone(tz)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    start, end = midnight(first, zone), midnight(days[-1] + timedelta(days=1), zone)
    names = {person.pk: person.name for person in acting.technicians} if acting.is_firm else {}
    today = at.astimezone(zone).date()
    hours = _hours(technician_ids)
    shown = {
        day: Day(
            date=day,
            is_today=day == today,
            is_past=day < today,
            open_text=hours.get(day.weekday(), "") if len(technician_ids) == 1 else "",
            is_closed=day.weekday() not in hours,
        )
        for day in days
    }

    def put(event: Event, day: date) -> None:
        if day in shown:
            shown[day].events.append(event)

    for visit in visits_between(acting, technician_ids, start, end):
        put(_visit_event(visit, tz, names), visit.expected_at.astimezone(zone).date())
    for hold in holds_between(acting, technician_ids, start, end, at=at):
        put(_hold_event(hold, tz, names, at), hold.starts_at.astimezone(zone).date())
    for standby in standbys_between(acting, technician_ids, start, end):
        put(_standby_event(standby, tz, names), standby.starts_at.astimezone(zone).date())
    for off in _time_off(technician_ids, start, end):
        for day in days:
            if off.start < midnight(day + timedelta(days=1), zone) and off.end > midnight(
                day, zone
            ):
                put(_off_event(off, day, tz, names), day)
    for shown_day in shown.values():
        shown_day.events.sort(key=lambda event: event.at)
    return list(shown.values())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local day begins."""
    return datetime.combine(day, time(0), zone)


def _hours(technician_ids: list[int]) -> dict[int, str]:
    """Weekday (Monday 0) → usual hours in words."""
    found: dict[int, list[str]] = {}
    for row in WorkingHours.objects.filter(technician_id__in=technician_ids).order_by(
        "weekday", "starts"
    ):
        found.setdefault(row.weekday, []).append(hours_text(row.starts, row.ends))
    return {weekday: ", ".join(texts) for weekday, texts in found.items()}


def _time_off(technician_ids: list[int], start: datetime, end: datetime) -> list[TimeOff]:
    entries = (
        CalendarEntry.objects.for_technicians(technician_ids)
        .time_off()
        .between(start, end)
        .order_by("period")
    )
    return [
        TimeOff(entry.pk, entry.technician_id, entry.period.lower, entry.period.upper, entry.note)
        for entry in entries
    ]


def taken_in(
    acting: Acting, technician_id: int, start: datetime, end: datetime, *, at: datetime
) -> list[Event]:
    """What stands in the way of time off in the span: visits, held offers, other time off.

    Reads the calendar itself, so that it names exactly what a new entry would overlap.
    """
    tz = acting.contractor.branch.time_zone
    entries = list(
        CalendarEntry.objects.for_technicians([technician_id])
        .between(start, end)
        .order_by("period")
    )
    if not entries:
        return []
    first, last = entries[0].period.lower, entries[-1].period.upper
    refs = {entry.source_ref for entry in entries}
    events = [
        _visit_event(visit, tz, {}, with_day=True)
        for visit in visits_between(acting, [technician_id], first - timedelta(days=1), last)
        if visit.public_id in refs
    ]
    events += [
        _hold_event(hold, tz, {}, at, with_day=True)
        for hold in holds_between(acting, [technician_id], first, last, at=at)
        if hold.public_id in refs
    ]
    events += [
        _standby_event(standby, tz, {}, with_day=True)
        for standby in standbys_between(acting, [technician_id], first, last)
        if standby.public_id in refs
    ]
    events += [
        Event(
            entry.period.lower,
            "off",
            "quiet",
            "calendar-off",
            "Time off",
            span_text(entry.period.lower, entry.period.upper, tz),
        )
        for entry in entries
        if entry.kind == EntryKind.TIME_OFF
    ]
    return sorted(events, key=lambda event: event.at)


def span_text(start: datetime, end: datetime, tz: str) -> str:
    """``Wed 18 Nov``, ``Wed 18 Nov, noon–5 pm``, ``Wed 25 to Fri 27 Nov``."""
    zone = display.zone(tz)
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    last = ends - timedelta(microseconds=1)
    whole = begins.time() == time(0) and ends.time() == time(0)
    if begins.date() == last.date():
        day = display.day(start, tz)
        return day if whole else f"{day}, {clock_range(start, end, tz)}"
    if whole:
        return f"{display.day(start, tz)} to {display.day(end - timedelta(seconds=1), tz)}"
    return (
        f"{display.day(start, tz)} {display.phone_clock(start, tz)} to "
        f"{display.day(end, tz)} {display.phone_clock(end, tz)}"
    )


def _with_name(text: str, names: dict[int, str], technician_id: int) -> str:
    name = names.get(technician_id)
    return f"{name} · {text}" if name else text


def _visit_event(
    visit: OwnVisit, tz: str, names: dict[int, str], *, with_day: bool = False
) -> Event:
    clock = display.phone_clock(visit.expected_at, tz)
    day = f"{display.day(visit.expected_at, tz)} " if with_day else ""
    promised = clock_range(visit.work.window_start, visit.work.window_end, tz)
    sub = visit.result_text if visit.result else f"{visit.work.area} · promised {promised}"
    return Event(
        at=visit.expected_at,
        kind="visit",
        tone="good" if not visit.status or visit.status == "booked" else "move",
        icon="circle-check" if visit.result else "calendar-check",
        title=f"{day}{clock}  {visit.title}",
        sub=_with_name(sub, names, visit.technician_id),
        url=visit.url,
    )


def _hold_event(
    hold: AskedOffer, tz: str, names: dict[int, str], at: datetime, *, with_day: bool = False
) -> Event:
    left = display.age((hold.expires_at - at).total_seconds())
    day = f"{display.day(hold.starts_at, tz)} " if with_day else ""
    times = clock_range(hold.work.window_start, hold.work.window_end, tz)
    return Event(
        at=hold.starts_at,
        kind="hold",
        tone="wait",
        icon="phone-incoming",
        title=f"{day}{times}  {hold.work.title}",
        sub=_with_name(f"held for you, {left} to answer", names, hold.technician_id),
        url=hold.url,
    )


def _standby_event(
    standby: AskedStandby, tz: str, names: dict[int, str], *, with_day: bool = False
) -> Event:
    day = f"{display.day(standby.starts_at, tz)} " if with_day else ""
    times = clock_range(standby.starts_at, standby.ends_at, tz)
    sub = "you stand by" if standby.is_standing else "asked to stand by"
    return Event(
        at=standby.starts_at,
        kind="hold",
        tone="guard",
        icon="shield-half",
        title=f"{day}{times}  {standby.work.title}",
        sub=_with_name(sub, names, standby.technician_id),
        url=standby.url,
    )


def _off_event(off: TimeOff, day: date, tz: str, names: dict[int, str]) -> Event:
    zone = display.zone(tz)
    begins = max(off.start, midnight(day, zone))
    ends = min(off.end, midnight(day + timedelta(days=1), zone))
    is_whole_day = ends - begins >= timedelta(hours=23)
    times = "" if is_whole_day else f" {clock_range(begins, ends, tz)}"
    sub = off.note or "nobody will call"
    return Event(
        at=begins,
        kind="off",
        tone="quiet",
        icon="calendar-off",
        title=f"Time off{times}",
        sub=_with_name(sub, names, off.technician_id),
        remove_id=off.id,
    )
