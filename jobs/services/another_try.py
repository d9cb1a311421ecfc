"""Finds which searches that ended without a yes are worth making again, and begins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from jobs.another_try import REMINDER, next_try
from jobs.services.journal import Journal
from jobs.services.locked import LockedJob
from jobs.states import EscalationKind

# A search is the round that began it and its further tries. Somebody is left to hope for when one
# of those ranked did not say no, or when others could do the work but were booked up.
_ENDED = """
WITH began AS (
  SELECT r.job_id, max(r.number) FILTER (WHERE r.cause <> 'another_try') AS number,
         max(r.number) AS last
    FROM jobs_round r WHERE r.job_id = ANY(%(jobs)s) GROUP BY r.job_id)
SELECT began.job_id, began.last - began.number,
       EXISTS (SELECT 1 FROM jobs_escalation e
                WHERE e.job_id = began.job_id AND e.closed_at IS NULL
                  AND e.kind IN ('everyone_asked', 'no_candidates')),
       coalesce(d.not_eligible ?| ARRAY['fully_booked', 'daily_limit'], false)
       OR EXISTS (
         SELECT 1 FROM unnest(r.contractor_ids) AS ranked(id)
          WHERE NOT EXISTS (
            SELECT 1 FROM jobs_offer o JOIN jobs_round q ON q.id = o.round_id
             WHERE o.job_id = began.job_id AND o.contractor_id = ranked.id
               AND o.status = 'declined' AND q.number >= began.number))
  FROM began
  JOIN jobs_round r ON r.job_id = began.job_id AND r.number = began.number
  JOIN ranking_decision d ON d.id = r.decision_id
 WHERE EXISTS (SELECT 1 FROM jobs_round l WHERE l.job_id = began.job_id
                  AND l.number = began.last AND l.decision_id IS NOT NULL)
"""

# A price that was too low is no longer one once more is paid.
_SAID_NO = """
SELECT DISTINCT o.contractor_id FROM jobs_offer o JOIN jobs_round q ON q.id = o.round_id
 WHERE o.job_id = %(job)s AND o.status = 'declined' AND q.number >= (
   SELECT max(number) FROM jobs_round
    WHERE job_id = %(job)s AND cause NOT IN ('another_try', 'remedy'))
   AND NOT (%(raised)s AND o.reason = 'price_too_low' AND q.number < (
     SELECT max(number) FROM jobs_round WHERE job_id = %(job)s AND cause = 'remedy'))
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A search that came to its end without a yes.

    ``again_at``: when it is made again by itself; None when it is not. ``told``: this was a
    further try, and the dispatcher's question about the first still stands.
    """

    again_at: datetime | None = None
    told: bool = False


def ended_searches(jobs: Sequence[LockedJob], *, at: datetime) -> dict[int, Ended]:
    """By job, for those whose newest round was ranked; one statement."""
    if not jobs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, {"jobs": [job.id for job in jobs]})
        found = {job_id: rest for job_id, *rest in cursor.fetchall()}
    ended = {}
    for job in jobs:
        if job.id not in found:
            continue
        tries, is_open, hope = found[job.id]
        last_moment = job.window_end - timedelta(minutes=job.rescue_lead_minutes)
        again_at = next_try(now=at, last_moment=last_moment, tries=tries) if hope else None
        ended[job.id] = Ended(again_at, told=tries > 0 and is_open)
    return ended


def who_said_no(job: LockedJob) -> set[int]:
    """Contractors who declined since the search began: a further or wider one leaves them alone."""
    with connection.cursor() as cursor:
        cursor.execute(_SAID_NO, {"job": job.id, "raised": job.extra_pay > 0})
        return {row[0] for row in cursor.fetchall()}


def end_search(
    job: LockedJob, ended: Ended, kind: EscalationKind, known: dict[str, Any], journal: Journal
) -> None:
    """A search ended without a yes: tell the dispatcher, and search again while there is time.

    The question stays open meanwhile, so that somebody can be quicker than the machine.
    """
    job.next_wake_at = ended.again_at or max(job.window_end, journal.at + REMINDER)
    if ended.told:
        journal.touch(job)
        return
    again = {} if ended.again_at is None else {"again_at": ended.again_at.isoformat()}
    journal.escalate(job, kind, {**known, "round": job.round_number, **again})
