"""How the promise to the customer stands: a sentence and a tone for the bar on the job's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobs.console import words
from jobs.models import Booking, Job
from jobs.states import JobStatus
from network import display


@dataclass(frozen=True, slots=True)
class Promise:
    """``headline`` beside an icon, ``text`` under it; the visit for the track, if there is one."""

    tone: str
    icon: str
    headline: str
    text: str
    visit: Booking | None = None


def promise_of(job: Job, booking: Booking | None, *, at: datetime) -> Promise:
    """The state of the promise at ``at``; ``booking`` is the live one, or the one that ended it."""
    if job.status == JobStatus.CANCELLED:
        who = words.cancelled_by(job.cancelled_by)
        return Promise("quiet", "ban", "Cancelled", f"{who}: {words.reason(job.cancel_reason)}.")
    if booking is not None and booking.arrived_at is not None:
        return _arrived(job, booking)
    if booking is None:
        return _searching(job, at)
    return _booked(job, booking, at)


def _arrived(job: Job, booking: Booking) -> Promise:
    assert booking.arrived_at is not None
    clock = display.clock(booking.arrived_at, job.time_zone)
    late = (booking.arrived_at - job.window_end).total_seconds()
    done = f" {words.result(job.result)}." if job.result else ""
    text = f"{booking.contractor.name} arrived at {clock}.{done}"
    if late > 0:
        return Promise("bad", "clock-off", f"Late by {display.age(late)}", text, visit=booking)
    return Promise("good", "shield-check", "Kept", text, visit=booking)


def _searching(job: Job, at: datetime) -> Promise:
    left = (job.window_end - at).total_seconds()
    if left <= 0:
        return Promise(
            "bad", "clock-off", "Not kept", "The window has passed and nobody has the job."
        )
    tone = "warn" if left < 2 * 3600 else "wait"
    end = display.clock(job.window_end, job.time_zone)
    return Promise(
        tone,
        "phone-outgoing",
        "Nobody has it yet",
        f"{display.age(left)} until the window closes at {end}.",
    )


def _booked(job: Job, booking: Booking, at: datetime) -> Promise:
    name = booking.contractor.name
    expected = booking.eta or booking.starts_at
    clock = display.clock(expected, job.time_zone)
    end = display.clock(job.window_end, job.time_zone)
    if at > job.window_end:
        return Promise(
            "bad",
            "clock-off",
            "In danger",
            f"{name} has not arrived and the window is over.",
            booking,
        )
    verb = "arrives" if booking.eta else "is planned for"
    spare = (job.window_end - max(expected, at)).total_seconds()
    if at > expected and job.status == JobStatus.BOOKED:
        return Promise(
            "warn",
            "user-question",
            f"{name} was due at {clock}",
            f"Nothing reported yet; {display.age(spare)} are left until {end}.",
            booking,
        )
    return Promise(
        "good",
        "shield-check",
        f"On course, {display.age(spare)} to spare",
        f"{name} {verb} {clock}. Any arrival before {end} keeps the promise.",
        booking,
    )
