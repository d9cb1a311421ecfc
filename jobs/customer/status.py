"""Where things stand, in calm words for the customer.

Says only what is true: an appointment that is being rebooked stands, because it does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from jobs.models import Booking, Job
from jobs.states import LIVE, SEARCHING, JobStatus, VisitResult
from network import display

#: Ratings are told from this many on; fewer say little about anybody (ours).
FEW_RATINGS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the progress: ``state`` is ``ok``, ``cur`` or ''."""

    title: str
    state: str = ""
    icon: str = ""
    text: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """The person who comes, as the customer may know them."""

    name: str
    firm: str
    phone: str
    visits: int
    rating: float | None

    @property
    def record(self) -> str:
        parts = [f"{self.visits} visits" if self.visits > 1 else "1 visit"] if self.visits else []
        if self.rating is not None:
            parts.append(f"{self.rating:.1f} of 5")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the top of the page shows."""

    state: str
    day: str
    hours: str
    lead: str = ""
    note_title: str = ""
    note_text: str = ""
    hear_by: str = ""
    """When this page says at the latest who comes, or that the time was not kept."""
    who: Who | None = None
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Facts:
    """The job's newest visit and how its contractor is known; two queries."""

    booking: Booking | None
    visits: int = 0
    rating: float | None = None
    rebooking: bool = False
    accepted_at: datetime | None = None


def load_facts(job: Job) -> Facts:
    """Two queries, whatever the job's history."""
    bookings = list(
        Booking.objects.filter(job=job).select_related("contractor", "technician").order_by("-pk")
    )
    current = next((b for b in bookings if b.live), None)
    if current is None and job.status == JobStatus.COMPLETED:
        current = next((b for b in bookings if b.end_kind == Booking.End.COMPLETED), None)
    if current is None:
        return Facts(booking=None, rebooking=bool(bookings))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM jobs_booking b WHERE b.contractor_id = %s"
            " AND b.end_kind = 'completed'),"
            " (SELECT rating_average FROM ranking_scorecard"
            "   WHERE contractor_id = %s AND rating_count >= %s)",
            [current.contractor_id, current.contractor_id, FEW_RATINGS],
        )
        visits, rating = cursor.fetchone()
    return Facts(current, visits, rating, False, current.booked_at)


def standing(job: Job, facts: Facts, *, now: datetime, in_danger: bool = False) -> Standing:
    """The words for the job's state at ``now``; ``in_danger``: nobody is left to ask."""
    tz = job.time_zone
    day = display.day(job.window_start, tz, now)
    local = display.in_zone(job.window_start, tz)
    if day in ("Today", "Tomorrow"):
        day = f"{day}, {local:%A}"
    hours = _hours(job.window_start, job.window_end, tz)
    told: dict[str, Any] = {"day": day, "hours": hours}
    booking = facts.booking
    if job.status == JobStatus.CANCELLED:
        return Standing("cancelled", **told, lead="This appointment is cancelled. Nobody comes.")
    if job.status == JobStatus.COMPLETED:
        return Standing(
            "done",
            **told,
            lead=_ended(job, booking),
            who=_who(facts),
            steps=_steps(job, facts, now),
        )
    if job.status in LIVE and booking is not None:
        return Standing(
            "coming",
            **told,
            lead=_coming(job, booking, now),
            who=_who(facts),
            steps=_steps(job, facts, now),
        )
    return _searching(job, facts, told, now, in_danger)


def _hours(start: datetime, end: datetime, tz: str) -> str:
    text = display.window_phone(start, end, tz).removeprefix(display.day(start, tz)).strip()
    return f"{text} {display.zone_name(start, tz)}"


def moment_words(moment: datetime, tz: str, now: datetime) -> str:
    """``noon``, ``noon tomorrow``, ``noon on Thursday 5 November``: to stand after "by"."""
    clock = display.phone_clock(moment, tz)
    local = display.in_zone(moment, tz)
    match (local.date() - display.in_zone(now, tz).date()).days:
        case 0:
            return clock
        case 1:
            return f"{clock} tomorrow"
    return f"{clock} on {local:%A} {local.day} {local:%B}"


def _first(name: str) -> str:
    return name.split()[0] if name.split() else name


def person_of(booking: Booking) -> str:
    """What the customer calls whoever comes."""
    return _first(booking.technician.name)


def _who(facts: Facts) -> Who | None:
    booking = facts.booking
    if booking is None:
        return None
    firm = booking.contractor.name
    return Who(
        name=person_of(booking),
        firm="" if firm == booking.technician.name else firm,
        phone=booking.contractor.phone if booking.live else "",
        visits=facts.visits,
        rating=facts.rating,
    )


