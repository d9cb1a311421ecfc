"""Everything that is due: what the clock hands to the workers, or does itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db import connection

from jobs.actors import Actor
from jobs.queue import TaskTimeout
from jobs.services.another_try import ended_searches
from jobs.services.cascade import BATCH, REMINDER, WAITS, advance_batch, advance_job
from jobs.services.expiry import due_offers, expire_due_offers
from jobs.services.journal import Journal
from jobs.services.locked import COLUMNS, JOINS, database_now, fetch_locked
from jobs.services.rounds import (
    begin_round,
    jobs_waiting_for_search,
    postpone_failed,
    search,
)
from jobs.services.transactions import service
from jobs.services.watch import watch_visits
from jobs.states import EscalationKind, JobStatus, RoundCause

log = structlog.get_logger(__name__)

EXPIRE_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Due:
    """What is due at this moment."""

    timeouts: bool
    searches: bool
    messages: bool
    outcomes: bool

    def __bool__(self) -> bool:
        return self.timeouts or self.searches or self.messages or self.outcomes


_LOOK = """
SELECT EXISTS (SELECT 1 FROM jobs_job WHERE status NOT IN ('completed', 'cancelled')
                  AND status <> 'new' AND next_wake_at <= (SELECT app_now())),
       EXISTS (SELECT 1 FROM jobs_job j WHERE j.status NOT IN ('completed', 'cancelled')
                  AND j.next_wake_at <= (SELECT app_now()) AND (j.status = 'new' OR EXISTS (
                    SELECT 1 FROM jobs_round r WHERE r.job_id = j.id
                       AND r.number = j.round_number AND r.decision_id IS NULL
                       AND r.finished_at IS NULL))),
       EXISTS (SELECT 1 FROM jobs_message WHERE status = 'pending'
                  AND next_attempt_at <= clock_timestamp()
                  AND (not_before IS NULL OR not_before <= (SELECT app_now()))),
       EXISTS (SELECT 1 FROM ranking_outcome WHERE NOT folded)
"""


def look() -> Due:
    """One query over the due list; an empty look costs well under a millisecond."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK)
        return Due(*cursor.fetchone())


def process_timeouts(*, seconds: float = math.inf) -> int:
    """Expire what ran out, ask the next candidates, wake what is overdue; returns the work done.

    Of a backlog that takes longer than ``seconds``, the rest is left. Running it twice, late, or
    beside another copy changes nothing.
    """
    done, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        expired = _expire_safely()
        advanced = _advance_safely()
        done += expired + advanced
        if expired == 0 and advanced == 0:
            break
    return done + watch_visits() + wake_overdue()


def _expire_safely() -> int:
    """All that is due; if that fails, each offer alone, so that a bad one stops nobody else."""
    try:
        return expire_due_offers(limit=EXPIRE_AT_ONCE).offers
    except TaskTimeout:
        raise
    except Exception:
        log.exception("expiring a batch failed; going on offer by offer")
    done = 0
    for offer_id, job_id in due_offers(limit=EXPIRE_AT_ONCE):
        try:
            done += expire_due_offers(offer_ids=[offer_id]).offers
        except TaskTimeout:
            raise
        except Exception as error:
            log.exception("an offer could not be expired", offer=offer_id)
            postpone_failed(job_id=job_id, error=repr(error))
    return done


def _advance_safely(job_ids: Sequence[int] | None = None) -> int:
    """One batch; if it fails, each of its jobs alone, so that a bad one stops nobody else."""
    for _ in range(2):  # who was suspended between look and write is passed over the second time
        try:
            return advance_batch(size=BATCH, job_ids=job_ids)
        except TaskTimeout:
            raise
        except Exception:
            log.exception("advancing a batch failed")
    return _advance_each(job_ids, lambda job_id: advance_batch(size=1, job_ids=[job_id]))


def _advance_each(job_ids: Sequence[int] | None, advance: Callable[[int], int]) -> int:
    """Those that are still due, one at a time; one that fails is put off."""
    done = 0
    for job_id in _due_for_advance(job_ids):
        try:
            done += advance(job_id)
        except TaskTimeout:
            raise
        except Exception as error:
            log.exception("a job could not be advanced", job=job_id)
            postpone_failed(job_id=job_id, error=repr(error))
    return done


def _due_for_advance(job_ids: Sequence[int] | None) -> list[int]:
    ids = list(job_ids) if job_ids is not None else None
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT j.id FROM jobs_job j WHERE {WAITS}"
            " AND (%s::bigint[] IS NULL OR j.id = ANY(%s)) ORDER BY j.next_wake_at LIMIT %s",
            [ids, ids, BATCH],
        )
        return [row[0] for row in cursor.fetchall()]


