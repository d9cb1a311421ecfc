"""Watches over booked visits: asks to confirm, asks where somebody is, begins the rescue.

Questions and looks are set-based: a batch of some hundreds of visits costs a fixed number of
statements. A rescue is a transaction of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.queue import TaskTimeout
from jobs.services.cascade import REMINDER
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import COLUMNS, JOINS, LockedJob, database_now, fetch_locked
from jobs.services.rescue import presume_lost
from jobs.services.rounds import postpone_failed
from jobs.services.standby_asking import ask_next_standby
from jobs.services.transactions import service
from jobs.services.watched import next_look
from jobs.states import EscalationKind
from jobs.watch import Step, Watched, next_step

log = structlog.get_logger(__name__)

BATCH = 500
#: A rescue that fails is tried again after this long.
RETRY = timedelta(minutes=1)

_DUE = f"""
SELECT {COLUMNS} FROM {JOINS}
 WHERE j.next_wake_at <= (SELECT app_now()) AND j.status IN ('booked', 'en_route')
   AND (%s::bigint IS NULL OR j.id = %s)
 ORDER BY j.next_wake_at, j.id LIMIT %s FOR UPDATE OF j SKIP LOCKED
"""

_VISITS = """
SELECT k.job_id, k.id, k.public_id, k.contractor_id, c.name, c.email, k.starts_at, k.booked_at,
       k.eta, k.en_route_at, k.asked_at, k.asked_again_at, k.nudged_at, k.standby_due
  FROM jobs_booking k JOIN network_contractor c ON c.id = k.contractor_id
 WHERE k.live_job_id = ANY(%s) FOR UPDATE OF k
