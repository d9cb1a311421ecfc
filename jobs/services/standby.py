"""The standby: the runner-up holds the time until somebody is on site.

For which jobs, the branch's settings say (priorities, service types). One at a time is asked, in
the order of the last ranking; the fee for holding the time is owed from the yes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, NotFound, OfferNoLongerOpen
from jobs.models import Standby
from jobs.models.message import Message
from jobs.services.booked import lock_booking
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_contractors, lock_job
from jobs.services.transactions import service
from jobs.services.watched import next_look, watched
from jobs.states import DEFAULT_OFFER_MINUTES, JobStatus, StandbyStatus
from jobs.windows import USUAL_ANSWER, Ask, Wait, contact_period, plan_ask
from network.availability import Availability, Refusal, Slot
from network.ids import uuid7
from network.services.calendar import Hold, insert_holds, lock_technicians

WHY = {
    "arrived": "the contractor who has the job is on site",
    "cancelled": "the job was cancelled",
    "moved": "the customer's appointment moved to another time",
    "visit_gone": "the visit is being arranged anew by the branch",
    "not_fit": "you may not take this work at the moment",
}


# -- asking ------------------------------------------------------------------------------------

# In the order of the last ranking; nobody who was asked for this visit before, who said no to the
# job or was silent about it, or who ever had it.
_CANDIDATES = """
SELECT u.contractor_id, u.rank FROM ranking_decision d,
       unnest(d.contractor_ids) WITH ORDINALITY AS u(contractor_id, rank)
 WHERE d.id = (SELECT id FROM ranking_decision WHERE job_ref = %(ref)s
                ORDER BY round_number DESC LIMIT 1)
   AND NOT EXISTS (SELECT 1 FROM jobs_standby s
                    WHERE s.booking_id = %(booking)s AND s.contractor_id = u.contractor_id)
   AND NOT EXISTS (SELECT 1 FROM jobs_offer o WHERE o.job_id = %(job)s
                      AND o.contractor_id = u.contractor_id
                      AND o.status IN ('accepted', 'declined', 'expired'))
 ORDER BY u.rank LIMIT 12
"""


@service
def ask_next_standby(*, booking_id: int) -> bool:
    """Close what ran out, and ask the next one to stand by; returns whether somebody is asked.

    When nobody is left the history says so, and nobody is asked any more.
    """
    job, booking = lock_booking(booking_id)
    journal = Journal(at=database_now())
    if not booking.live or job.status not in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        return False
    for standby in _holding(job.id):
        if standby.status == StandbyStatus.STANDING or journal.at < standby.expires_at:
            return False  # he holds the time, or has still time to answer
        close_standby(job, standby, StandbyStatus.EXPIRED, "", journal, Actor.clock(), tell=False)
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
        lock_contractors({contractor for contractor, _ in candidates})
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


# -- answering ---------------------------------------------------------------------------------


@dataclass(slots=True)
class HeldStandby:
    """A standby's columns that steps need, read under the job's lock."""

    id: int
    public_id: UUID
    booking_id: int
    rank: int
    contractor_id: int
    technician_id: int
    status: str
    expires_at: datetime
    answered_at: datetime | None
    fee: Decimal
    pay: Decimal
    currency: str
    starts_at: datetime
    ends_at: datetime
    travel_minutes: float
    travel_km: float
    contractor_name: str
    contractor_email: str
    technician_name: str


_COLUMNS = """
SELECT s.id, s.public_id, s.booking_id, s.rank, s.contractor_id, s.technician_id, s.status,
       s.expires_at, s.answered_at, s.fee, s.pay, s.currency, s.starts_at, s.ends_at,
       s.travel_minutes, s.travel_km, c.name, c.email, t.name
  FROM jobs_standby s JOIN network_contractor c ON c.id = s.contractor_id
  JOIN network_technician t ON t.id = s.technician_id
"""


def _holding(job_id: int) -> list[HeldStandby]:
    """Who holds the time of the job's visit: one at the most."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COLUMNS + " WHERE s.job_id = %s AND s.closed_at IS NULL FOR UPDATE OF s", [job_id]
        )
        return [HeldStandby(*row) for row in cursor.fetchall()]


def _lock_standby(standby_id: int) -> tuple[LockedJob, HeldStandby]:
    found = Standby.objects.filter(pk=standby_id).values_list("job_id", flat=True).first()
    if found is None:
        raise NotFound("There is no such standby.")
    job = lock_job(found)
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS + " WHERE s.id = %s FOR UPDATE OF s", [standby_id])
        return job, HeldStandby(*cursor.fetchone())