def _coming(job: Job, booking: Booking, now: datetime) -> str:
    name = person_of(booking)
    tz = job.time_zone
    if job.status == JobStatus.ON_SITE:
        return f"{name} is with you."
    expected = booking.eta or booking.starts_at
    clock = display.phone_clock(expected, tz)
    if job.status == JobStatus.EN_ROUTE:
        if expected <= now:
            return f"{name} is on the way and should be with you any minute."
        return f"{name} is on the way and expects to be with you about {clock}."
    if booking.eta and booking.eta > now:
        return f"{name} expects to be with you about {clock}."
    return f"{name} comes between these times. You hear the exact time before the visit."


def _ended(job: Job, booking: Booking | None) -> str:
    name = person_of(booking) if booking else "The contractor"
    match job.result:
        case VisitResult.FIXED:
            return f"{name} has finished. We hope all is well again."
        case VisitResult.NO_ACCESS:
            return f"{name} was at your door and could not get in."
        case VisitResult.NEEDS_ANOTHER_VISIT:
            return f"{name} was with you. The work needs another visit; we are arranging it."
    return f"{name} was with you."


def _searching(
    job: Job, facts: Facts, told: dict[str, Any], now: datetime, in_danger: bool
) -> Standing:
    steps = _steps(job, facts, now)
    # Somebody may still say yes inside the window; at its end this page says that nobody did.
    hear_by = moment_words(job.window_end, job.time_zone, now)
    if job.window_end <= now:
        return Standing(
            "late",
            **told,
            note_title="We have not kept this time",
            note_text="We are sorry. Somebody from the office is looking after it and will call "
            "you. You can choose another time here.",
            steps=steps,
        )
    if in_danger:
        return Standing(
            "danger",
            **told,
            note_title="Your time is kept, and we are still looking",
            note_text="Somebody from the office is looking after it now. If this time cannot be "
            "kept we tell you and offer others; you can also choose another one here.",
            hear_by=hear_by,
            steps=steps,
        )
    if facts.rebooking:
        return Standing(
            "rebooking",
            **told,
            note_title="Your appointment stands",
            note_text="Whoever was to come cannot. We are already asking the next contractor for "
            "the same time. You do not need to do anything.",
            hear_by=hear_by,
            steps=steps,
        )
    return Standing(
        "searching",
        **told,
        note_title="Your time is reserved",
        note_text="We are choosing who comes. You do not need to do anything; we tell you as soon "
        "as somebody has said yes.",
        hear_by=hear_by,
        steps=steps,
    )


def _steps(job: Job, facts: Facts, now: datetime) -> list[Step]:
    tz = job.time_zone

    def at(moment: datetime | None) -> str:
        if moment is None:
            return ""
        same = display.in_zone(moment, tz).date() == display.in_zone(now, tz).date()
        clock = display.phone_clock(moment, tz)
        return clock if same else f"{display.day(moment, tz)}, {clock}"

    steps = [Step("Booked", "ok", "check", time=at(job.created_at))]
    booking = facts.booking
    if booking is None:
        title = "Finding someone for " + _hours(job.window_start, job.window_end, tz)
        state = "cur" if job.status in SEARCHING else ""
        icon = "shield-half" if facts.rebooking else "phone-outgoing"
        return [
            *steps,
            Step(title, state, icon, time="now" if state else ""),
            Step("On the way"),
            Step("At your door"),
            Step("Done"),
        ]
    name = person_of(booking)
    steps.append(Step(f"{name} said yes", "ok", "check", time=at(facts.accepted_at)))
    done = job.status == JobStatus.COMPLETED
    on_site = done or job.status == JobStatus.ON_SITE
    moving = on_site or job.status == JobStatus.EN_ROUTE
    expected = booking.eta or booking.starts_at
    about = f"about {display.phone_clock(expected, tz)}"
    if booking.en_route_at or moving:
        way = "ok" if on_site else "cur"
        steps.append(
            Step("On the way", way, "check" if on_site else "truck", time=at(booking.en_route_at))
        )
    else:
        text = f"We tell you when {name} sets out."
        steps.append(Step("On the way", "cur", "truck", text=text))
    if on_site:
        steps.append(
            Step(
                "At your door",
                "ok" if done else "cur",
                "check" if done else "tool",
                time=at(booking.arrived_at),
            )
        )
    else:
        steps.append(Step("At your door", time=about if expected > now else ""))
    steps.append(
        Step("Done", "ok", "check", time=at(booking.finished_at)) if done else Step("Done")
    )
    return steps


def limit_text(limit: Decimal | None, currency: str) -> str:
    """What the customer may rely on about the cost; '' where nothing was agreed."""
    if limit is None:
        return ""
    amount = display.money(limit, currency)
    return f"Covered up to {amount}. Nobody goes above that without asking you."