"""


@dataclass(slots=True)
class _Visit:
    """A due visit with what is known of it."""

    job: LockedJob
    id: int
    public_id: UUID
    contractor_id: int
    name: str
    email: str
    watched: Watched
    standby_due: datetime | None


@dataclass(slots=True)
class _Batch:
    """What one batch found to do beyond itself."""

    looked_at: int
    lost: list[int]
    standbys: list[int]


def watch_visits() -> int:
    """Do what is due for booked visits that nobody has begun; returns how many were looked at.

    Running it twice, late, or beside another copy changes nothing. One rescue that fails is
    logged and stops none of the others; it is tried again a minute later.
    """
    looked_at = 0
    while True:
        batch = _look_safely()
        looked_at += batch.looked_at
        for booking_id in batch.lost:
            _safely(presume_lost, booking_id)
        for booking_id in batch.standbys:
            _safely(ask_next_standby, booking_id)
        if batch.looked_at < BATCH:
            return looked_at


def _look_safely() -> _Batch:
    """One batch; if it fails, each of its jobs alone, so that a bad one stops nobody else."""
    try:
        return _watch_batch()
    except TaskTimeout:
        raise
    except Exception:
        log.exception("looking at a batch of visits failed; going on one by one")
    together = _Batch(0, [], [])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM jobs_job WHERE next_wake_at <= (SELECT app_now())"
            " AND status IN ('booked', 'en_route') ORDER BY next_wake_at, id LIMIT %s",
            [BATCH],
        )
        due = [row[0] for row in cursor.fetchall()]
    for job_id in due:
        try:
            one = _watch_batch(only=job_id)
        except TaskTimeout:
            raise
        except Exception as error:
            log.exception("a visit could not be watched", job=job_id)
            postpone_failed(job_id=job_id, error=repr(error))
            continue
        together.looked_at += one.looked_at
        together.lost += one.lost
        together.standbys += one.standbys
    return together


def _safely(act: Any, booking_id: int) -> None:
    try:
        act(booking_id=booking_id)
    except TaskTimeout:
        raise
    except Exception:
        log.exception("a visit could not be protected", booking=booking_id)


@service
def _watch_batch(*, only: int | None = None) -> _Batch:
    jobs = fetch_locked(_DUE, [only, only, BATCH])
    if not jobs:
        return _Batch(0, [], [])
    journal = Journal(at=database_now())
    at = journal.at
    asked: dict[str, list[int]] = {"asked_at": [], "asked_again_at": [], "nudged_at": []}
    lost: list[int] = []
    standbys: list[int] = []
    questions = _open_questions([job.id for job in jobs])
    for visit in _visits(jobs):
        job = visit.job
        step, when = next_step(visit.watched, at)
        job.next_wake_at = None
        if job.protects and when <= at:
            if step == Step.PRESUME:
                lost.append(visit.id)
                job.next_wake_at = at + RETRY
            else:
                column = _say(visit, step, journal)
                asked[column].append(visit.id)
                visit.watched = _after(visit.watched, step, at)
        if visit.standby_due is not None and visit.standby_due <= at:
            if visit.id not in lost:
                standbys.append(visit.id)
            visit.standby_due = at + RETRY
        if at >= job.window_end and job.id not in questions:
            journal.escalate(job, EscalationKind.NO_CHECK_IN)
        if job.next_wake_at is None:
            later = next_look(job, visit.watched, standby_due=visit.standby_due, at=at)
            job.next_wake_at = later if later > at or job.protects else at + REMINDER
        journal.touch(job)
    with connection.cursor() as cursor:
        for column, ids in asked.items():
            if ids:
                cursor.execute(
                    f"UPDATE jobs_booking SET {column} = %s WHERE id = ANY(%s)", [at, ids]
                )
    journal.flush()
    return _Batch(len(jobs), lost, standbys)


def _visits(jobs: list[LockedJob]) -> list[_Visit]:
    by_id = {job.id: job for job in jobs}
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, [sorted(by_id)])
        rows = cursor.fetchall()
    visits = []
    for job_id, pk, public_id, contractor_id, name, email, starts_at, *rest in rows:
        job = by_id[job_id]
        booked_at, eta, en_route_at, asked_at, asked_again_at, nudged_at, standby_due = rest
        watched = Watched(
            window_end=job.window_end,
            starts_at=starts_at,
            booked_at=booked_at,
            eta=eta,
            en_route_at=en_route_at,
            asked_at=asked_at,
            asked_again_at=asked_again_at,
            nudged_at=nudged_at,
            lead=timedelta(minutes=job.rescue_lead_minutes),
        )
        visits.append(_Visit(job, pk, public_id, contractor_id, name, email, watched, standby_due))
    return visits


def _after(visit: Watched, step: Step, at: datetime) -> Watched:
    match step:
        case Step.ASK:
            return replace(visit, asked_at=at)
        case Step.ASK_AGAIN:
            return replace(visit, asked_again_at=at)
        case _:
            return replace(visit, nudged_at=at)


def _say(visit: _Visit, step: Step, journal: Journal) -> str:
    """Ask the contractor; returns the column that remembers it."""
    context = {
        **public_offer_context(visit.job),
        "name": visit.name,
        "booking": str(visit.public_id),
        "starts_at": visit.watched.starts_at.isoformat(),
        "expected": visit.watched.expected.isoformat(),
    }
    if step == Step.NUDGE:
        kind, template, column = "nudged", Message.Template.NUDGE_VISIT, "nudged_at"
    else:
        again = step == Step.ASK_AGAIN
        kind, template = "confirmation_asked", Message.Template.CONFIRM_VISIT
        column = "asked_again_at" if again else "asked_at"
    event = journal.event(
        visit.job,
        kind,
        Actor.clock(),
        data={
            "contractor": visit.name,
            "again": step == Step.ASK_AGAIN,
            "expected": visit.watched.expected.isoformat(),
        },
    )
    journal.message_contractor(
        event,
        contractor_id=visit.contractor_id,
        address=visit.email,
        template=template,
        context=context,
    )
    return column


def _open_questions(job_ids: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job_id FROM jobs_escalation WHERE job_id = ANY(%s) AND kind = %s"
            " AND closed_at IS NULL",
            [job_ids, str(EscalationKind.NO_CHECK_IN)],
        )
        return {row[0] for row in cursor.fetchall()}
