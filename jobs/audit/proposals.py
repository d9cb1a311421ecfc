"""Checks on contractors' own prices and times."""

from __future__ import annotations

from jobs.audit.check import Check

_ROWS = "SELECT count(*) FROM jobs_proposal"

SAME_TERMS = Check(
    id="proposal-in-place-of-its-offer",
    title="A proposal holds the very time of the offer it answers, which was withdrawn for it",
    rows=_ROWS,
    broken="""
SELECT n.public_id::text FROM jobs_proposal p
  JOIN jobs_offer o ON o.id = p.original_id JOIN jobs_offer n ON n.id = p.offer_id
 WHERE (o.job_id, o.round_id, o.rank, o.contractor_id, o.technician_id, o.starts_at, o.ends_at)
       IS DISTINCT FROM
       (n.job_id, n.round_id, n.rank, n.contractor_id, n.technician_id, n.starts_at, n.ends_at)
    OR o.status <> 'withdrawn' OR o.reason <> 'countered'
 ORDER BY 1""",
)

ASKED_WHILE_WAITING = Check(
    id="proposal-has-its-question",
    title="A price or time that waits for the branch is an open question, and no other one is",
    rows=_ROWS,
    broken="""
SELECT n.public_id::text FROM jobs_proposal p JOIN jobs_offer n ON n.id = p.offer_id
 WHERE n.status = 'pending' AND NOT EXISTS (
   SELECT 1 FROM jobs_jobevent e WHERE e.job_id = n.job_id AND e.kind = 'escalated'
      AND e.data->>'escalation' = 'counter_offer' AND e.data->>'offer' = n.public_id::text)
UNION ALL
SELECT 'question ' || e.id FROM jobs_escalation e
 WHERE e.kind = 'counter_offer' AND e.closed_at IS NULL AND NOT EXISTS (
   SELECT 1 FROM jobs_proposal p JOIN jobs_offer n ON n.id = p.offer_id
    WHERE n.job_id = e.job_id AND n.status = 'pending')
 ORDER BY 1""",
)

WITHIN_LIMIT = Check(
    id="proposal-by-rule-within-the-limit",
    title="What was accepted by rule cost no more than the limit or the offer answered",
    rows="SELECT count(*) FROM jobs_proposal WHERE by_rule",
    broken="""
SELECT n.public_id::text FROM jobs_proposal p
  JOIN jobs_offer o ON o.id = p.original_id JOIN jobs_offer n ON n.id = p.offer_id
  JOIN jobs_job j ON j.id = n.job_id
 WHERE p.by_rule AND n.pay > o.pay AND (j.not_to_exceed IS NULL OR n.pay > j.not_to_exceed)
 ORDER BY 1""",
)

CHECKS = [SAME_TERMS, ASKED_WHILE_WAITING, WITHIN_LIMIT]
