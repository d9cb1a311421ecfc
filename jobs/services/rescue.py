"""The rescue of a silent visit: the next round begins for the same promise."""

from __future__ import annotations

from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.services.booked import LockedBooking, lock_booking
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now
from jobs.services.transactions import service
from jobs.services.visits import release
from jobs.services.watched import watched
from jobs.states import EscalationKind, JobStatus, ReleaseReason, RoundCause
from jobs.watch import Step, next_step
from ranking.models.outcome import DueTo, OutcomeKind


@service
def presume_lost(*, booking_id: int) -> bool:
    """Take a visit from a contractor who is presumed not to come, and look for somebody else.

    The dispatcher is told, and so is the contractor, who takes it back with one word as long as
    nobody else has it. Returns False, and changes nothing, when a word has come meanwhile.
    """
    job, booking = lock_booking(booking_id)
    if not booking.live or job.status not in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        return False
    journal = Journal(at=database_now())
    step, when = next_step(watched(job, booking), journal.at)
    if not job.protects or step != Step.PRESUME or journal.at < when:
        return False
    # Before the planned start nobody can have failed to come.
    unconfirmed = (
        booking.eta is None and booking.en_route_at is None and journal.at < booking.starts_at
    )
    reason = ReleaseReason.NOT_CONFIRMED if unconfirmed else ReleaseReason.NO_SHOW
    release(
        job=job,
        booking=booking,
        reason=reason,
        note="",
        cause=RoundCause.NOT_CONFIRMED if unconfirmed else RoundCause.NO_SHOW,
        due_to=DueTo.CONTRACTOR,
        journal=journal,
        actor=Actor.clock(),
        outcome=None if unconfirmed else OutcomeKind.NO_SHOW,
    )
    if job.status == JobStatus.OFFERING:  # nobody stood by
        _tell_the_dispatcher(job, booking, reason, journal)
    event = journal.event(
        job, "contractor_told", Actor.clock(), data={"contractor": booking.contractor_name}
    )
    journal.message_contractor(
        event,
        contractor_id=booking.contractor_id,
        address=booking.contractor_email,
        template=Message.Template.RESCUE_BEGAN,
        context={
            **public_offer_context(job),
            "name": booking.contractor_name,
            "booking": str(booking.public_id),
        },
    )
    journal.flush()
    return True


def _tell_the_dispatcher(
    job: LockedJob, booking: LockedBooking, reason: ReleaseReason, journal: Journal
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.phone, t.name FROM network_contractor c, network_technician t"
            " WHERE c.id = %s AND t.id = %s",
            [booking.contractor_id, booking.technician_id],
        )
        phone, technician = cursor.fetchone()
    journal.ask(
        job,
        EscalationKind.PRESUMED_NO_SHOW,
        {
            "contractor": booking.contractor_name,
            "contractor_phone": phone,
            "technician": technician,
            "expected": (booking.eta or booking.starts_at).isoformat(),
            "round": job.round_number,
            "cause": str(reason),
        },
    )
