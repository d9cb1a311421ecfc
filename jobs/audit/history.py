"""Checks on the history: events, rounds and decisions, messages, keys (9 to 11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobs.audit.check import Check
from jobs.states import MOVES

# Asked by the machine in a candidate's turn: not assigned by hand, and not the offer that stands in
# the place of one that was answered with a price or time of the contractor's own.
_IN_TURN = (
    "o.via NOT IN ('assigned', 'standby')"
    " AND NOT EXISTS (SELECT 1 FROM jobs_proposal p WHERE p.offer_id = o.id)"
)

GAPLESS = Check(
    id="9-events-without-gaps",
    title="A job's events are numbered 1 to n without a gap, and the job knows n",
    rows="SELECT count(*) FROM jobs_jobevent",
    broken="""
SELECT j.public_id::text FROM jobs_job j LEFT JOIN (
  SELECT job_id, count(*) AS events, count(DISTINCT sequence) AS numbers,
         min(sequence) AS first, max(sequence) AS last
    FROM jobs_jobevent GROUP BY job_id
) e ON e.job_id = j.id
 WHERE e.first IS DISTINCT FROM 1 OR e.last <> e.events OR e.numbers <> e.events
    OR e.last <> j.last_sequence
 ORDER BY 1""",
)

_ALLOWED = ", ".join(
    f"('{before}', '{after}')" for before, wanted in MOVES.items() for after in sorted(wanted)
)

JOB_TRANSITIONS = Check(
    id="9-job-transitions-have-events",
    title="A job's events tell every one of its moves, each an allowed one, up to where it stands",
    rows="SELECT count(*) FROM jobs_jobevent WHERE offer_id IS NULL AND to_status <> ''",
    broken=f"""
WITH moves AS (
  SELECT job_id, sequence, from_status, to_status,
         lag(to_status) OVER told AS before, lead(id) OVER told IS NULL AS is_last
    FROM jobs_jobevent WHERE offer_id IS NULL AND to_status <> ''
  WINDOW told AS (PARTITION BY job_id ORDER BY sequence)),
wrong AS (
  SELECT m.job_id FROM moves m JOIN jobs_job j ON j.id = m.job_id
   WHERE CASE WHEN m.before IS NULL THEN m.from_status <> '' OR m.to_status <> 'new'
              ELSE m.from_status <> m.before
                   OR (m.from_status, m.to_status) NOT IN ({_ALLOWED}) END
      OR (m.is_last AND m.to_status <> j.status)
  UNION
  SELECT id FROM jobs_job WHERE id NOT IN (SELECT job_id FROM moves))
SELECT j.public_id::text FROM wrong JOIN jobs_job j ON j.id = wrong.job_id ORDER BY 1""",
)

OFFER_TRANSITIONS = Check(
    id="9-offer-transitions-have-events",
    title="Every offer has one event for being made and one for being closed, in this order",
    rows="SELECT count(*) FROM jobs_jobevent WHERE offer_id IS NOT NULL",
    broken="""
SELECT o.public_id::text FROM jobs_offer o LEFT JOIN (
  SELECT offer_id,
         count(*) FILTER (WHERE from_status = '' AND to_status = 'pending') AS made,
         count(*) FILTER (WHERE from_status = 'pending' AND to_status <> 'pending') AS closed,
         count(*) FILTER (WHERE to_status <> '') AS moves,
         min(sequence) FILTER (WHERE to_status = 'pending') AS made_number,
         min(sequence) FILTER (WHERE from_status = 'pending') AS closed_number,
         min(job_id) AS job_id
    FROM jobs_jobevent WHERE offer_id IS NOT NULL GROUP BY offer_id
) e ON e.offer_id = o.id
 WHERE e.made IS DISTINCT FROM 1 OR e.job_id <> o.job_id OR e.closed_number < e.made_number
    OR e.closed <> CASE WHEN o.status = 'pending' THEN 0 ELSE 1 END OR e.moves <> e.made + e.closed
 ORDER BY 1""",
)

ONE_EFFECT = Check(
    id="10-one-effect-per-key",
    title="An idempotency key was used once, and an imported request taken in once",
    rows="SELECT count(*) FROM jobs_idempotencyrecord",
    broken="""
SELECT scope || ' ' || operation || ' ' || key FROM jobs_idempotencyrecord
 GROUP BY scope, operation, key HAVING count(*) > 1
UNION ALL
SELECT source || ' ' || external_ref FROM jobs_job WHERE external_ref <> ''
 GROUP BY branch_id, source, external_ref HAVING count(*) > 1
 ORDER BY 1""",
)

ONE_MESSAGE = Check(
    id="11-one-message-per-recipient",
    title="Nobody was told the same event twice over one channel",
    rows="SELECT count(*) FROM jobs_message",
    broken="""
SELECT min(id)::text FROM jobs_message GROUP BY event_id, cause, recipient_kind, address, channel
HAVING count(*) > 1 ORDER BY 1""",
)

MESSAGE_OF_EVENT = Check(
    id="11-messages-have-their-event",
    title="A message belongs to an event of its job, or says what else it is about",
    rows="SELECT count(*) FROM jobs_message",
    broken="""
SELECT m.id::text FROM jobs_message m LEFT JOIN jobs_jobevent e ON e.id = m.event_id
 WHERE CASE WHEN m.cause = '' THEN e.id IS NULL OR e.job_id IS DISTINCT FROM m.job_id
            ELSE m.event_id IS NOT NULL OR m.job_id IS NOT NULL END
 ORDER BY m.id""",
)

ROUNDS_NUMBERED = Check(
    id="rounds-are-numbered",
    title="A job's rounds are numbered 1 to n, and the job knows n",
    rows="SELECT count(*) FROM jobs_round",
    broken="""
