"""Starts searches: eligible contractors, ranked once, order frozen for the round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import connection

from jobs.actors import Actor
from jobs.models import Round
from jobs.queue import SEARCH_JOBS, SEARCHES, hint
from jobs.services.another_try import Ended, end_search, ended_searches, who_said_no
from jobs.services.fallback import tell_of_fallback
from jobs.services.follow_order import same_contractor_first
from jobs.services.journal import Journal
from jobs.services.locked import COLUMNS, JOINS, LockedJob, database_now, fetch_locked
from jobs.services.same_customer import other_jobs_of_customer
from jobs.services.transactions import service
from jobs.states import LOST_REASONS, EscalationKind, JobStatus, RoundCause
from network.availability import Slot
from network.eligibility import Eligibility, find_eligible
from network.geo import distance_km
from ranking.criteria.route_density import NEARBY_KM
from ranking.models import Decision
from ranking.services.decisions import Candidate, DecisionContext, decide

log = structlog.get_logger(__name__)

# Waiting for a search: new, or offering in a round that is not ranked yet.
_WAITING = """
 j.next_wake_at <= (SELECT app_now())
 AND (j.status = 'new' OR (j.status = 'offering' AND EXISTS (
   SELECT 1 FROM jobs_round r WHERE r.job_id = j.id AND r.number = j.round_number
      AND r.decision_id IS NULL AND r.finished_at IS NULL)))
"""


def jobs_waiting_for_search(*, limit: int) -> list[int]:
    """Ids of jobs whose next round is due to be ranked; those that lost a visit come first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT j.id FROM jobs_job j WHERE {_WAITING}"
            " ORDER BY j.status = 'new', j.next_wake_at, j.id LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]


def begin_round(*, job: LockedJob, cause: RoundCause, journal: Journal, actor: Actor) -> Round:
    """Open the job's next round, unranked; the job is due at once. The caller moves its status."""
    job.round_number += 1
    job.next_wake_at = journal.at
    hint(SEARCHES, SEARCH_JOBS)
    journal.event(
        job,
        "round_started",
        actor,
        data={"round": job.round_number, "cause": str(cause)},
    )
    return Round.objects.create(
        job_id=job.id, number=job.round_number, cause=cause, started_at=journal.at
    )


@service
def search(*, job_id: int) -> bool:
    """Rank the candidates of a waiting job and freeze their order; False if nothing waits.

    The first offer goes out with the next step of the cascade, in the same task.
    """
    jobs = fetch_locked(
        f"SELECT {COLUMNS} FROM {JOINS} WHERE j.id = %s AND {_WAITING} FOR UPDATE OF j SKIP LOCKED",
        [job_id],
    )
    if not jobs:
        return False
    job = jobs[0]
    journal = Journal(at=database_now())
    actor = Actor.system()
    if job.status == JobStatus.NEW:
        journal.move(job, JobStatus.OFFERING, actor, kind="search_started")
        current = begin_round(job=job, cause=RoundCause.FIRST, journal=journal, actor=actor)
    else:
        current = Round.objects.get(job_id=job.id, number=job.round_number)
        if current.decision_id is not None or current.finished_at is not None:
            return False  # ranked by another worker after this one had looked for waiting jobs
    goes_on = current.cause in (RoundCause.ANOTHER_TRY, RoundCause.REMEDY)
    said_no = who_said_no(job) if goes_on else set()
    decision = rank_candidates(job=job, at=journal.at, said_no=said_no)
    journal.event(
        job,
        "ranked",
        actor,
        data={
            "round": job.round_number,
            "candidates": len(decision.contractor_ids),
            "not_eligible": decision.not_eligible,
            "policy": decision.policy.revision,
            **({"fallback": decision.fallback} if decision.fallback else {}),
        },
    )
    tell_of_fallback(job=job, decision=decision, journal=journal)
    current.decision = decision
    current.contractor_ids = list(decision.contractor_ids)
    current.ranks = list(range(1, len(decision.contractor_ids) + 1))
    if first := same_contractor_first(job, current):
        journal.event(
            job, "put_next", actor, data={"contractor": first, "why": "made the first visit"}
        )
    job.next_wake_at = journal.at
    if not decision.contractor_ids:
        current.finished_at = journal.at
    current.save()
    if not decision.contractor_ids:
        end_search(
            job,
            ended_searches([job], at=journal.at).get(job.id, Ended()),
            EscalationKind.NO_CANDIDATES,
            {"not_eligible": decision.not_eligible},
            journal,
        )
    if job.attempts:
        journal.settle(job, kind=EscalationKind.DISPATCH_FAILED, resolution="It works again")
        job.attempts = 0
    journal.flush()
    return True


def rank_candidates(*, job: LockedJob, at: datetime, said_no: Collection[int] = ()) -> Decision:
    """Find who can do the job, rank them, log the decision. Fixed number of queries."""
    return decide(**facts_to_decide(job=job, at=at, said_no=said_no))


