"""The steps of a visit: ETA, on the way, on site, done, or given back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import Booking
from jobs.models.message import Message
from jobs.services.booked import (
    LockedBooking,
    end_booking,
    lock_booking,
    require_live,
    visit_outcome,
)
from jobs.services.cascade import REMINDER
from jobs.services.comeback import reports_in
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_people
from jobs.services.rounds import begin_round
from jobs.services.standby import release_standbys
from jobs.services.stepping_in import step_in
from jobs.services.transactions import service
from jobs.services.watched import next_look, watched
from jobs.states import (
    CONTRACTOR_RELEASE_REASONS,
    RESCUES,
    Because,
    EscalationKind,
    JobStatus,
    RoundCause,
    VisitResult,
)
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import attribute_outcomes

#: Given back less than this before the window begins counts as late (ours).
LATE_RELEASE = timedelta(hours=24)
#: A visit that has not ended this long after its planned end is asked about (ours).
OVERDUE_AFTER = timedelta(hours=2)
#: Searches that the machine begins by itself, where the branch lets it protect appointments.
_BY_ITSELF = frozenset({RoundCause.RELEASED, RoundCause.CONTRACTOR_LOST, *RESCUES})
#: On time for a fixed start: from 30 min before to 15 min after, as Field Nation counts it.
EARLY_ENOUGH = timedelta(minutes=30)
FIXED_START_LATE = timedelta(minutes=15)


def _fresh(booking_id: int) -> Booking:
    return Booking.objects.select_related("job__service_type", "contractor", "technician").get(
        pk=booking_id
    )


@reports_in
@service
def set_eta(*, booking_id: int, eta: datetime, actor: Actor) -> Booking:
    """Confirm or change when the technician will arrive (aware instant); tells the customer.

    Raises InvalidInput when ``eta`` has passed or lies outside the promised window,
    MoveNotAllowed after arrival.
    """
    if eta.tzinfo is None:
        raise InvalidInput({"eta": "Give the expected time with its time zone."})
    job, booking = lock_booking(booking_id)
    require_live(job, booking)
    if booking.eta == eta:
        return _fresh(booking_id)
    if job.status == JobStatus.ON_SITE:
        raise MoveNotAllowed("The technician is on site already.")
    journal = Journal(at=database_now())
    if eta < journal.at:
        raise InvalidInput({"eta": "The expected time has passed already; give a later one."})
    if not job.window_start <= eta <= job.window_end:
        raise InvalidInput(
            {
                "eta": "The expected time must lie inside the arrival window promised to the "
                "customer. If that cannot be kept, give the visit back or call the branch."
            }
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_booking SET eta = %s, nudged_at = NULL WHERE id = %s", [eta, booking.id]
        )
    event = journal.event(
        job,
        "eta_set",
        actor,
        data={
            "eta": eta.isoformat(),
            "before": booking.eta.isoformat() if booking.eta else None,
            "contractor": booking.contractor_name,
        },
    )
    booking.eta, booking.nudged_at = eta, None
    _look_again(job, booking, journal.at)
    journal.message_customer(
        event,
        template=Message.Template.APPOINTMENT_CHANGED,
        context={
            **public_offer_context(job),
            "name": job.customer_name,
            "contractor": booking.contractor_name,
            "eta": eta.isoformat(),
        },
    )
    journal.contractor_changed(booking.contractor_id)
    journal.flush()
    return _fresh(booking_id)


@reports_in
@service
def start_travel(*, booking_id: int, actor: Actor) -> Booking:
    """The technician sets out. Repeating it changes nothing."""
    job, booking = lock_booking(booking_id)
    require_live(job, booking)
    if job.status in (JobStatus.EN_ROUTE, JobStatus.ON_SITE):
        return _fresh(booking_id)
    journal = Journal(at=database_now())
    journal.move(
        job,
        JobStatus.EN_ROUTE,
        actor,
        kind="en_route",
        data={"contractor": booking.contractor_name},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_booking SET en_route_at = %s, nudged_at = NULL WHERE id = %s",
            [journal.at, booking.id],
        )
    booking.en_route_at, booking.nudged_at = journal.at, None
    _look_again(job, booking, journal.at)
    journal.contractor_changed(booking.contractor_id)
    journal.flush()
    return _fresh(booking_id)


def _look_again(job: LockedJob, booking: LockedBooking, at: datetime) -> None:
    """Somebody said a word: what the visit is watched for next begins anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT standby_due FROM jobs_booking WHERE id = %s", [booking.id])
        standby_due = cursor.fetchone()[0]
    job.next_wake_at = next_look(job, watched(job, booking), standby_due=standby_due, at=at)