def search_due_jobs(*, limit: int = 50) -> int:
    """Rank the jobs that wait for a search and send out their first offers."""
    found = jobs_waiting_for_search(limit=limit)
    ranked: list[int] = []
    for job_id in found:
        try:
            if search(job_id=job_id):
                ranked.append(job_id)
        except TaskTimeout:
            raise
        except Exception as error:
            log.exception("a job could not be ranked", job=job_id)
            postpone_failed(job_id=job_id, error=repr(error))
        if len(ranked) >= 10:
            _advance_ranked(ranked)
            ranked = []
    _advance_ranked(ranked)
    return len(found)


def _advance_ranked(job_ids: Sequence[int]) -> None:
    if not job_ids:
        return
    while _advance_safely(job_ids):
        pass
    # Whoever was held by somebody else for a moment was passed over, and would now wait for the
    # end of a backlog. One at a time, since waiting for several could block others (lock order).
    _advance_each(job_ids, advance_job)


@service
def wake_overdue(*, limit: int = 500) -> int:
    """Look at open jobs whose wake-up came and that nobody else handles.

    On site long after the planned end: a question to the dispatcher. Where nobody is asked any
    more, the search is made again while there is time and hope, and the question must stay open:
    one that was closed without a booking is put again. Booked
    visits that nobody has begun are those of ``watch_visits``.
    """
    jobs = fetch_locked(
        f"SELECT {COLUMNS} FROM {JOINS} WHERE j.next_wake_at <= (SELECT app_now())"
        " AND (j.status = 'on_site' OR (j.status = 'offering' AND NOT EXISTS"
        " (SELECT 1 FROM jobs_round r WHERE r.job_id = j.id AND r.number = j.round_number"
        "   AND r.finished_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM jobs_offer o WHERE o.pending_job_id = j.id)))"
        " ORDER BY j.next_wake_at LIMIT %s FOR UPDATE OF j SKIP LOCKED",
        [limit],
    )
    handled = _handled_by_others([job.id for job in jobs])
    jobs = [job for job in jobs if job.id not in handled]
    if not jobs:
        return 0
    journal = Journal(at=database_now())
    missed = _already_missed([job.id for job in jobs])
    ended = ended_searches([job for job in jobs if job.status == JobStatus.OFFERING], at=journal.at)
    silent = _without_question([job.id for job in jobs])
    for job in jobs:
        job.next_wake_at = journal.at + REMINDER
        if job.status == JobStatus.ON_SITE:
            journal.ask(job, EscalationKind.NOT_FINISHED)
        elif job.id in ended and ended[job.id].again_at is not None:
            begin_round(job=job, cause=RoundCause.ANOTHER_TRY, journal=journal, actor=Actor.clock())
        else:
            journal.touch(job)
            if journal.at >= job.window_end and job.id not in missed:
                journal.event(job, "window_missed", Actor.clock())
            if job.id in silent:
                journal.escalate(job, silent[job.id], {"round": job.round_number, "again": True})
    journal.flush()
    return len(jobs)


def _handled_by_others(job_ids: list[int]) -> set[int]:
    """Jobs for which a round began, or somebody was asked, while this one waited for the lock.

    The locking query saw rounds and offers as they were when it began.
    """
    if not job_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id FROM jobs_job j WHERE j.id = ANY(%s) AND j.status = 'offering'"
            " AND (EXISTS (SELECT 1 FROM jobs_round r WHERE r.job_id = j.id"
            "   AND r.number = j.round_number AND r.finished_at IS NULL)"
            " OR EXISTS (SELECT 1 FROM jobs_offer o WHERE o.pending_job_id = j.id))",
            [job_ids],
        )
        return {row[0] for row in cursor.fetchall()}


def _without_question(job_ids: list[int]) -> dict[int, EscalationKind]:
    """Jobs that wait for a person without any open question, and the question to put."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id, cardinality(r.contractor_ids), r.decision_id IS NULL"
            " FROM jobs_job j JOIN jobs_round r"
            " ON r.job_id = j.id AND r.number = j.round_number"
            " WHERE j.id = ANY(%s) AND j.status = 'offering' AND NOT EXISTS"
            " (SELECT 1 FROM jobs_escalation e WHERE e.job_id = j.id AND e.closed_at IS NULL)",
            [job_ids],
        )
        return {
            job_id: EscalationKind.DROPPED
            if never_ranked
            else EscalationKind.EVERYONE_ASKED
            if ranked
            else EscalationKind.NO_CANDIDATES
            for job_id, ranked, never_ranked in cursor.fetchall()
        }


def _already_missed(job_ids: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job_id FROM jobs_jobevent WHERE job_id = ANY(%s) AND kind = 'window_missed'",
            [job_ids],
        )
        return {row[0] for row in cursor.fetchall()}


def forget_old_idempotency_records(*, older_than_hours: int = 48) -> int:
    """Delete answers kept for retries after twice the promised 24 hours (wall time)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM jobs_idempotencyrecord"
            " WHERE created_at < clock_timestamp() - %s * interval '1 hour'",
            [older_than_hours],
        )
        return cursor.rowcount