def facts_to_decide(
    *,
    job: LockedJob,
    at: datetime,
    without: Collection[int] = (),
    said_no: Collection[int] = (),
) -> dict[str, Any]:
    """What ``ranking.services.decisions`` orders by.

    Whoever is in ``without`` or has ``said_no`` is passed over.
    """
    eligible = find_eligible(job.work, at=at)
    excluded = _already_out(job) | set(without)
    not_eligible = dict(eligible.not_eligible)
    slots = [slot for slot in eligible.slots if slot.contractor_id not in excluded]
    if len(slots) < len(eligible.slots):
        not_eligible["gave_it_back"] = len(eligible.slots) - len(slots)
    willing = [slot for slot in slots if slot.contractor_id not in said_no]
    if len(willing) < len(slots):
        not_eligible["said_no"] = len(slots) - len(willing)
    slots = willing
    stops = _stops_nearby(job, slots)
    return {
        "branch_id": job.branch_id,
        "job_ref": job.public_id,
        "round_number": job.round_number,
        "service_type_id": job.service_type_id,
        "client_id": job.client_id,
        "asset": f"{job.address}, {job.postcode}",
        "customer_jobs": other_jobs_of_customer(job_id=job.id),
        "at": at,
        "candidates": [
            _candidate(slot, eligible, job, stops.get(slot.technician_id, 0)) for slot in slots
        ],
        "context": DecisionContext(
            not_to_exceed=job.not_to_exceed,
            currency=job.currency,
            distance_unit=job.distance_unit,
        ),
        "not_eligible": not_eligible,
    }


def _candidate(slot: Slot, eligible: Eligibility, job: LockedJob, stops_nearby: int) -> Candidate:
    known = eligible.availability
    return Candidate(
        contractor_id=slot.contractor_id,
        technician_id=slot.technician_id,
        travel_minutes=slot.travel_minutes,
        travel_km=slot.travel_km,
        skill_level=slot.skill_level,
        required_level=known.required_level(job.service_type_id),
        price=known.pay_for(
            slot.contractor_id,
            job.duration_minutes,
            service_type_id=job.service_type_id,
            client_id=job.client_id,
            starts_at=slot.starts_at,
        )
        + job.extra_pay,
        tier=known.contractor(slot.contractor_id).tier,
        preferred_by_client=known.is_preferred(slot.contractor_id, job.client_id),
        stops_nearby=stops_nearby,
    )


def _stops_nearby(job: LockedJob, slots: Sequence[Slot]) -> dict[int, int]:
    """Technician → booked stops near the site on the local day of the promise; one query."""
    zone = ZoneInfo(job.branch_zone)
    day = datetime.combine(job.window_start.astimezone(zone).date(), time(), zone)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT technician_id, latitude, longitude FROM network_calendarentry"
            " WHERE technician_id = ANY(%s) AND upper(period) > %s AND lower(period) < %s"
            " AND kind = 'booking'",
            [[slot.technician_id for slot in slots], day, day + timedelta(days=1)],
        )
        rows = cursor.fetchall()
    return Counter(
        technician_id
        for technician_id, latitude, longitude in rows
        if distance_km(job.latitude, job.longitude, latitude, longitude) <= NEARBY_KM
    )


def _already_out(job: LockedJob) -> set[int]:
    """Contractors who gave this job back: they are not asked for it again by themselves.

    A firm that merely lost the technician may send another one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT contractor_id FROM jobs_booking"
            " WHERE job_id = %s AND end_kind = 'released' AND reason <> ALL (%s)",
            [job.id, [str(reason) for reason in LOST_REASONS]],
        )
        return {row[0] for row in cursor.fetchall()}


def postpone_failed(*, job_id: int, error: str) -> None:
    """Push a job's next wake forward after a failure, so that one bad job stops nobody.

    The wait doubles with each failure (1 minute to about 2 hours); the dispatcher is told.
    """
    _postpone(job_id=job_id, error=error[:500])


@service
def _postpone(*, job_id: int, error: str) -> None:
    jobs = fetch_locked(
        f"SELECT {COLUMNS} FROM {JOINS} WHERE j.id = %s"
        " AND j.status NOT IN ('completed', 'cancelled') FOR UPDATE OF j SKIP LOCKED",
        [job_id],
    )
    if not jobs:
        return
    job = jobs[0]
    journal = Journal(at=database_now())
    job.attempts = min(job.attempts + 1, 7)
    job.next_wake_at = journal.at + timedelta(minutes=2 ** (job.attempts - 1))
    journal.ask(job, EscalationKind.DISPATCH_FAILED, {"error": error})
    journal.flush()


def decision_of(*, job_ref: UUID) -> Decision | None:
    """The newest decision of a job, with its policy."""
    return (
        Decision.objects.select_related("policy")
        .filter(job_ref=job_ref)
        .order_by("-round_number")
        .first()
    )