def was_on_time(*, arrived_at: datetime, window_start: datetime, window_end: datetime) -> bool:
    """Whether an arrival keeps the promise: within the arrival window.

    For a fixed start (a window without length) until 15 min after it. Up to 30 min early is
    welcome in both cases, as Field Nation counts it; earlier than that, nobody expects anybody.
    """
    latest = window_end + FIXED_START_LATE if window_start == window_end else window_end
    return window_start - EARLY_ENOUGH <= arrived_at <= latest


@reports_in
@service
def arrive(*, booking_id: int, actor: Actor) -> Booking:
    """The technician is on site. Records whether the promise was kept. Repeatable."""
    job, booking = lock_booking(booking_id)
    require_live(job, booking)
    if job.status == JobStatus.ON_SITE:
        return _fresh(booking_id)
    journal = Journal(at=database_now())
    on_time = was_on_time(
        arrived_at=journal.at, window_start=job.window_start, window_end=job.window_end
    )
    journal.move(
        job,
        JobStatus.ON_SITE,
        actor,
        kind="arrived",
        data={"contractor": booking.contractor_name, "on_time": on_time},
    )
    job.next_wake_at = (
        max(booking.ends_at, journal.at + timedelta(minutes=job.duration_minutes)) + OVERDUE_AFTER
    )
    journal.settle(
        job,
        kind=EscalationKind.NO_CHECK_IN,
        resolution=f"{booking.contractor_name} arrived",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_booking SET arrived_at = %s WHERE id = %s", [journal.at, booking.id]
        )
    release_standbys(job=job, reason="arrived", journal=journal)
    if on_time or journal.at > job.window_end:
        # Far too early is agreed with the customer, or a slip of the thumb: neither counts.
        journal.outcome(
            visit_outcome(
                job,
                booking,
                OutcomeKind.ON_TIME if on_time else OutcomeKind.LATE,
                journal.at,
                value=max(0.0, (journal.at - job.window_end).total_seconds() / 60),
            )
        )
    journal.contractor_changed(booking.contractor_id)
    journal.flush()
    return _fresh(booking_id)


@service
def complete_visit(
    *, booking_id: int, result: str, note: str = "", because: str = "", actor: Actor
) -> Booking:
    """End the visit with its result; the job is completed. Repeating the same result is fine.

    ``needs_another_visit`` and ``no_access`` put a question to the dispatcher; ``because`` (a
    ``Because``, by default the contractor) says to whom another visit is due. A follow-up counts
    neither way as a first-time fix. Raises InvalidInput, MoveNotAllowed (not on site yet).
    """
    if result not in VisitResult.values:
        raise InvalidInput({"result": "Choose one of: " + ", ".join(VisitResult.values) + "."})
    if because and because not in Because.values:
        raise InvalidInput({"because": "Choose one of: " + ", ".join(Because.values) + "."})
    job, booking = lock_booking(booking_id)
    if booking.end_kind == Booking.End.COMPLETED and booking.result == result:
        return _fresh(booking_id)
    require_live(job, booking)
    if job.status != JobStatus.ON_SITE:
        raise MoveNotAllowed("Report the arrival first, then the result.")
    journal = Journal(at=database_now())
    end_booking(booking, journal=journal, end_kind=Booking.End.COMPLETED, result=result, note=note)
    job.result = result
    job.closing_note = note[:2000]
    journal.move(
        job,
        JobStatus.COMPLETED,
        actor,
        kind="completed",
        data={"contractor": booking.contractor_name, "result": result, "note": note[:2000]},
    )
    journal.settle(job, resolution=f"{booking.contractor_name} finished the visit")
    if result == VisitResult.NEEDS_ANOTHER_VISIT:
        known = {"note": note[:500], "because": because or str(Because.CONTRACTOR)}
        journal.escalate(job, EscalationKind.NEEDS_ANOTHER_VISIT, known)
    elif result == VisitResult.NO_ACCESS:
        journal.escalate(job, EscalationKind.NO_ACCESS, {"note": note[:500]})
    journal.outcome(
        visit_outcome(
            job,
            booking,
            OutcomeKind(result),
            journal.at,
            due_to=_result_due_to(job, result, because),
        )
    )
    journal.flush()
    return _fresh(booking_id)


