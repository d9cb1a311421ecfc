"""A booking read under its job's lock, and how one ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from jobs.errors import JobIsFinal, MoveNotAllowed
from jobs.models import Booking
from jobs.services.journal import Journal
from jobs.services.locked import LockedJob, lock_job_of_booking
from jobs.states import CONTRACTOR_RELEASE_REASONS, SILENT_REASONS, ReleaseReason
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import OutcomeRow


class VisitPresumedLost(MoveNotAllowed):
    """The visit was taken because nothing was heard; a word may bring it back (``comeback``)."""


@dataclass(slots=True)
class LockedBooking:
    """A booking's columns that steps need, read under the job's lock."""

    id: int
    public_id: UUID
    contractor_id: int
    technician_id: int
    starts_at: datetime
    ends_at: datetime
    eta: datetime | None
    live: bool
    end_kind: str
    result: str
    reason: str
    booked_at: datetime
    asked_at: datetime | None
    asked_again_at: datetime | None
    nudged_at: datetime | None
    en_route_at: datetime | None
    arrived_at: datetime | None
    contractor_name: str
    contractor_email: str


def lock_booking(booking_id: int) -> tuple[LockedJob, LockedBooking]:
    """Lock the job, then its booking. Raises NotFound."""
    job = lock_job_of_booking(booking_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.id, k.public_id, k.contractor_id, k.technician_id, k.starts_at, k.ends_at,"
            " k.eta, k.live, k.end_kind, k.result, k.reason, k.booked_at, k.asked_at,"
            " k.asked_again_at, k.nudged_at, k.en_route_at, k.arrived_at, c.name, c.email"
            " FROM jobs_booking k JOIN network_contractor c ON c.id = k.contractor_id"
            " WHERE k.id = %s FOR UPDATE OF k",
            [booking_id],
        )
        return job, LockedBooking(*cursor.fetchone())


def require_live(job: LockedJob, booking: LockedBooking) -> None:
    """Raise VisitPresumedLost, MoveNotAllowed or JobIsFinal unless the visit is still his."""
    if booking.live:
        return
    if booking.end_kind == Booking.End.RELEASED and booking.reason in SILENT_REASONS:
        raise VisitPresumedLost(
            "Nothing was heard from you, so others were asked. Report again to take it back."
        )
    if booking.end_kind == Booking.End.RELEASED:
        if booking.reason in CONTRACTOR_RELEASE_REASONS:
            raise MoveNotAllowed("This visit was given back; it is no longer yours.")
        why = dict(ReleaseReason.choices).get(booking.reason, "")
        raise MoveNotAllowed(f"This visit is no longer yours: {why[:1].lower()}{why[1:]}.")
    raise JobIsFinal(f"This visit has ended: {booking.end_kind}.")


def end_booking(
    booking: LockedBooking,
    *,
    journal: Journal,
    end_kind: str,
    result: str = "",
    reason: str = "",
    note: str = "",
) -> None:
    """Close the booking and free its calendar entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_booking SET live = false, finished_at = %s, end_kind = %s, result = %s,"
            " reason = %s, note = %s WHERE id = %s",
            [journal.at, str(end_kind), str(result), str(reason), note[:2000], booking.id],
        )
        cursor.execute(
            "DELETE FROM network_calendarentry WHERE source_ref = %s", [booking.public_id]
        )
    journal.contractor_changed(booking.contractor_id)


def visit_outcome(
    job: LockedJob,
    booking: LockedBooking,
    kind: OutcomeKind,
    at: datetime,
    *,
    due_to: DueTo = DueTo.CONTRACTOR,
    value: float | None = None,
) -> OutcomeRow:
    return OutcomeRow(
        branch_id=job.branch_id,
        contractor_id=booking.contractor_id,
        technician_id=booking.technician_id,
        kind=kind,
        due_to=due_to,
        value=value,
        source_ref=booking.public_id,
        job_ref=job.public_id,
        at=at,
    )
