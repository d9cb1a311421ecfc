"""One technician's week as a figure: open hours, visits, holds, time off, days not cleared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.console.network.hours import DAYS
from jobs.models import Booking, Offer, Standby
from network import display
from network.models import Branch, CalendarEntry, Contractor, EntryKind, Technician, WorkingHours

LEFT, TOP, ROW, WIDTH = 84.0, 30.0, 46.0, 820.0
#: The hours shown at least.
FIRST_HOUR, LAST_HOUR = 7, 19
_NARROWEST = 26.0


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of one day: hours since its midnight, ``url`` where it leads."""

    day: date
    start: float
    end: float
    tone: str
    css: str
    title: str
    sub: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """The figure with what goes around it."""

    first: date
    figure: SafeString
    blocks: list[Block]
    cleared_note: str


def week_of(
    technician: Technician,
    first: date,
    *,
    contractor: Contractor,
    branch: Branch,
    at: datetime,
) -> Week:
    """The seven days from ``first``, in the branch's zone; four queries."""
    zone = branch.zone
    days = [first + timedelta(days=number) for number in range(7)]
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(first + timedelta(days=7), time(), zone)
    entries = list(
        CalendarEntry.objects.for_technicians([technician.pk])
        .between(start, end)
        .order_by("period")
    )
    blocks = _blocks(entries, days, branch=branch, zone=zone)
    hours = list(WorkingHours.objects.filter(technician=technician))
    note = ""
    until = contractor.cleared_until
    if contractor.status in ("active", "paused"):
        uncleared = [day for day in days if until is None or day > until]
        if uncleared:
            note = (
                "Not cleared: nothing is offered."
                if until is None
                else f"Cleared to {until:%a} {until.day} {until:%b}: nothing is offered past it."
            )
        blocks += [
            Block(day, 0, 24, "bad", "", "Not cleared from here on" if not index else "Not cleared",
                  note)
            for index, day in enumerate(uncleared)
        ]  # fmt: skip
    return Week(first, _figure(days, hours, blocks, at=at, branch=branch), blocks, note)


def _blocks(
    entries: Sequence[CalendarEntry], days: Sequence[date], *, branch: Branch, zone: ZoneInfo
) -> list[Block]:
    refs = [entry.source_ref for entry in entries if entry.source_ref is not None]
    visits = {
        visit.public_id: visit
        for visit in Booking.objects.filter(public_id__in=refs).select_related("job__service_type")
    }
    offers = {
        offer.public_id: offer
        for offer in Offer.objects.filter(public_id__in=refs).select_related("job__service_type")
    }
    standbys = {
        standby.public_id: standby
        for standby in Standby.objects.filter(public_id__in=refs).select_related(
            "job__service_type"
        )
    }
    found = []
    for entry in entries:
        tone, css, title, sub, url = "quiet", "", "Time off", entry.note or "time off", ""
        if entry.kind == EntryKind.BOOKING and entry.source_ref in visits:
            job = visits[entry.source_ref].job
            tone, css, title, sub = _visit_look(visits[entry.source_ref])
            url = reverse("console:job", kwargs={"branch": branch.slug, "job": job.public_id})
        elif entry.kind == EntryKind.HOLD and entry.source_ref in offers:
            job = offers[entry.source_ref].job
            tone, css, title, sub = "wait", "hold", "Asked", job.service_type.name
            url = reverse("console:job", kwargs={"branch": branch.slug, "job": job.public_id})
        elif entry.kind == EntryKind.HOLD and entry.source_ref in standbys:
            job = standbys[entry.source_ref].job
            tone, css, title, sub = "guard", "hold", "Standby", job.service_type.name
            url = reverse("console:job", kwargs={"branch": branch.slug, "job": job.public_id})
        begins, ends = entry.period.lower.astimezone(zone), entry.period.upper.astimezone(zone)
        for day in days:
            if begins.date() > day or (ends - timedelta(microseconds=1)).date() < day:
                continue
            low = _hour(begins) if begins.date() == day else 0.0
            high = _hour(ends) if ends.date() == day else 24.0
            found.append(Block(day, low, high, tone, css, title, sub, url))
    return found


def _visit_look(visit: Booking) -> tuple[str, str, str, str]:
    title = visit.job.service_type.name
    if visit.job.status == "on_site" and visit.live:
        return "move", "", title, "on site"
    if visit.live:
        return "good", "solid", title, visit.job.reference
    return "quiet", "", title, visit.get_result_display() or visit.get_end_kind_display()


def _hour(moment: datetime) -> float:
    return moment.hour + moment.minute / 60


