"""What one row of the board says about a job. No queries: everything is loaded before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.urls import reverse

from jobs.console import words
from jobs.models import Booking, Job, Offer, Round
from jobs.reads import with_cascade
from jobs.states import FINAL, LIVE, SEARCHING, JobStatus, OfferStatus
from network import display
from network.models import Branch

#: The board's groups, in order: key, heading, what the heading adds.
GROUPS = [
    (0, "Rebooking", "the promised window stands"),
    (1, "Searching", ""),
    (2, "Booked and under way", ""),
    (3, "Closed", ""),
]
_SOON = timedelta(hours=3)

GROUP_OF = Case(
    When(status__in=sorted(FINAL), then=Value(3)),
    When(status__in=sorted(LIVE), then=Value(2)),
    When(round_number__gt=1, then=Value(0)),
    default=Value(1),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One job, as ``components/_job_row.html`` takes it."""

    job: Job
    url: str
    who: str = ""
    who_more: str = ""
    who_sub: str = ""
    offers: list[Offer] = field(default_factory=list)
    remaining: int = 0
    expires_at: datetime | None = None
    total_seconds: float = 0
    aside: str = ""
    window_note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one group, and how many jobs it has in all."""

    title: str
    more: str
    count: int
    rows: list[Row]


def in_board_order(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """By group, then closed ones newest first, others by their window."""
    return jobs.annotate(board_group=GROUP_OF).order_by(
        "board_group", F("closed_at").desc(nulls_last=True), "window_start", "pk"
    )


def load_groups(
    jobs: QuerySet[Job], counts: dict[int, int], *, branch: Branch, at: datetime, show: int
) -> list[Group]:
    """The first ``show`` jobs in board order, as groups. Five queries."""
    shown = list(with_cascade(in_board_order(jobs))[:show])  # type: ignore[arg-type]
    groups = []
    for key, title, more in GROUPS:
        rows = [make_row(job, branch=branch, at=at) for job in shown if job.board_group == key]
        if rows:
            groups.append(Group(title, more, counts.get(key, len(rows)), rows))
    return groups


def job_url(branch: Branch, job: Job) -> str:
    return reverse("console:job", kwargs={"branch": branch.slug, "job": job.public_id})


def current_round(job: Job) -> Round | None:
    """The running (or last) round of a job loaded by ``with_cascade``."""
    return job.rounds_newest_first[0] if job.rounds_newest_first else None  # type: ignore[attr-defined]


def round_offers(job: Job, current: Round | None) -> list[Offer]:
    if current is None:
        return []
    return [offer for offer in job.offers.all() if offer.round_id == current.pk]


def make_row(job: Job, *, branch: Branch, at: datetime) -> Row:
    """The row of a job loaded by ``with_cascade``, as of ``at``."""
    current = current_round(job)
    offers = round_offers(job, current)
    pending = next((offer for offer in offers if offer.status == OfferStatus.PENDING), None)
    booking: Booking | None = job.live_bookings[0] if job.live_bookings else None  # type: ignore[attr-defined]
    facts: dict[str, Any] = {
        "job": job,
        "url": job_url(branch, job),
        "offers": offers,
        "remaining": current.remaining if current and job.status in SEARCHING else 0,
        "window_note": _window_note(job, booking, at),
    }
    if pending is not None:
        total = len(current.contractor_ids) if current else 0
        return Row(
            **facts,
            who=pending.contractor.name,
            who_more=f"rank {pending.rank} of {total}" if pending.rank else "asked by hand",
            who_sub=_before(job, offers, pending),
            expires_at=pending.expires_at,
            total_seconds=(pending.expires_at - pending.made_at).total_seconds(),
        )
    if booking is not None:
        return Row(
            **facts,
            who=booking.contractor.name,
            who_more=_technician(booking),
            who_sub=_booked_words(job, booking),
            aside=_booked_aside(job, booking),
        )
    if job.is_final:
        return Row(**facts, **_closed_words(job, offers))
    return Row(**facts, **_waiting_words(job, current, at))


def _technician(booking: Booking) -> str:
    name = booking.technician.name
    return "" if name == booking.contractor.name else name


def _before(job: Job, offers: Sequence[Offer], pending: Offer) -> str:
    earlier = [offer for offer in offers if offer.pk != pending.pk]
    said = words.answers(earlier)
    if said:
        return said[:1].upper() + said[1:]
    asked = f"Asked {display.clock(pending.made_at, job.time_zone)}"
    return f"Round {job.round_number} · {asked.lower()}" if job.round_number > 1 else asked


def _booked_words(job: Job, booking: Booking) -> str:
    start = display.clock(booking.starts_at, job.time_zone)
    if job.status == JobStatus.BOOKED:
        questions = job.open_escalations  # type: ignore[attr-defined]
        if questions:
            return words.question(questions[0].kind)
        if booking.eta is not None:
            return f"Confirmed for {display.clock(booking.eta, job.time_zone)}"
        return f"Planned for {start}"
    if job.status == JobStatus.EN_ROUTE and booking.en_route_at is not None:
        return f"Left {display.clock(booking.en_route_at, job.time_zone)}"
    return f"Done about {display.clock(booking.ends_at, job.time_zone)}"


def _booked_aside(job: Job, booking: Booking) -> str:
    if job.status == JobStatus.ON_SITE and booking.arrived_at is not None:
        return f"since {display.clock(booking.arrived_at, job.time_zone)}"
    offer = booking.offer
    if offer.via == "assigned":
        return "assigned by hand"
    if offer.answered_at is None:
        return ""
    return f"answered in {words.took(offer.made_at, offer.answered_at)}"


def _closed_words(job: Job, offers: Sequence[Offer]) -> dict[str, Any]:
    done = next((offer for offer in offers if offer.status == OfferStatus.ACCEPTED), None)
    closed = (
        f"{display.day(job.closed_at, job.time_zone)} {display.clock(job.closed_at, job.time_zone)}"
        if job.closed_at
        else ""
    )
    if job.status == JobStatus.CANCELLED:
        return {
            "who_sub": f"{words.cancelled_by(job.cancelled_by)}: {words.reason(job.cancel_reason)}",
            "aside": closed,
        }
    return {
        "who": done.contractor.name if done else "",
        "who_sub": words.result(job.result) if job.result else "",
        "aside": closed,
    }


def _waiting_words(job: Job, current: Round | None, at: datetime) -> dict[str, Any]:
    questions = job.open_escalations  # type: ignore[attr-defined]
    if questions:
        return {"who": "Needs you", "who_sub": words.question(questions[0].kind)}
    if current is None or current.decision_id is None:
        return {"who_sub": "Being ranked"}
    if job.next_wake_at is not None and job.next_wake_at > at and current.remaining:
        clock = display.clock(job.next_wake_at, job.time_zone)
        return {"who_sub": f"Waits for contact hours, {clock}"}
    return {"who_sub": "Next contractor is being asked" if current.remaining else ""}


def _window_note(job: Job, booking: Booking | None, at: datetime) -> str:
    if job.is_final:
        return ""
    if job.status == JobStatus.ON_SITE:
        return ""
    if booking is not None and booking.eta is not None and at < job.window_end:
        return f"arrives {display.clock(booking.eta, job.time_zone)}"
    if at > job.window_end:
        return "passed"
    if at >= job.window_start:
        return "now"
    if job.window_start - at < _SOON:
        return f"in {display.age((job.window_start - at).total_seconds())}"
    return ""