@service
def answer_standby(*, standby_id: int, yes: bool, actor: Actor) -> Standby:
    """Say yes or no to standing by. The same answer again changes nothing.

    Raises OfferNoLongerOpen when the time to answer ran out or the standby is over.
    """
    job, standby = _lock_standby(standby_id)
    journal = Journal(at=database_now())
    wanted = StandbyStatus.STANDING if yes else StandbyStatus.DECLINED
    if standby.status != wanted:
        if standby.status == StandbyStatus.STANDING:
            raise InvalidInput({"answer": "You said yes already. Call the branch to step back."})
        if standby.status != StandbyStatus.ASKED:
            raise OfferNoLongerOpen("This standby is over; nothing is needed from you.")
        if journal.at >= standby.expires_at:
            raise OfferNoLongerOpen("The time to answer this has run out.")
        if yes:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE jobs_standby SET status = 'standing', answered_at = %s WHERE id = %s",
                    [journal.at, standby.id],
                )
                cursor.execute(
                    "UPDATE jobs_booking SET standby_due = NULL WHERE id = %s",
                    [standby.booking_id],
                )
            journal.event(
                job,
                "standby_agreed",
                actor,
                data={
                    "contractor": standby.contractor_name,
                    "fee": str(standby.fee),
                    "currency": standby.currency,
                },
            )
            journal.contractor_changed(standby.contractor_id)
        else:
            close_standby(job, standby, wanted, "", journal, actor, tell=False)
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE jobs_booking SET standby_due = %s WHERE id = %s",
                    [journal.at, standby.booking_id],
                )
            if job.status in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
                job.next_wake_at = journal.at  # the next one is asked at once
        journal.flush()
    return Standby.objects.select_related("job__service_type", "contractor", "technician").get(
        pk=standby_id
    )


# -- the end -----------------------------------------------------------------------------------


def close_standby(
    job: LockedJob,
    standby: HeldStandby,
    status: StandbyStatus,
    reason: str,
    journal: Journal,
    actor: Actor,
    *,
    tell: bool,
) -> None:
    """End a standby and free its time; part of the caller's transaction."""
    answered = journal.at if status == StandbyStatus.DECLINED else standby.answered_at
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_standby SET status = %s, closed_at = %s, reason = %s, answered_at = %s"
            " WHERE id = %s",
            [str(status), journal.at, reason, answered, standby.id],
        )
        cursor.execute(
            "DELETE FROM network_calendarentry WHERE source_ref = %s", [standby.public_id]
        )
    event = journal.event(
        job,
        f"standby_{status}",
        actor,
        data={"contractor": standby.contractor_name, "reason": reason},
    )
    journal.contractor_changed(standby.contractor_id)
    if tell:
        journal.message_contractor(
            event,
            contractor_id=standby.contractor_id,
            address=standby.contractor_email,
            template=Message.Template.STANDBY_ENDED,
            context={
                **public_offer_context(job),
                "name": standby.contractor_name,
                "why": WHY[reason],
            },
        )


def release_standbys(*, job: LockedJob, reason: str, journal: Journal) -> None:
    """Let whoever holds the time of this job's visit go; he is told. No-op without one.

    ``reason``: ``arrived``, ``cancelled``, ``moved``, ``visit_gone`` or ``not_fit``.
    """
    for standby in _holding(job.id):
        close_standby(
            job, standby, StandbyStatus.RELEASED, reason, journal, Actor.system(), tell=True
        )


def standing_by(job: LockedJob) -> HeldStandby | None:
    """Who has said yes and holds the time."""
    return next((s for s in _holding(job.id) if s.status == StandbyStatus.STANDING), None)


def drop_standby(*, job: LockedJob, standby_id: int, journal: Journal) -> bool:
    """Release a standby who cannot do the work any more; the next one is asked.

    Part of the caller's transaction, under the job's lock. False when he does not hold the time.
    """
    standby = next((one for one in _holding(job.id) if one.id == standby_id), None)
    if standby is None:
        return False
    close_standby(
        job, standby, StandbyStatus.RELEASED, "not_fit", journal, Actor.system(), tell=True
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_booking SET standby_due = %s WHERE id = %s AND live",
            [journal.at, standby.booking_id],
        )
    if job.status in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        job.next_wake_at = journal.at
    return True


@service
def let_lost_standby_go(*, standby_id: int) -> bool:
    """Release a standby who was suspended, lost a skill or a paper. False: he is gone already."""
    job, _ = _lock_standby(standby_id)
    journal = Journal(at=database_now())
    done = drop_standby(job=job, standby_id=standby_id, journal=journal)
    journal.flush()
    return done