SELECT j.public_id::text FROM jobs_job j LEFT JOIN (
  SELECT job_id, count(*) AS rounds, max(number) AS last, min(number) AS first
    FROM jobs_round GROUP BY job_id
) r ON r.job_id = j.id
 WHERE coalesce(r.last, 0) <> j.round_number OR r.last <> r.rounds OR r.first <> 1 ORDER BY 1""",
)

DECISION_OF_ROUND = Check(
    id="rounds-match-their-decisions",
    title="A round's order is its decision's: each candidate at the rank that was decided",
    rows="SELECT count(*) FROM jobs_round WHERE decision_id IS NOT NULL",
    broken="""
SELECT j.public_id::text || ' round ' || r.number
  FROM jobs_round r JOIN jobs_job j ON j.id = r.job_id
  JOIN ranking_decision d ON d.id = r.decision_id
 WHERE d.job_ref <> j.public_id OR d.round_number <> r.number OR d.branch_id <> j.branch_id
    OR cardinality(r.contractor_ids) <> cardinality(r.ranks)
    OR cardinality(d.contractor_ids) <> cardinality(d.technician_ids)
    OR cardinality(d.contractor_ids) <> cardinality(d.scores)
    OR NOT d.contractor_ids <@ r.contractor_ids
    OR EXISTS (SELECT 1 FROM unnest(r.contractor_ids, r.ranks) AS u(contractor_id, rank)
                WHERE u.rank > 0 AND d.contractor_ids[u.rank] IS DISTINCT FROM u.contractor_id)
    OR EXISTS (SELECT 1 FROM unnest(d.scores[:cardinality(d.scores) - 1], d.scores[2:])
                             AS s(better, worse) WHERE s.better < s.worse)
 ORDER BY 1""",
)


def out_of_order(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Rounds in which somebody was asked who was not next in the frozen order.

    Each row: id, the order as far as it was worked through, the contractors asked in the order of
    asking, the ranks noted on those offers, the frozen ranks. Who was passed over is not asked,
    so those asked must be a subsequence of the order.
    """
    wrong = []
    for name, order, asked, noted, ranks in rows:
        place = 0
        for contractor, rank in zip(asked, noted, strict=True):
            while place < len(order) and (order[place], ranks[place]) != (contractor, rank):
                place += 1
            if place == len(order):
                wrong.append(str(name))
                break
            place += 1
    return wrong


FROZEN_ORDER = Check(
    id="cascade-in-the-frozen-order",
    title="Contractors were asked in the order that was frozen, nobody before his turn",
    rows=f"SELECT count(*) FROM jobs_offer o WHERE {_IN_TURN}",
    broken=f"""
SELECT j.public_id::text || ' round ' || r.number, r.contractor_ids[:r.next_index],
       array_agg(o.contractor_id ORDER BY o.id), array_agg(o.rank ORDER BY o.id),
       r.ranks[:r.next_index]
  FROM jobs_round r JOIN jobs_job j ON j.id = r.job_id
  JOIN jobs_offer o ON o.round_id = r.id AND {_IN_TURN}
 GROUP BY j.public_id, r.id ORDER BY 1""",
    judge=out_of_order,
)

UNTOUCHED_ORDER = Check(
    id="frozen-order-as-ranked",
    title="Only a dispatcher's “ask this one next” changes a round's order",
    rows="SELECT count(*) FROM jobs_round WHERE decision_id IS NOT NULL",
    broken="""
SELECT j.public_id::text || ' round ' || r.number
  FROM jobs_round r JOIN jobs_job j ON j.id = r.job_id
  JOIN ranking_decision d ON d.id = r.decision_id
 WHERE r.contractor_ids <> d.contractor_ids
   AND NOT EXISTS (SELECT 1 FROM jobs_jobevent e WHERE e.job_id = j.id AND e.kind = 'put_next')
 ORDER BY 1""",
)

NOBODY_SKIPPED = Check(
    id="nobody-passed-over-in-silence",
    title="Every candidate whose turn came was asked, or an event says why not",
    rows="SELECT count(*) FROM jobs_round WHERE next_index > 0",
    broken=f"""
SELECT j.public_id::text FROM jobs_job j
  LEFT JOIN (SELECT job_id, sum(next_index) AS turns FROM jobs_round GROUP BY job_id) r
    ON r.job_id = j.id
  LEFT JOIN (SELECT job_id, count(*) AS asked FROM jobs_offer o WHERE {_IN_TURN}
              GROUP BY job_id) o ON o.job_id = j.id
  LEFT JOIN (SELECT job_id, count(*) AS told FROM jobs_jobevent
              WHERE kind = 'candidate_passed_over' GROUP BY job_id) e ON e.job_id = j.id
 WHERE coalesce(r.turns, 0) <> coalesce(o.asked, 0) + coalesce(e.told, 0)
 ORDER BY 1""",
)

ONE_QUESTION = Check(
    id="one-open-question-of-a-kind",
    title="A job has at most one open question of a kind",
    rows="SELECT count(*) FROM jobs_escalation",
    broken="""
SELECT j.public_id::text || ' ' || e.kind FROM jobs_escalation e JOIN jobs_job j ON j.id = e.job_id
 WHERE e.closed_at IS NULL GROUP BY j.public_id, e.kind HAVING count(*) > 1 ORDER BY 1""",
)

CHECKS = [
    GAPLESS,
    JOB_TRANSITIONS,
    OFFER_TRANSITIONS,
    ONE_EFFECT,
    ONE_MESSAGE,
    MESSAGE_OF_EVENT,
    ROUNDS_NUMBERED,
    DECISION_OF_ROUND,
    FROZEN_ORDER,
    UNTOUCHED_ORDER,
    NOBODY_SKIPPED,
    ONE_QUESTION,
]
