"""Checks on offers: who was asked, until when, and what they said (invariants 1, 4, 5, 8)."""

from __future__ import annotations

from jobs.audit.check import Check

_OFFERS = "SELECT count(*) FROM jobs_offer"
_PENDING = "SELECT count(*) FROM jobs_offer WHERE status = 'pending'"

EXCLUSIVE = Check(
    id="1-exclusive-offers",
    title="A pending exclusive offer is the only pending offer of its job",
    rows=_PENDING,
    broken="""
SELECT j.public_id::text FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id
 WHERE o.status = 'pending' GROUP BY j.public_id
HAVING count(*) > 1 AND bool_or(upper_inf(o.seat))
 ORDER BY 1""",
)

NEVER_TOGETHER = Check(
    id="1-exclusive-offers-in-turn",
    title="Exclusive offers of a job never stood at the same time",
    rows=_OFFERS,
    broken="""
SELECT public_id::text FROM (
  SELECT public_id, made_at, lag(coalesce(closed_at, 'infinity')) OVER turn AS before
    FROM jobs_offer WHERE upper_inf(seat) WINDOW turn AS (PARTITION BY job_id ORDER BY id)) o
 WHERE before > made_at ORDER BY 1""",
)

ONE_ACCEPTED = Check(
    id="1-one-accepted-offer-per-round",
    title="At most one offer of a round was accepted",
    rows="SELECT count(DISTINCT round_id) FROM jobs_offer",
    broken="""
SELECT j.public_id::text || ' round ' || r.number FROM jobs_offer o
  JOIN jobs_round r ON r.id = o.round_id JOIN jobs_job j ON j.id = r.job_id
 WHERE o.status = 'accepted' GROUP BY j.public_id, r.number HAVING count(*) > 1 ORDER BY 1""",
)

ANSWERED_IN_TIME = Check(
    id="4-answers-before-the-deadline",
    title="Every accepted or declined offer was answered after it was made and before it expired",
    rows="SELECT count(*) FROM jobs_offer WHERE status IN ('accepted', 'declined')",
    broken="""
SELECT o.public_id::text FROM jobs_offer o
 WHERE o.status IN ('accepted', 'declined')
   AND (o.answered_at IS NULL OR o.answered_at >= o.expires_at OR o.answered_at < o.made_at
        OR EXISTS (SELECT 1 FROM jobs_jobevent e
                    WHERE e.offer_id = o.id AND e.to_status = o.status AND e.at >= o.expires_at)
        OR EXISTS (SELECT 1 FROM jobs_booking b
                    WHERE b.offer_id = o.id AND b.booked_at >= o.expires_at))
 ORDER BY 1""",
)

NOT_EXPIRED_EARLY = Check(
    id="4-no-early-expiry",
    title="No offer expired before its time",
    rows="SELECT count(*) FROM jobs_offer WHERE status = 'expired'",
    broken="""
SELECT o.public_id::text FROM jobs_offer o
 WHERE o.status = 'expired'
   AND (o.closed_at IS NULL OR o.closed_at < o.expires_at OR o.answered_at IS NOT NULL
        OR EXISTS (SELECT 1 FROM jobs_jobevent e
                    WHERE e.offer_id = o.id AND e.to_status = 'expired' AND e.at < o.expires_at))
 ORDER BY 1""",
)

EXPIRED_IN_TIME = Check(
    id="4-expired-offers-are-closed",
    title="No offer is pending long after its time ran out",
    rows=_PENDING,
    broken="""
SELECT public_id::text FROM jobs_offer
 WHERE status = 'pending' AND expires_at < %(settled)s ORDER BY 1""",
    settles=True,
    young="""
SELECT count(*) FROM jobs_offer WHERE status = 'pending'
   AND expires_at >= %(settled)s AND expires_at < (SELECT app_now())""",
)

ANSWERED_ARE_FINAL = Check(
    id="5-answered-offers-are-final",
    title="An offer was closed once, and stands as it was closed",
    rows=_OFFERS,
    broken="""
SELECT o.public_id::text FROM jobs_offer o LEFT JOIN (
  SELECT offer_id, count(*) AS times, min(to_status) AS became FROM jobs_jobevent
   WHERE offer_id IS NOT NULL AND to_status NOT IN ('', 'pending') GROUP BY offer_id
) closed ON closed.offer_id = o.id
 WHERE CASE WHEN o.status = 'pending'
       THEN o.closed_at IS NOT NULL OR o.answered_at IS NOT NULL OR closed.times IS NOT NULL
       ELSE o.closed_at IS NULL OR closed.times IS DISTINCT FROM 1
            OR closed.became IS DISTINCT FROM o.status END
 ORDER BY 1""",
)

