"""Expires offers whose time ran out: one statement for all that are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from jobs.notices import publish_after_commit
from jobs.queue import DEFAULT, FOLD_OUTCOMES, hint
from jobs.services.transactions import service

# The job is locked before its offer (lock order), and a job that somebody else holds is
# skipped: he is answering, cancelling or expiring it at this very moment. Domain time is
# read once, before the locks; the offer's trigger reads it again after them. A job that
# failed before (attempts) comes again when its postponed wake does. Silence counts only where an
# answer could be expected: an offer made outside contact hours, or one that could not be
# delivered in time, is nobody's fault. While others of an open call may still answer, the job
# sleeps until the first of them runs out.
EXPIRE = """
WITH due AS MATERIALIZED (
  SELECT o.id, o.public_id, o.job_id, o.contractor_id, o.technician_id, o.rank, o.made_at,
         o.expires_at, o.out_of_hours, j.branch_id, j.public_id AS job_ref, r.number, moment.at
    FROM (SELECT app_now() AS at) moment
    JOIN jobs_offer o ON o.status = 'pending' AND o.expires_at <= moment.at
    JOIN jobs_job j ON j.id = o.job_id
    JOIN jobs_round r ON r.id = o.round_id
   WHERE (j.attempts = 0 OR j.next_wake_at <= moment.at)
     AND (%s::bigint[] IS NULL OR o.id = ANY(%s))
   ORDER BY o.expires_at LIMIT %s
     FOR UPDATE OF j, o SKIP LOCKED),
expired AS (
  UPDATE jobs_offer o SET status = 'expired', via = 'clock' FROM due WHERE o.id = due.id
  RETURNING o.id),
freed AS (
  DELETE FROM network_calendarentry e USING due WHERE e.source_ref = due.public_id RETURNING e.id),
counted AS (
  SELECT due.*,
         EXISTS (SELECT 1 FROM jobs_jobevent e JOIN jobs_message m ON m.event_id = e.id
                  WHERE e.offer_id = due.id AND e.to_status = 'pending'
                 HAVING bool_or(m.error <> '') AND bool_and(
                   m.status <> 'sent' OR m.delivery IN ('bounced', 'failed'))) AS untold,
         row_number() OVER (PARTITION BY due.job_id ORDER BY due.id) AS nth,
         count(*) OVER (PARTITION BY due.job_id) AS together
    FROM due JOIN expired USING (id)),
moved AS (
  UPDATE jobs_job j SET last_sequence = j.last_sequence + c.together,
         next_wake_at = coalesce((SELECT min(o.expires_at) FROM jobs_offer o
           WHERE o.pending_job_id = j.id AND o.id NOT IN (SELECT due.id FROM due)), c.at)
    FROM (SELECT DISTINCT job_id, together, at FROM counted) c WHERE j.id = c.job_id
  RETURNING j.id, j.last_sequence),
asked AS (  -- a price or time of the contractor's own: it was the branch that was silent
  SELECT p.offer_id FROM jobs_proposal p WHERE p.offer_id IN (SELECT id FROM counted)),
settled AS (
  UPDATE jobs_escalation e SET closed_at = c.at, resolution = 'Nobody decided in time'
    FROM counted c JOIN asked ON asked.offer_id = c.id
   WHERE e.job_id = c.job_id AND e.kind = 'counter_offer' AND e.closed_at IS NULL
  RETURNING e.id),
told AS (
  INSERT INTO jobs_jobevent (branch_id, job_id, sequence, at, kind, actor_kind, actor_label,
                             offer_id, from_status, to_status, data)
  SELECT c.branch_id, c.job_id, m.last_sequence - c.together + c.nth, c.at, 'offer_expired',
         'clock', 'the clock', c.id, 'pending', 'expired',
         jsonb_build_object('contractor', n.name, 'rank', c.rank, 'round', c.number)
    FROM counted c JOIN moved m ON m.id = c.job_id
    JOIN network_contractor n ON n.id = c.contractor_id
  RETURNING id),
learned AS (
  INSERT INTO ranking_outcome (branch_id, contractor_id, technician_id, kind, due_to, value,
                               source_ref, job_ref, at, folded)
  SELECT c.branch_id, c.contractor_id, c.technician_id, 'expired',
         CASE WHEN c.out_of_hours OR c.untold OR c.id IN (TABLE asked)
              THEN 'system' ELSE 'contractor' END,
         extract(epoch FROM c.expires_at - c.made_at) / 60, c.public_id, c.job_ref, c.at, false
    FROM counted c
  ON CONFLICT DO NOTHING
  RETURNING id)
SELECT branch_id, job_ref::text, contractor_id FROM counted
"""


@dataclass(frozen=True, slots=True)
class Expired:
    """How many offers one call expired."""

    offers: int


@service
def expire_due_offers(*, limit: int = 10_000, offer_ids: Sequence[int] | None = None) -> Expired:
    """Expire every pending offer whose deadline has passed by domain time, ``limit`` at most.

    Frees the held time, wakes the jobs, writes events and outcomes, all in one statement.
    Safe to run from anywhere, twice, or late; never early: the database refuses that.
    ``offer_ids`` narrows it to these offers.
    """
    ids = list(offer_ids) if offer_ids is not None else None
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, [ids, ids, limit])
        rows = cursor.fetchall()
    if rows:
        by_branch: dict[int, set[str]] = {}
        for branch_id, job_ref, _ in rows:
            by_branch.setdefault(branch_id, set()).add(job_ref)
        publish_after_commit(jobs_by_branch=by_branch, contractor_ids={row[2] for row in rows})
        hint(DEFAULT, FOLD_OUTCOMES)
    return Expired(offers=len(rows))


def due_offers(*, limit: int) -> list[tuple[int, int]]:
    """(offer id, job id) of offers whose deadline has passed, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.job_id FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id"
            " WHERE o.status = 'pending' AND o.expires_at <= (SELECT app_now())"
            " AND (j.attempts = 0 OR j.next_wake_at <= (SELECT app_now()))"
            " ORDER BY o.expires_at LIMIT %s",
            [limit],
        )
        return cursor.fetchall()
