"""Keeps promises when a contractor or a technician is lost.

However they were lost (page, admin or SQL), ``jobs.services.lost`` finds what it concerns within
seconds: the offer is withdrawn, the visit released, and the next round begins for the same promise.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.queue import TaskTimeout
from jobs.services.booked import lock_booking
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import database_now, lock_job
from jobs.services.lost import find_lost_offers, find_lost_visits
from jobs.services.standby import let_lost_standby_go
from jobs.services.stepping_in import lost_standby_ids
from jobs.services.transactions import service
from jobs.services.visits import release
from jobs.services.withdrawal import next_wake_after_closing, withdraw_pending
from jobs.states import ReleaseReason, RoundCause
from ranking.models.outcome import DueTo

log = structlog.get_logger(__name__)


def protect_appointments() -> int:
    """Withdraw lost offers and rebook lost visits; returns how many were handled.

    One that fails is logged and stops none of the others; it is found again at the next run.
    """
    handled = 0
    for job_id in dict.fromkeys(row[0] for row in find_lost_offers()):
        handled += _safely(_withdraw_lost, job_id=job_id)
    for booking_id, _ in find_lost_visits():
        handled += _safely(_release_lost, booking_id=booking_id)
    for standby_id in lost_standby_ids():
        handled += _safely(let_lost_standby_go, standby_id=standby_id)
    return handled


def _safely(protect: Callable[..., int], **of: int) -> int:
    try:
        return protect(**of)
    except TaskTimeout:
        raise
    except Exception:
        log.exception("an appointment could not be protected", **of)
        return 0


@service
def _withdraw_lost(*, job_id: int) -> int:
    job = lock_job(job_id)
    lost = find_lost_offers(job_id=job_id)
    if not lost:
        return 0  # somebody got there first, or he is back
    journal = Journal(at=database_now())
    for _, why, offer_id in lost:  # others of an open call stand
        withdraw_pending(
            job=job, reason=why, journal=journal, actor=Actor.system(), only=[offer_id]
        )
    job.next_wake_at = next_wake_after_closing(job, at=journal.at)
    journal.flush()
    return len(lost)


@service
def _release_lost(*, booking_id: int) -> int:
    job, booking = lock_booking(booking_id)
    lost = find_lost_visits(booking_id=booking_id)
    if not lost:
        return 0  # somebody got there first, he is back, or on site by now
    why = lost[0][1]
    journal = Journal(at=database_now())
    actor = Actor.system()
    release(
        job=job,
        booking=booking,
        reason=why,
        note="",
        cause=RoundCause.CONTRACTOR_LOST,
        due_to=DueTo.CONTRACTOR,
        journal=journal,
        actor=actor,
    )
    event = journal.event(
        job, "contractor_told", actor, data={"contractor": booking.contractor_name}
    )
    journal.message_contractor(
        event,
        contractor_id=booking.contractor_id,
        address=booking.contractor_email,
        template=Message.Template.VISIT_CANCELLED,
        context={
            **public_offer_context(job),
            "name": booking.contractor_name,
            "reason": ReleaseReason(why).label,
        },
    )
    journal.flush()
    return 1
