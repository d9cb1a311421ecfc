"""What the customer's page shows beside where things stand, in three queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from jobs.customer.status import moment_words
from jobs.models import Booking, CustomerNote, Escalation, Job, VisitRating, WindowOffer
from jobs.services.customer_changes import ASKED
from jobs.services.ratings import EDITABLE_FOR
from jobs.states import IN_DANGER, OPEN, EscalationKind, JobStatus, VisitResult
from network import display


@dataclass(frozen=True, slots=True)
class OtherTime:
    """One of the windows offered."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Notes, other times offered, what was asked, and the rating."""

    notes: list[CustomerNote] = field(default_factory=list)
    offer: WindowOffer | None = None
    other_times: list[OtherTime] = field(default_factory=list)
    asked: str = ""
    asked_until: str = ""
    """When the appointment begins as it is, unless the office has answered; '' once it has."""
    asks_again: str = ""
    """When others are asked once more by itself, where that is known."""
    in_danger: bool = False
    """Nobody is left to ask, and a person in the office looks after it."""
    rating: VisitRating | None = None
    may_rate: bool = False


def load_beside(job: Job, booking: Booking | None, *, now: datetime) -> Beside:
    """Three queries at most; ``booking`` is the one that the page shows."""
    notes = list(CustomerNote.objects.filter(job=job))
    if job.status == JobStatus.COMPLETED:
        if booking is None or job.result == VisitResult.NO_ACCESS:
            return Beside(notes)
        rating = VisitRating.objects.filter(booking=booking).first()
        may_rate = rating is None or now < rating.rated_at + EDITABLE_FOR
        return Beside(notes, rating=rating, may_rate=may_rate)
    if job.status not in OPEN:
        return Beside(notes)
    offer = WindowOffer.objects.filter(job=job, closed_at=None).first()
    questions = list(Escalation.objects.filter(job=job, closed_at=None))
    asked = next((one for one in questions if one.kind in ASKED), None)
    return Beside(
        notes,
        offer,
        _times(job, offer, now) if offer is not None else [],
        _asked(job, asked, now) if asked is not None else "",
        moment_words(job.window_start, job.time_zone, now)
        if asked is not None and now < job.window_start
        else "",
        _asks_again(job, questions, now),
        any(one.kind in IN_DANGER for one in questions),
    )


def _times(job: Job, offer: WindowOffer, now: datetime) -> list[OtherTime]:
    found = []
    for index, pair in enumerate(offer.windows):
        start, end = (datetime.fromisoformat(text) for text in pair)
        if start > now:
            label = display.window_phone(start, end, job.time_zone, now)
            found.append(OtherTime(index, label))
    return found


def _asks_again(job: Job, questions: list[Escalation], now: datetime) -> str:
    moments = [
        datetime.fromisoformat(one.data["again_at"])
        for one in questions
        if one.kind in IN_DANGER and "again_at" in one.data
    ]
    coming = [moment for moment in moments if now < moment]
    return moment_words(min(coming), job.time_zone, now) if coming else ""


def _asked(job: Job, question: Escalation, now: datetime) -> str:
    """What the customer asked the office for, in words."""
    if question.kind == EscalationKind.CANCEL_ASKED:
        return "You asked us to cancel the visit."
    start, end = (
        datetime.fromisoformat(question.data[key]) for key in ("window_start", "window_end")
    )
    when = display.window_phone(start, end, job.time_zone, now)
    return f"You asked us to move the visit to {when}."
