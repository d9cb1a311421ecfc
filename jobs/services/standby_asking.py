"""Asks the runner-up to stand by: one at a time, in the order of the last ranking."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection

from jobs.actors import Actor
from jobs.models import Standby
from jobs.models.message import Message
from jobs.services.booked import lock_booking
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_contractors
from jobs.services.standby import close_standby, holding
from jobs.services.transactions import service
from jobs.services.watched import next_look, watched
from jobs.states import DEFAULT_OFFER_MINUTES, JobStatus, StandbyStatus
from jobs.windows import USUAL_ANSWER, Ask, Wait, contact_period, plan_ask
from network.availability import Availability, Refusal, Slot
from network.ids import uuid7
from network.services.calendar import Hold, insert_holds, lock_technicians

#: When a candidate's time was taken between looking and holding it, the next look comes after.
LOOKS_AGAIN = timedelta(seconds=30)

# In the order of the last ranking; nobody who was asked for this visit at this time before, who
# said no to the job or was silent about it, or who ever had it.
_CANDIDATES = """
SELECT u.contractor_id, u.rank FROM ranking_decision d,
       unnest(d.contractor_ids) WITH ORDINALITY AS u(contractor_id, rank)
 WHERE d.id = (SELECT id FROM ranking_decision WHERE job_ref = %(ref)s
                ORDER BY round_number DESC LIMIT 1)
   AND NOT EXISTS (SELECT 1 FROM jobs_standby s
                    WHERE s.booking_id = %(booking)s AND s.contractor_id = u.contractor_id
                      AND s.reason <> 'moved')
   AND NOT EXISTS (SELECT 1 FROM jobs_offer o WHERE o.job_id = %(job)s
                      AND o.contractor_id = u.contractor_id
                      AND o.status IN ('accepted', 'declined', 'expired'))
 ORDER BY u.rank LIMIT 12
