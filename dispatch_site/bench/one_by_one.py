"""The two ways others would do it: a task per offer, and a loop over the ORM.

Both do the same full work as the batch: expire, free the hold, event, outcome, find the
next candidate with a fresh slot, hold, offer, events, message, and end in the same state.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange
from django.db.models import F

from jobs.actors import Actor
from jobs.models import Escalation, Job, JobEvent, Message, Offer, Round
from jobs.services.cascade import advance_batch, plan_for
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import database_now, lock_job, lock_job_of_offer
from jobs.services.transactions import service
from jobs.states import OfferStatus
from jobs.windows import USUAL_ANSWER, Ask, worth_trying
from network.availability import Availability
from network.clock import app_now
from network.ids import uuid7
from network.models import CalendarEntry, Technician
from ranking.models import Outcome
from ranking.services.outcomes import OutcomeRow
from ranking.services.scorecards import usual_answer_minutes


def expire_and_advance_one(offer_id: int) -> None:
    """What one RQ task per offer does: this offer and its job, nothing else."""
    job_id = _expire_one(offer_id)
    if job_id is not None:
        advance_batch(size=1, job_ids=[job_id])


@service
def _expire_one(offer_id: int) -> int | None:
    job = lock_job_of_offer(offer_id)
    journal = Journal(at=database_now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_offer o SET status = 'expired', via = 'clock' FROM network_contractor c"
            " WHERE o.id = %s AND o.status = 'pending' AND o.expires_at <= %s"
            " AND c.id = o.contractor_id RETURNING o.public_id, o.contractor_id, o.technician_id,"
            " o.rank, o.made_at, o.expires_at, c.name",
            [offer_id, journal.at],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        public_id, contractor_id, technician_id, rank, made_at, expires_at, name = row
        cursor.execute("DELETE FROM network_calendarentry WHERE source_ref = %s", [public_id])
    journal.event(
        job,
        "offer_expired",
        Actor.clock(),
        offer_id=offer_id,
        from_status=OfferStatus.PENDING,
        to_status=OfferStatus.EXPIRED,
        data={"contractor": name, "rank": rank, "round": job.round_number},
    )
    job.next_wake_at = journal.at
    journal.contractor_changed(contractor_id)
    journal.outcome(
        OutcomeRow(
            branch_id=job.branch_id,
            contractor_id=contractor_id,
            technician_id=technician_id,
            kind="expired",
            due_to="contractor",
            value=(expires_at - made_at).total_seconds() / 60,
            source_ref=public_id,
            job_ref=job.public_id,
            at=journal.at,
        )
    )
    journal.flush()
    return job.id


def orm_loop(offer_ids: list[int]) -> None:
    """Expire and advance offer by offer with the ORM, a transaction each."""
    for offer_id in offer_ids:
        while not _orm_one(offer_id):
            pass


@transaction.atomic
def _orm_one(offer_id: int) -> bool:
    job = (
        Job.objects.select_for_update(of=("self",))
        .select_related("service_type", "branch")
        .get(offers__pk=offer_id)
    )
    offer = (
        Offer.objects.select_for_update(of=("self",)).select_related("contractor").get(pk=offer_id)
    )
    at = app_now()
    if offer.status == OfferStatus.PENDING and offer.expires_at <= at:
        offer.status, offer.via = OfferStatus.EXPIRED, "clock"
        offer.save(update_fields=["status", "via"])
        CalendarEntry.objects.filter(source_ref=offer.public_id).delete()
        _orm_event(job, at, "offer_expired", offer, "pending", "expired", offer.contractor.name)
        Outcome.objects.create(
            branch=job.branch,
            contractor=offer.contractor,
            technician_id=offer.technician_id,
            kind="expired",
            due_to="contractor",
            value=(offer.expires_at - offer.made_at).total_seconds() / 60,
            source_ref=offer.public_id,
            job_ref=job.public_id,
            at=at,
        )
        job.next_wake_at = at
    return _orm_advance(job, at)


def _orm_event(
    job: Job, at: datetime, kind: str, offer: Offer | None, before: str, after: str, name: str
) -> JobEvent:
    job.last_sequence += 1
    return JobEvent.objects.create(
        branch_id=job.branch_id,
        job=job,
        sequence=job.last_sequence,
        at=at,
        kind=kind,
        actor_kind="clock",
        actor_label="the clock",
        offer=offer,
        from_status=before,
        to_status=after,
        data={"contractor": name},
    )


def _orm_advance(job: Job, at: datetime) -> bool:
    current = Round.objects.get(job=job, number=job.round_number)
    locked = lock_job(job.pk)
    locked.last_sequence = job.last_sequence
    while current.next_index < len(current.contractor_ids):
        contractor_id = current.contractor_ids[current.next_index]
        rank = current.ranks[current.next_index]
        known = Availability.load(
            branch_id=job.branch_id,
            contractor_ids=[contractor_id],
            span=(job.window_start, job.window_end + timedelta(minutes=job.duration_minutes)),
            service_type_ids=[job.service_type_id],
            client_ids=[],
            at=at,
        )
        worth = worth_trying(
            asked=Offer.objects.filter(round=current).exclude(status="withdrawn").count(),
            remaining=len(current.contractor_ids) - current.next_index,
        )
        waiting = current.contractor_ids[current.next_index :]
        minutes = usual_answer_minutes(waiting[:worth])
        usual = [
            timedelta(minutes=minutes[one]) if one in minutes else USUAL_ANSWER for one in waiting
        ]
        plan = plan_for(locked, contractor_id, known, at, usual, worth)
        current.next_index += 1
        facts = known.contractor(contractor_id)
        if not isinstance(plan, tuple):
            _orm_event(job, at, "candidate_passed_over", None, "", "", facts.name)
            continue
        slot, ask = plan
        assert isinstance(ask, Ask)
        public_id = uuid7()
        try:
            with transaction.atomic():
                Technician.objects.select_for_update(no_key=True).get(pk=slot.technician_id)
                CalendarEntry.objects.create(
                    branch_id=job.branch_id,
                    technician_id=slot.technician_id,
                    kind="hold",
                    period=DateTimeTZRange(slot.starts_at, slot.ends_at),
                    latitude=job.latitude,
                    longitude=job.longitude,
                    source_ref=public_id,
                )
        except IntegrityError:
            current.next_index -= 1
            continue
        offer = Offer.objects.create(
            public_id=public_id,
            branch_id=job.branch_id,
            job=job,
            round=current,
            rank=rank,
            contractor_id=contractor_id,
            technician_id=slot.technician_id,
            seat=NumericRange(0, None),
            made_at=at,
            expires_at=ask.expires_at,
            pay=known.pay_for(
                contractor_id,
                job.duration_minutes,
                service_type_id=job.service_type_id,
                client_id=job.client_id,
                starts_at=slot.starts_at,
            ),
            currency=job.currency,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            travel_minutes=slot.travel_minutes,
            travel_km=slot.travel_km,
        )
        event = _orm_event(job, at, "offer_made", offer, "", "pending", facts.name)
        if facts.email:
            Message.objects.create(
                branch_id=job.branch_id,
                event=event,
                job=job,
                recipient_kind="contractor",
                contractor_id=contractor_id,
                channel="email",
                address=facts.email,
                template="offer_made",
                context={
                    **public_offer_context(locked),
                    "offer": str(public_id),
                    "name": facts.name,
                    "pay": str(offer.pay),
                    "currency": offer.currency,
                    "expires_at": offer.expires_at.isoformat(),
                    "travel_minutes": round(slot.travel_minutes),
                },
                next_attempt_at=at,
                created_at=at,
            )
        job.next_wake_at = ask.expires_at
        break
    else:
        current.finished_at = at
        job.next_wake_at = max(job.window_end, at + timedelta(hours=4))
        Escalation.objects.create(
            branch_id=job.branch_id, job=job, kind="everyone_asked", opened_at=at
        )
        _orm_event(job, at, "escalated", None, "", "", "")
    current.save(update_fields=["next_index", "finished_at"])
    Job.objects.filter(pk=job.pk).update(
        last_sequence=F("last_sequence") * 0 + job.last_sequence, next_wake_at=job.next_wake_at
    )
    return True
