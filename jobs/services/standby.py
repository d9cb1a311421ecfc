"""The standby: the runner-up holds the time until somebody is on site.

For which jobs, the branch's settings say (priorities, service types). One at a time is asked, in
the order of the last ranking; the fee for holding the time is owed from the yes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, NotFound, OfferNoLongerOpen
from jobs.models import Standby
from jobs.models.message import Message
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job
from jobs.services.transactions import service
from jobs.states import JobStatus, StandbyStatus

WHY = {
    "arrived": "the contractor who has the job is on site",
    "cancelled": "the job was cancelled",
    "moved": "the customer's appointment moved to another time",
    "visit_gone": "the visit is being arranged anew by the branch",
    "not_fit": "you may not take this work at the moment",
}


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


def holding(job_id: int) -> list[HeldStandby]:
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
    for standby in holding(job.id):
        close_standby(
            job, standby, StandbyStatus.RELEASED, reason, journal, Actor.system(), tell=True
        )


def standing_by(job: LockedJob) -> HeldStandby | None:
    """Who has said yes and holds the time."""
    return next((s for s in holding(job.id) if s.status == StandbyStatus.STANDING), None)


def drop_standby(*, job: LockedJob, standby_id: int, journal: Journal) -> bool:
    """Release a standby who cannot do the work any more; the next one is asked.

    Part of the caller's transaction, under the job's lock. False when he does not hold the time.
    """
    standby = next((one for one in holding(job.id) if one.id == standby_id), None)
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