def _figure(
    days: Sequence[date],
    hours: Sequence[WorkingHours],
    blocks: Sequence[Block],
    *,
    at: datetime,
    branch: Branch,
) -> SafeString:
    timed = [block for block in blocks if block.end - block.start < 24]
    low = min([FIRST_HOUR, *(int(block.start) for block in timed)])
    high = max([LAST_HOUR, *(-int(-block.end // 1) for block in timed)])
    height = TOP + ROW * len(days)

    def x(hour: float) -> float:
        return LEFT + (WIDTH - LEFT) * (max(low, min(high, hour)) - low) / (high - low)

    parts = [
        format_html(
            '<rect class="bed" x="{}" y="{}" width="{}" height="{}"/>',
            LEFT, TOP, WIDTH - LEFT, height - TOP,
        )
    ]  # fmt: skip
    for row, day in enumerate(days):
        y = TOP + ROW * row
        for begin, finish in _open(day, hours):
            parts.append(
                format_html(
                    '<rect class="open" x="{}" y="{}" width="{}" height="{}"/>',
                    f"{x(begin):.1f}", y, f"{max(0.0, x(finish) - x(begin)):.1f}", ROW,
                )
            )  # fmt: skip
    step = 2 if high - low > 10 else 1
    for hour in range(low + (low % step), high + 1, step):
        parts.append(
            format_html('<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>',
                        f"{x(hour):.1f}", TOP, height)
        )  # fmt: skip
        if low < hour < high:
            parts.append(
                format_html('<text class="ax" x="{}" y="19">{}:00</text>', f"{x(hour):.1f}", hour)
            )
    local = at.astimezone(branch.zone)
    for row, day in enumerate(days):
        y = TOP + ROW * row
        parts.append(
            format_html('<line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/>', WIDTH, y, y)
        )
        if day == local.date():
            parts.append(
                format_html('<rect class="today" x="0" y="{}" width="3" height="{}"/>', y, ROW)
            )
        parts.append(
            format_html(
                '<text class="day" x="14" y="{}">{}</text>'
                '<text class="day2" x="14" y="{}">{}</text>',
                y + 20, DAYS[day.weekday()], y + 36, f"{day.day} {day:%b}",
            )
        )  # fmt: skip
    parts += [_drawn(block, days, x) for block in blocks]
    if local.date() in days and low < _hour(local) < high:
        y = TOP + ROW * days.index(local.date())
        parts.append(
            format_html('<line class="now" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>',
                        f"{x(_hour(local)):.1f}", y, y + ROW)
        )  # fmt: skip
    zone = display.zone_name(at, branch.time_zone)
    return format_html(
        '<svg class="weekfig" viewBox="0 0 {} {}" role="group" aria-label="{}">'
        '<text class="ax" x="28" y="19">{}</text>{}</svg>',
        f"{WIDTH:.0f}", f"{height:.0f}", f"Week from {days[0]:%A} {days[0].day} {days[0]:%B}",
        zone, format_html_join("", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def _open(day: date, hours: Sequence[WorkingHours]) -> list[tuple[float, float]]:
    found = []
    for row in hours:
        begin = row.starts.hour + row.starts.minute / 60
        finish = row.ends.hour + row.ends.minute / 60
        overnight = finish <= begin
        if row.weekday == day.weekday():
            found.append((begin, 24.0 if overnight else finish))
        if overnight and finish and (row.weekday + 1) % 7 == day.weekday():
            found.append((0.0, finish))
    return found


def _drawn(block: Block, days: Sequence[date], x) -> SafeString:  # type: ignore[no-untyped-def]
    y = TOP + ROW * days.index(block.day) + 5
    left = x(block.start)
    width = max(_NARROWEST, x(block.end) - left - 3)
    body = format_html(
        '<svg x="{}" y="{}" width="{}" height="36"><rect x=".75" y=".75" width="{}" height="34.5"'
        ' rx="7"/><text x="8" y="15">{}</text><text class="sub" x="8" y="29">{}</text></svg>',
        f"{left:.1f}", y, f"{width:.1f}", f"{width - 1.5:.1f}", block.title, block.sub,
    )  # fmt: skip
    words = f"{DAYS[block.day.weekday()]} {_span(block)}: {block.title}, {block.sub}"
    css = " ".join(part for part in ("ent", f"is-{block.tone}", block.css) if part)
    if block.url:
        return format_html(
            '<a class="{}" href="{}" aria-label="{}"><title>{}</title>{}</a>',
            css, block.url, words, words, body,
        )  # fmt: skip
    return format_html('<g class="{}"><title>{}</title>{}</g>', css, words, body)


def _span(block: Block) -> str:
    if block.end - block.start >= 24:
        return "all day"

    def clock(hour: float) -> str:
        return f"{int(hour):02d}:{round(hour % 1 * 60):02d}"

    return f"{clock(block.start)}–{clock(block.end)}"
