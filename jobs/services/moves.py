"""Moving the promise to another window: the contractor is kept where he is free then.

Everything happens under the job's lock, so whoever answers, cancels or gives back at the same
moment comes wholly before or wholly after, and nobody is told two different things.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import Job, Round
from jobs.models.changes import ContractorFee
from jobs.models.message import Message
from jobs.services.booked import LockedBooking, lock_booking
from jobs.services.fees import record_fee
from jobs.services.job_checks import LONGEST_WINDOW
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job, lock_people
from jobs.services.rounds import begin_round
from jobs.services.standby import release_standbys
from jobs.services.transactions import service
from jobs.services.visits import release
from jobs.services.withdrawal import withdraw_pending
from jobs.states import LIVE, JobStatus, ReleaseReason, RoundCause, WithdrawReason
from network.availability import Availability, Slot
from network.models import Technician
from ranking.models.outcome import DueTo

MOVABLE = frozenset({JobStatus.NEW, JobStatus.OFFERING, JobStatus.BOOKED})


@service
def move_job(
    *,
    job_id: int,
    window_start: datetime,
    window_end: datetime,
    by_customer: bool,
    note: str = "",
    seen: datetime | None = None,
    actor: Actor,
) -> Job:
    """Promise another arrival window (aware instants) instead of the present one.

    A booked contractor who is free then keeps the visit and is told the new time; else he is told
    that it is gone, and others are asked. ``seen`` is the window's start as the asker saw it: when
    it has changed meanwhile, nothing is done. Moving to the present window changes nothing.

    Raises InvalidInput (a window that cannot be promised), JobIsFinal, MoveNotAllowed.
    """
    job = lock_job(job_id)
    journal = Journal(at=database_now())
    move(
        job=job,
        window=(window_start, window_end),
        by_customer=by_customer,
        note=note,
        seen=seen,
        journal=journal,
        actor=actor,
    )
    journal.flush()
    return Job.objects.select_related("branch", "service_type", "client").get(pk=job_id)


def move(
    *,
    job: LockedJob,
    window: tuple[datetime, datetime],
    by_customer: bool,
    note: str,
    seen: datetime | None,
    journal: Journal,
    actor: Actor,
    keep_offers: bool = False,
) -> bool:
    """The move itself, in the caller's transaction; False when the window is that already.

    ``keep_offers`` leaves what is pending to a caller who accepts it in the same transaction.
    """
    job.require_open()
    start, end = _checked(job, window, journal.at)
    if (start, end) == (job.window_start, job.window_end):
        return False
    if seen is not None and seen != job.window_start:
        raise MoveNotAllowed("Meanwhile this appointment moved already. Nothing was changed.")
    if job.status not in MOVABLE:
        raise MoveNotAllowed(
            "Somebody is on the way already; call them, or cancel, rather than move."
        )
    before = (job.window_start, job.window_end)
    booking = _live_booking(job)
    if booking is not None and by_customer:
        record_fee(
            job=job,
            booking_id=booking.id,
            contractor=booking.contractor_name,
            kind=ContractorFee.Kind.LATE_MOVE,
            journal=journal,
            actor=actor,
        )
    if booking is not None:
        firm = booking.contractor_id
        lock_people(
            [job.id],
            contractors=[firm],
            technicians=set(Technician.objects.of_contractor(firm).values_list("pk", flat=True)),
        )
    if not keep_offers:
        withdraw_pending(job=job, reason=WithdrawReason.MOVED, journal=journal, actor=actor)
    release_standbys(job=job, reason="moved", journal=journal)
    job.window_start, job.window_end = start, end
    kept = booking is not None and _keep(job, booking, journal.at)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET window_start = %s, window_end = %s WHERE id = %s",
            [start, end, job.id],
        )
        cursor.execute(
            "UPDATE jobs_windowoffer SET closed_at = %s WHERE job_id = %s AND closed_at IS NULL",
            [journal.at, job.id],
        )
    event = journal.event(
        job,
        "moved",
        actor,
        data={
            "from": [moment.isoformat() for moment in before],
            "to": [start.isoformat(), end.isoformat()],
            "contractor": booking.contractor_name if booking else None,
            "kept": kept,
            "by_customer": by_customer,
            "note": note[:500],
        },
    )
    journal.settle(job, resolution="The appointment moved", user_id=actor.user_id)
    if booking is not None:
        _tell_contractor(job, booking, event, before, kept, journal)
    if booking is not None and not kept:
        release(
            job=job,
            booking=booking,
            reason=ReleaseReason.MOVED,
            note=note,
            cause=RoundCause.MOVED,
            due_to=DueTo.CUSTOMER if by_customer else DueTo.DISPATCHER,
            journal=journal,
            actor=actor,
        )
    elif booking is None and job.status == JobStatus.OFFERING and not keep_offers:
        Round.objects.filter(job_id=job.id, finished_at=None).update(finished_at=journal.at)
        begin_round(job=job, cause=RoundCause.MOVED, journal=journal, actor=actor)
    else:
        job.next_wake_at = journal.at  # the due list says what comes next
    journal.message_customer(
        event,
        template=Message.Template.APPOINTMENT_MOVED,
        context={
            **public_offer_context(job),
            "name": job.customer_name,
            "contractor": booking.contractor_name if booking is not None and kept else "",
        },
    )
    return True


def _checked(
    job: LockedJob, window: tuple[datetime, datetime], at: datetime
) -> tuple[datetime, datetime]:
    start, end = window
    if start.tzinfo is None or end.tzinfo is None:
        raise InvalidInput({"window": "Give both ends of the window with their time zone."})
    start, end = (moment.astimezone(UTC).replace(second=0, microsecond=0) for moment in window)
    if end <= start:
        raise InvalidInput({"window": "The window ends before it starts; correct the times."})
    if start <= at:
        raise InvalidInput({"window": "The window has begun already; choose a later one."})
    if end - start > LONGEST_WINDOW:
        raise InvalidInput({"window": "The window is longer than two weeks; choose a shorter one."})
    if end - start < timedelta(minutes=job.duration_minutes):
        raise InvalidInput(
            {"window": f"The window is shorter than the work ({job.duration_minutes} min)."}
        )
    return start, end


def _live_booking(job: LockedJob) -> LockedBooking | None:
    if job.status not in LIVE:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM jobs_booking WHERE live_job_id = %s", [job.id])
        row = cursor.fetchone()
    return lock_booking(row[0])[1] if row is not None else None


def _keep(job: LockedJob, booking: LockedBooking, at: datetime) -> bool:
    """Move the booking and its calendar entry, where the contractor is free in the new window.

    The same technician if possible, else another one of the firm, all locked by the caller. The
    confirmation begins anew.
    """
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={booking.contractor_id},
        span=(job.window_start, job.window_end + timedelta(minutes=job.duration_minutes)),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id} if job.client_id is not None else set(),
        at=at,
    )
    if booking.contractor_id not in availability:
        return False
    availability.give_back(booking.technician_id, booking.starts_at, booking.ends_at)
    slot = None
    for technician_id in (booking.technician_id, None):
        answer = availability.best_slot(
            job.work,
            booking.contractor_id,
            not_before=at,
            technician_id=technician_id,
            check_territory=False,
        )
        if isinstance(answer, Slot):
            slot = answer
            break
    if slot is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM network_calendarentry WHERE technician_id = %s"
            " AND source_ref IS DISTINCT FROM %s AND period && tstzrange(%s, %s)",
            [slot.technician_id, booking.public_id, slot.starts_at, slot.ends_at],
        )
        if cursor.fetchone() is not None:
            return False  # taken between looking and locking
        cursor.execute(
            "UPDATE network_calendarentry SET technician_id = %s, period = tstzrange(%s, %s)"
            " WHERE source_ref = %s",
            [slot.technician_id, slot.starts_at, slot.ends_at, booking.public_id],
        )
        cursor.execute(
            "UPDATE jobs_booking SET technician_id = %s, starts_at = %s, ends_at = %s, eta = NULL,"
            " asked_at = NULL, asked_again_at = NULL, nudged_at = NULL,"
            " standby_due = CASE WHEN %s THEN %s::timestamptz END WHERE id = %s",
            [slot.technician_id, slot.starts_at, slot.ends_at, job.wants_standby, at, booking.id],
        )
    booking.technician_id = slot.technician_id
    booking.starts_at, booking.ends_at, booking.eta = slot.starts_at, slot.ends_at, None
    return True


def _tell_contractor(
    job: LockedJob,
    booking: LockedBooking,
    event: Any,
    before: tuple[datetime, datetime],
    kept: bool,
    journal: Journal,
) -> None:
    was = {"was_start": before[0].isoformat(), "was_end": before[1].isoformat()}
    context = {**public_offer_context(job), "name": booking.contractor_name, **was}
    if kept:
        context |= {
            "booking": str(booking.public_id),
            "starts_at": booking.starts_at.isoformat(),
        }
    else:
        # The visit that is gone is the one at the old time.
        old = public_offer_context(replace(job, window_start=before[0], window_end=before[1]))
        context |= {**old, "reason": "The customer moved to a time at which you are not free"}
    journal.message_contractor(
        event,
        contractor_id=booking.contractor_id,
        address=booking.contractor_email,
        template=Message.Template.VISIT_MOVED if kept else Message.Template.VISIT_CANCELLED,
        context=context,
    )
    journal.contractor_changed(booking.contractor_id)
