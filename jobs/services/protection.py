"""Finds offers and visits whose contractor or technician may no longer do them.

However they were lost (page, admin or SQL), these queries find them within seconds: the
offer is withdrawn, the visit released, and the next round begins for the same promise.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.queue import TaskTimeout
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import database_now, lock_job
from jobs.services.transactions import service
from jobs.services.visits import lock_booking, release
from jobs.services.withdrawal import withdraw_pending
from jobs.states import ReleaseReason, RoundCause
from ranking.models.outcome import DueTo

log = structlog.get_logger(__name__)

# Pausing stops new offers only; a paused contractor keeps the visits he has accepted.
_LOST_OFFERS = """
SELECT o.job_id, CASE WHEN c.status <> 'active' THEN 'not_active'
         WHEN NOT t.active OR t.contractor_id <> o.contractor_id THEN 'technician_gone'
         WHEN c.cleared_until IS NULL OR b.last_day > c.cleared_until THEN 'not_cleared'
         ELSE 'skill_missing' END
  FROM jobs_offer o
  JOIN network_contractor c ON c.id = o.contractor_id
  JOIN network_technician t ON t.id = o.technician_id
  CROSS JOIN LATERAL (
         SELECT ((o.ends_at - interval '1 microsecond') AT TIME ZONE n.time_zone)::date AS last_day
           FROM network_branch n WHERE n.id = o.branch_id) b
 WHERE o.status = 'pending' AND (%(job)s::bigint IS NULL OR o.pending_job_id = %(job)s)
   AND (c.status <> 'active' OR NOT t.active OR t.contractor_id <> o.contractor_id
        OR c.cleared_until IS NULL
        OR b.last_day > c.cleared_until
        OR EXISTS (
          SELECT 1 FROM jobs_job j
            JOIN network_servicetypeskill need ON need.service_type_id = j.service_type_id
           WHERE j.id = o.job_id AND NOT EXISTS (
             SELECT 1 FROM network_technicianskill has
              WHERE has.technician_id = t.id AND has.skill_id = need.skill_id
                AND has.level >= need.min_level
                AND (has.expires_on IS NULL OR has.expires_on >= b.last_day))))
 ORDER BY o.job_id LIMIT %(limit)s
"""

# A technician who is on site finishes the work, whatever happens to the papers meanwhile.
_LOST_VISITS = """
SELECT k.id, CASE WHEN c.status NOT IN ('active', 'paused') THEN 'not_active'
         WHEN NOT t.active OR t.contractor_id <> k.contractor_id THEN 'technician_gone'
         ELSE 'not_cleared' END
  FROM jobs_booking k
  JOIN jobs_job j ON j.id = k.job_id AND j.status IN ('booked', 'en_route')
  JOIN network_contractor c ON c.id = k.contractor_id
  JOIN network_technician t ON t.id = k.technician_id
  JOIN network_branch b ON b.id = k.branch_id
 WHERE k.live
   AND (c.status NOT IN ('active', 'paused') OR NOT t.active
        OR t.contractor_id <> k.contractor_id OR c.cleared_until IS NULL
        OR ((k.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date
            > c.cleared_until)
   AND (%(booking)s::bigint IS NULL OR k.id = %(booking)s)
 ORDER BY k.id LIMIT %(limit)s
"""


def find_lost_offers(*, limit: int = 500, job_id: int | None = None) -> list[tuple[int, str]]:
    """(job id, why) of pending offers that may not stand any more."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST_OFFERS, {"limit": limit, "job": job_id})
        return cursor.fetchall()


def find_lost_visits(*, limit: int = 500, booking_id: int | None = None) -> list[tuple[int, str]]:
    """(booking id, why) of live bookings whose contractor or technician is lost."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST_VISITS, {"limit": limit, "booking": booking_id})
        return cursor.fetchall()


def protect_appointments() -> int:
    """Withdraw lost offers and rebook lost visits; returns how many were handled.

    One that fails is logged and stops none of the others; it is found again at the next run.
    """
    handled = 0
    for job_id, _ in find_lost_offers():
        handled += _safely(_withdraw_lost, job_id=job_id)
    for booking_id, _ in find_lost_visits():
        handled += _safely(_release_lost, booking_id=booking_id)
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
    why = lost[0][1]
    journal = Journal(at=database_now())
    count = withdraw_pending(job=job, reason=why, journal=journal, actor=Actor.system())
    job.next_wake_at = journal.at
    journal.flush()
    return count


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
