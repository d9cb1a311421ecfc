"""Finds offers and visits whose contractor or technician may no longer do them.

However they were lost (page, admin or SQL), these queries find them within seconds: the
offer is withdrawn, the visit released, and the next round begins for the same promise.
"""

from __future__ import annotations

from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import database_now, lock_job
from jobs.services.transactions import service
from jobs.services.visits import lock_booking, release
from jobs.services.withdrawal import withdraw_pending
from jobs.states import JobStatus, ReleaseReason, RoundCause
from ranking.models.outcome import DueTo

# Pausing stops new offers only; a paused contractor keeps the visits he has accepted.
_LOST_OFFERS = """
SELECT o.job_id, CASE WHEN c.status <> 'active' THEN 'not_active'
         WHEN NOT t.active OR t.contractor_id <> o.contractor_id THEN 'technician_gone'
         ELSE 'not_cleared' END
  FROM jobs_offer o
  JOIN network_contractor c ON c.id = o.contractor_id
  JOIN network_technician t ON t.id = o.technician_id
  JOIN network_branch b ON b.id = o.branch_id
 WHERE o.status = 'pending'
   AND (c.status <> 'active' OR NOT t.active OR t.contractor_id <> o.contractor_id
        OR c.cleared_until IS NULL
        OR (o.ends_at AT TIME ZONE b.time_zone)::date > c.cleared_until
        OR EXISTS (
          SELECT 1 FROM jobs_job j
            JOIN network_servicetypeskill need ON need.service_type_id = j.service_type_id
           WHERE j.id = o.job_id AND NOT EXISTS (
             SELECT 1 FROM network_technicianskill has
              WHERE has.technician_id = t.id AND has.skill_id = need.skill_id
                AND has.level >= need.min_level
                AND (has.expires_on IS NULL
                     OR has.expires_on >= (o.ends_at AT TIME ZONE b.time_zone)::date))))
 ORDER BY o.job_id LIMIT %s
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
        OR (k.ends_at AT TIME ZONE b.time_zone)::date > c.cleared_until)
 ORDER BY k.id LIMIT %s
"""


def find_lost_offers(*, limit: int = 500) -> list[tuple[int, str]]:
    """(job id, why) of pending offers that may not stand any more."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST_OFFERS, [limit])
        return cursor.fetchall()


def find_lost_visits(*, limit: int = 500) -> list[tuple[int, str]]:
    """(booking id, why) of live bookings whose contractor or technician is lost."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST_VISITS, [limit])
        return cursor.fetchall()


def protect_appointments() -> int:
    """Withdraw lost offers and rebook lost visits; returns how many were handled."""
    handled = 0
    for job_id, why in find_lost_offers():
        handled += _withdraw_lost(job_id=job_id, why=why)
    for booking_id, why in find_lost_visits():
        handled += _release_lost(booking_id=booking_id, why=why)
    return handled


@service
def _withdraw_lost(*, job_id: int, why: str) -> int:
    job = lock_job(job_id)
    if not any(found == job_id for found, _ in find_lost_offers(limit=10_000)):
        return 0
    journal = Journal(at=database_now())
    count = withdraw_pending(job=job, reason=why, journal=journal, actor=Actor.system())
    job.next_wake_at = journal.at
    journal.flush()
    return count


@service
def _release_lost(*, booking_id: int, why: str) -> int:
    job, booking = lock_booking(booking_id)
    still_lost = any(found == booking_id for found, _ in find_lost_visits(limit=10_000))
    if not booking.live or not still_lost or job.status == JobStatus.ON_SITE:
        return 0
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