def _result_due_to(job: LockedJob, result: str, because: str) -> DueTo:
    """To whom the result counts: only what is the contractor's own enters first-time fix."""
    if result == VisitResult.NO_ACCESS:
        return DueTo.CUSTOMER
    if result == VisitResult.NEEDS_ANOTHER_VISIT and because:
        return DueTo(because)
    if job.follow_up_of_id is not None:
        return DueTo.SYSTEM  # the first time was another visit
    return DueTo.CONTRACTOR


@service
def release_visit(*, booking_id: int, reason: str, note: str = "", actor: Actor) -> Booking:
    """Give an accepted visit back: the next round begins at once, for the same promise.

    Repeating one's own release changes nothing. Raises InvalidInput (unknown reason),
    JobIsFinal, MoveNotAllowed.
    """
    if reason not in CONTRACTOR_RELEASE_REASONS:
        raise InvalidInput(
            {"reason": "Choose one of: " + ", ".join(CONTRACTOR_RELEASE_REASONS) + "."}
        )
    job, booking = lock_booking(booking_id)
    if booking.end_kind == Booking.End.RELEASED:
        return _fresh(booking_id)
    require_live(job, booking)
    journal = Journal(at=database_now())
    release(
        job=job,
        booking=booking,
        reason=reason,
        note=note,
        cause=RoundCause.RELEASED,
        due_to=DueTo.CONTRACTOR,
        journal=journal,
        actor=actor,
    )
    journal.flush()
    return _fresh(booking_id)


def release(
    *,
    job: LockedJob,
    booking: LockedBooking,
    reason: str,
    note: str,
    cause: RoundCause,
    due_to: DueTo,
    journal: Journal,
    actor: Actor,
    outcome: OutcomeKind | None = None,
) -> None:
    """Free the slot, record whose doing it was, begin the next round for the same promise.

    The one way a live booking is taken from a contractor; part of the caller's transaction.
    """
    lock_people([job.id])
    end_booking(booking, journal=journal, end_kind=Booking.End.RELEASED, reason=reason, note=note)
    journal.move(
        job,
        JobStatus.OFFERING,
        actor,
        kind="released",
        data={
            "contractor": booking.contractor_name,
            "reason": str(reason),
            "note": note[:2000],
        },
    )
    by_itself = cause in _BY_ITSELF
    if not (by_itself and job.protects and step_in(job=job, journal=journal)):
        release_standbys(job=job, reason="visit_gone", journal=journal)
        if job.protects or not by_itself:
            begin_round(job=job, cause=cause, journal=journal, actor=actor)
        else:
            _leave_to_dispatcher(job, booking, reason, cause, journal)
    for kind in (EscalationKind.NO_CHECK_IN, EscalationKind.NOT_FINISHED):
        # Asked about a visit that nobody will make any more.
        journal.settle(job, kind=kind, resolution="The visit was taken from its contractor")
    if outcome is None:
        late = job.window_start - journal.at < LATE_RELEASE
        outcome = OutcomeKind.RELEASED_LATE if late else OutcomeKind.RELEASED_EARLY
    # Where one like it was forgiven on this visit, this one counts again.
    attribute_outcomes(source_ref=booking.public_id, kinds=[outcome], due_to=due_to)
    journal.outcome(visit_outcome(job, booking, outcome, journal.at, due_to=due_to))


def _leave_to_dispatcher(
    job: LockedJob, booking: LockedBooking, reason: str, cause: RoundCause, journal: Journal
) -> None:
    """Protection is switched off: nobody is asked until a person says so.

    The round that a person may assign in is there, closed and without candidates.
    """
    current = begin_round(job=job, cause=cause, journal=journal, actor=Actor.system())
    current.finished_at = journal.at
    current.save(update_fields=["finished_at"])
    job.next_wake_at = max(job.window_end, journal.at + REMINDER)
    journal.ask(
        job,
        EscalationKind.DROPPED,
        {
            "contractor": booking.contractor_name,
            "reason": str(reason),
            "round": job.round_number,
        },
    )