"""


def ask_next_standby(*, booking_id: int) -> bool:
    """Close what ran out, and ask the next one to stand by; returns whether somebody is asked.

    When nobody is left the history says so, and nobody is asked any more. Two transactions, since
    the first frees one technician's time and the second locks another (lock order).
    """
    return _nobody_holds_the_time(booking_id=booking_id) and _ask_next(booking_id=booking_id)


@service
def _nobody_holds_the_time(*, booking_id: int) -> bool:
    """Whether somebody is to be asked, once whoever has not answered in time is let go."""
    job, booking = lock_booking(booking_id)
    journal = Journal(at=database_now())
    if not booking.live or job.status not in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        return False
    for standby in holding(job.id):
        if standby.status == StandbyStatus.STANDING or journal.at < standby.expires_at:
            return False  # he holds the time, or has still time to answer
        close_standby(job, standby, StandbyStatus.EXPIRED, "", journal, Actor.clock(), tell=False)
    journal.flush()
    return True


@service
def _ask_next(*, booking_id: int) -> bool:
    job, booking = lock_booking(booking_id)
    journal = Journal(at=database_now())
    if not booking.live or job.status not in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        return False
    if holding(job.id):
        return False  # asked by another worker a moment ago
    due: datetime | None = None
    asked = False
    if job.wants_standby and job.protects:
        due, asked = _ask(job, booking_id, journal)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_booking SET standby_due = %s WHERE id = %s", [due, booking_id])
    job.next_wake_at = next_look(job, watched(job, booking), standby_due=due, at=journal.at)
    journal.touch(job)
    journal.flush()
    return asked


def _ask(job: LockedJob, booking_id: int, journal: Journal) -> tuple[datetime | None, bool]:
    """When to look again, and whether somebody was asked."""
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, {"ref": job.public_id, "booking": booking_id, "job": job.id})
        candidates = cursor.fetchall()
    at = journal.at
    # He is needed when the first does not come, which is known at the last moment only.
    needed_from = max(job.window_start, job.window_end - timedelta(minutes=job.rescue_lead_minutes))
    if candidates and at < needed_from:
        availability = Availability.load(
            branch_id=job.branch_id,
            contractor_ids={contractor for contractor, _ in candidates},
            span=(job.window_start, job.window_end + timedelta(minutes=job.duration_minutes)),
            service_type_ids={job.service_type_id},
            client_ids={job.client_id} if job.client_id is not None else set(),
            at=at,
        )
        wait: datetime | None = None
        for contractor_id, rank in candidates:
            if contractor_id not in availability:
                continue
            work = replace(job.work, window_start=needed_from)
            slot = availability.best_slot(work, contractor_id, not_before=needed_from)
            if isinstance(slot, Refusal):
                # Nearer ones set out later: what counts is that he is there in the window.
                slot = availability.best_slot(work, contractor_id, not_before=at)
            if isinstance(slot, Refusal):
                continue
            facts = availability.contractor(contractor_id)
            ask = plan_ask(
                now=at,
                policy_minutes=job.offer_minutes or DEFAULT_OFFER_MINUTES[job.priority],
                last_moment=needed_from,
                usual=[USUAL_ANSWER] * len(candidates),
                worth=min(len(candidates), 3),
                emergency=job.is_emergency,
                contact=contact_period(
                    now=at,
                    contact_from=facts.contact_from,
                    contact_until=facts.contact_until,
                    time_zone=job.branch_zone,
                ),
            )
            if isinstance(ask, Wait):
                wait = min(wait or ask.until, ask.until)
                continue
            if not isinstance(ask, Ask):
                continue
            if _make(job, booking_id, rank, slot, ask.expires_at, availability, journal):
                return ask.expires_at, True
            return at + LOOKS_AGAIN, False  # one technician is locked: no other after him
        if wait is not None:
            return wait, False
    journal.event(job, "standby_not_found", Actor.clock())
    return None, False


def _make(
    job: LockedJob,
    booking_id: int,
    rank: int,
    slot: Slot,
    expires_at: datetime,
    availability: Availability,
    journal: Journal,
) -> bool:
    """Hold the time and ask; False when the time was taken a moment ago."""
    public_id = uuid7()
    lock_contractors([slot.contractor_id])
    lock_technicians([slot.technician_id])
    hold = Hold(
        branch_id=job.branch_id,
        technician_id=slot.technician_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        latitude=job.latitude,
        longitude=job.longitude,
        source_ref=public_id,
    )
    if not insert_holds([hold]):
        return False
    facts = availability.contractor(slot.contractor_id)
    pay = availability.pay_for(
        slot.contractor_id,
        job.duration_minutes,
        service_type_id=job.service_type_id,
        client_id=job.client_id,
        starts_at=slot.starts_at,
    )
    Standby.objects.create(
        public_id=public_id,
        branch_id=job.branch_id,
        job_id=job.id,
        booking_id=booking_id,
        rank=rank,
        contractor_id=slot.contractor_id,
        technician_id=slot.technician_id,
        asked_at=journal.at,
        expires_at=expires_at,
        fee=job.standby_fee,
        pay=pay,
        currency=job.currency,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        travel_minutes=slot.travel_minutes,
        travel_km=slot.travel_km,
    )
    event = journal.event(
        job,
        "standby_asked",
        Actor.system(),
        data={
            "contractor": facts.name,
            "fee": str(job.standby_fee),
            "currency": job.currency,
            "expires_at": expires_at.isoformat(),
        },
    )
    journal.message_contractor(
        event,
        contractor_id=slot.contractor_id,
        address=facts.email,
        template=Message.Template.STANDBY_ASKED,
        context={
            **public_offer_context(job),
            "name": facts.name,
            "standby": str(public_id),
            "fee": str(job.standby_fee),
            "pay": str(pay),
            "currency": job.currency,
            "expires_at": expires_at.isoformat(),
        },
    )
    return True
