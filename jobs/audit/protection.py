"""Checks on protection: standbys, open calls, visits that were taken for silence (1 and 12)."""

from __future__ import annotations

from jobs.audit.check import Check

_STANDBYS = "SELECT count(*) FROM jobs_standby"
_HOLDING = "SELECT count(*) FROM jobs_standby WHERE closed_at IS NULL"

STANDBY_HOLDS = Check(
    id="12-standbys-hold-their-time",
    title="Whoever stands by has the time in the calendar, exactly, and nobody whose standby ended",
    rows=_STANDBYS,
    broken="""
SELECT s.public_id::text FROM jobs_standby s
  LEFT JOIN network_calendarentry e ON e.source_ref = s.public_id
 GROUP BY s.id
HAVING CASE WHEN s.closed_at IS NULL
       THEN count(e.id) <> 1 OR NOT bool_and(e.kind = 'hold' AND e.technician_id = s.technician_id
            AND e.branch_id = s.branch_id AND lower(e.period) = s.starts_at
            AND upper(e.period) = s.ends_at)
       ELSE count(e.id) > 0 END
 ORDER BY 1""",
)

STANDBY_OF_VISIT = Check(
    id="standbys-have-their-live-visit",
    title="Somebody stands by only for a live visit of somebody else, and only one at a time",
    rows=_HOLDING,
    broken="""
SELECT s.public_id::text FROM jobs_standby s
  LEFT JOIN jobs_booking b ON b.id = s.booking_id
  LEFT JOIN jobs_job j ON j.id = s.job_id
 WHERE s.closed_at IS NULL
   AND (b.id IS NULL OR NOT b.live OR b.job_id <> s.job_id OR b.contractor_id = s.contractor_id
        OR j.status NOT IN ('booked', 'en_route') OR s.branch_id <> j.branch_id
        OR EXISTS (SELECT 1 FROM jobs_standby x WHERE x.job_id = s.job_id AND x.id <> s.id
                      AND x.closed_at IS NULL))
 ORDER BY 1""",
)

STANDBY_AGREED = Check(
    id="standbys-agreed-in-time",
    title="Whoever stood by had said yes in time; whoever stepped in has the visit as standby",
    rows=_STANDBYS,
    broken="""
SELECT s.public_id::text FROM jobs_standby s
 WHERE (s.status IN ('standing', 'stepped_in')
        AND (s.answered_at IS NULL OR s.answered_at >= s.expires_at))
    OR (s.status = 'expired' AND s.closed_at < s.expires_at)
    OR (s.status IN ('asked', 'standing')) <> (s.closed_at IS NULL)
    OR (s.status = 'stepped_in' AND NOT EXISTS (
          SELECT 1 FROM jobs_offer o JOIN jobs_booking b ON b.offer_id = o.id
           WHERE o.job_id = s.job_id AND o.contractor_id = s.contractor_id
             AND o.via = 'standby' AND b.booked_at >= s.closed_at))
 ORDER BY 1""",
)

ONE_CALL = Check(
    id="1-open-calls-are-of-one-round",
    title="Offers that stand beside each other are of one round, each to somebody else",
    rows="SELECT count(*) FROM jobs_offer WHERE status = 'pending'",
    broken="""
SELECT j.public_id::text FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id
 WHERE o.status = 'pending' GROUP BY j.public_id
HAVING count(DISTINCT o.round_id) > 1 OR count(DISTINCT o.contractor_id) < count(*)
    OR count(DISTINCT o.seat) < count(*)
 ORDER BY 1""",
)

TAKEN_BY_SOMEBODY = Check(
    id="second-comers-have-a-first",
    title="Whoever was told “already taken” came after somebody else of the same call",
    rows="SELECT count(*) FROM jobs_offer WHERE reason = 'taken'",
    broken="""
SELECT o.public_id::text FROM jobs_offer o
 WHERE o.status = 'withdrawn' AND o.reason = 'taken'
   AND (upper_inf(o.seat) OR NOT EXISTS (
     SELECT 1 FROM jobs_offer first WHERE first.round_id = o.round_id
        AND first.status = 'accepted' AND first.contractor_id <> o.contractor_id))
 ORDER BY 1""",
)

WARNED = Check(
    id="silence-is-warned-before-it-counts",
    title="No visit was taken for silence before its contractor had been asked where he is",
    rows="SELECT count(*) FROM jobs_booking WHERE reason IN ('no_show', 'not_confirmed')",
    broken="""
SELECT b.public_id::text FROM jobs_booking b
 WHERE b.end_kind = 'released' AND b.reason IN ('no_show', 'not_confirmed')
   AND (b.nudged_at IS NULL OR b.finished_at < b.nudged_at + interval '15 minutes'
        OR b.finished_at < b.eta + interval '30 minutes' OR b.arrived_at IS NOT NULL)
 ORDER BY 1""",
)

COME_BACK = Check(
    id="offers-for-nothing-have-their-comeback",
    title="Offers withdrawn because the first reported in: he had the visit again from then on",
    rows="SELECT count(*) FROM jobs_offer WHERE reason = 'first_is_back'",
    broken="""
SELECT o.public_id::text FROM jobs_offer o
 WHERE o.status = 'withdrawn' AND o.reason = 'first_is_back'
   AND NOT EXISTS (SELECT 1 FROM jobs_jobevent e
                    WHERE e.job_id = o.job_id AND e.kind = 'rescue_undone'
                      AND e.to_status = 'booked'
                      AND e.sequence > (SELECT max(w.sequence) FROM jobs_jobevent w
                                         WHERE w.offer_id = o.id AND w.to_status = 'withdrawn'))
 ORDER BY 1""",
)

CHECKS = [
    STANDBY_HOLDS,
    STANDBY_OF_VISIT,
    STANDBY_AGREED,
    ONE_CALL,
    TAKEN_BY_SOMEBODY,
    WARNED,
    COME_BACK,
]