# Whether the contractor may have this work, told from the tables and not from the trigger.
FIT = Check(
    id="8-pending-offers-fit",
    title="Whoever is being asked is active, cleared through the visit, and has skills and papers",
    rows=_PENDING,
    broken="""
SELECT o.public_id::text
  FROM jobs_offer o
  JOIN jobs_job j ON j.id = o.job_id
  JOIN network_contractor c ON c.id = o.contractor_id
  JOIN network_technician t ON t.id = o.technician_id
  JOIN network_branch b ON b.id = c.branch_id
  -- A visit that ends at midnight ends on the day before.
  CROSS JOIN LATERAL (
    SELECT ((o.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date AS day
  ) last
 WHERE o.status = 'pending' AND NOT coalesce(
       c.status = 'active' AND t.active AND t.contractor_id = c.id AND c.branch_id = j.branch_id
   AND c.cleared_until >= last.day
   AND NOT EXISTS (
     SELECT r.id FROM network_requirement r
       LEFT JOIN network_servicetypeskill k
         ON k.skill_id = r.skill_id AND k.service_type_id = j.service_type_id
      WHERE r.active AND r.required_from <= last.day
        AND (r.service_type_id = j.service_type_id OR k.id IS NOT NULL)
     EXCEPT
     SELECT d.requirement_id FROM network_document d
      WHERE d.contractor_id = c.id AND d.state = 'approved'
        AND coalesce(d.expires_on >= last.day, true))
   AND NOT EXISTS (
     SELECT need.skill_id FROM network_servicetypeskill need
      WHERE need.service_type_id = j.service_type_id
     EXCEPT
     SELECT has.skill_id FROM network_technicianskill has
       JOIN network_servicetypeskill need
         ON need.skill_id = has.skill_id AND need.service_type_id = j.service_type_id
      WHERE has.technician_id = t.id AND has.level >= greatest(1, need.min_level - j.skill_relief)
        AND coalesce(has.expires_on >= last.day, true)), false)
 ORDER BY 1""",
    settles=True,
)

TERMS = Check(
    id="offers-belong-together",
    title="Offer, round, job, contractor and technician belong together, in one branch",
    rows=_OFFERS,
    broken="""
SELECT o.public_id::text FROM jobs_offer o
  JOIN jobs_job j ON j.id = o.job_id
  JOIN jobs_round r ON r.id = o.round_id
  JOIN network_contractor c ON c.id = o.contractor_id
 WHERE r.job_id <> o.job_id OR o.branch_id <> j.branch_id OR c.branch_id <> j.branch_id
    OR r.number > j.round_number OR o.made_at >= o.expires_at OR o.starts_at >= o.ends_at
    OR o.made_at < r.started_at
 ORDER BY 1""",
)

LEARNED = Check(
    id="offers-feed-the-scorecards",
    title="Every answer and every silence is an outcome, once; nobody's fault is none",
    rows=_OFFERS,
    broken="""
SELECT o.public_id::text FROM jobs_offer o LEFT JOIN (
  SELECT source_ref, count(*) AS times, min(kind) AS kind, min(contractor_id) AS contractor_id,
         min(due_to) AS due_to
    FROM ranking_outcome WHERE kind IN ('accepted', 'declined', 'expired') GROUP BY source_ref
) known ON known.source_ref = o.public_id
 WHERE CASE WHEN o.status = 'withdrawn' AND o.reason = 'undeliverable'
       THEN known.times IS DISTINCT FROM 1 OR known.kind <> 'expired' OR known.due_to <> 'system'
       WHEN o.status IN ('pending', 'withdrawn') OR o.via IN ('assigned', 'standby')
       THEN known.times IS NOT NULL
       ELSE known.times IS DISTINCT FROM 1 OR known.kind IS DISTINCT FROM o.status
            OR known.contractor_id IS DISTINCT FROM o.contractor_id END
 ORDER BY 1""",
)

CHECKS = [
    EXCLUSIVE,
    NEVER_TOGETHER,
    ONE_ACCEPTED,
    ANSWERED_IN_TIME,
    NOT_EXPIRED_EARLY,
    EXPIRED_IN_TIME,
    ANSWERED_ARE_FINAL,
    FIT,
    TERMS,
    LEARNED,
]
