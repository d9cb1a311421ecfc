"""When a booked job is looked at next: the pure rules of ``jobs.watch`` over a locked job."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.services.booked import LockedBooking
from jobs.services.locked import LockedJob
from jobs.watch import Watched, next_step


def watched(job: LockedJob, booking: LockedBooking) -> Watched:
    return Watched(
        window_end=job.window_end,
        starts_at=booking.starts_at,
        booked_at=booking.booked_at,
        eta=booking.eta,
        en_route_at=booking.en_route_at,
        asked_at=booking.asked_at,
        asked_again_at=booking.asked_again_at,
        nudged_at=booking.nudged_at,
        lead=timedelta(minutes=job.rescue_lead_minutes),
    )


def next_look(
    job: LockedJob, visit: Watched, *, standby_due: datetime | None, at: datetime
) -> datetime:
    """When a booked visit that nobody has begun is due: its next step, or the window's end."""
    moments = [job.window_end] if at < job.window_end else []
    if job.protects:
        moments.append(next_step(visit, at)[1])
    if standby_due is not None:
        moments.append(standby_due)
    return min(moments) if moments else at
