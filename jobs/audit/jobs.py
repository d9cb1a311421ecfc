"""Checks on jobs, bookings and the calendar (invariants 2, 3, 5, 6, 7 and 12)."""

from __future__ import annotations

from jobs.audit.check import Check

_JOBS = "SELECT count(*) FROM jobs_job"
_LIVE = "('booked', 'en_route', 'on_site')"
_FINAL = "('completed', 'cancelled')"

BOOKED_HAS_BOOKING = Check(
    id="2-booked-job-has-one-live-booking",
    title="A booked job has exactly one live booking, any other job none",
    rows=_JOBS,
    broken=f"""
SELECT j.public_id::text FROM jobs_job j LEFT JOIN (
  SELECT job_id, count(*) AS live FROM jobs_booking WHERE live GROUP BY job_id
) b ON b.job_id = j.id
 WHERE coalesce(b.live, 0) <> CASE WHEN j.status IN {_LIVE} THEN 1 ELSE 0 END
 ORDER BY 1""",
)

BOOKING_OF_OFFER = Check(
    id="2-booking-of-an-accepted-offer",
    title="An accepted offer has its booking, and a booking its accepted offer, of the same visit",
    rows="SELECT count(*) FROM jobs_booking",
    broken="""
SELECT coalesce(b.public_id, o.public_id)::text
  FROM (SELECT * FROM jobs_offer WHERE status = 'accepted') o
  FULL JOIN jobs_booking b ON b.offer_id = o.id
 WHERE o.id IS NULL OR b.id IS NULL OR b.job_id <> o.job_id OR b.branch_id <> o.branch_id
    OR b.contractor_id <> o.contractor_id OR b.starts_at >= b.ends_at
 ORDER BY 1""",
)

COMPLETED_BY_VISIT = Check(
    id="2-completed-job-has-its-visit",
    title="A completed job was completed by exactly one visit, with the same result",
    rows="SELECT count(*) FROM jobs_job WHERE status = 'completed'",
    broken="""
SELECT j.public_id::text FROM jobs_job j LEFT JOIN (
  SELECT job_id, count(*) AS visits, min(result) AS result FROM jobs_booking
   WHERE end_kind = 'completed' GROUP BY job_id
) b ON b.job_id = j.id
 WHERE CASE WHEN j.status = 'completed'
       THEN b.visits IS DISTINCT FROM 1 OR b.result IS DISTINCT FROM j.result OR j.result = ''
       ELSE b.visits IS NOT NULL END
 ORDER BY 1""",
)

BOOKING_ENDED = Check(
    id="2-booking-ended-or-live",
    title="A booking is live or has ended, with when and how",
    rows="SELECT count(*) FROM jobs_booking",
    broken="""
SELECT public_id::text FROM jobs_booking
 WHERE live <> (end_kind = '') OR live <> (finished_at IS NULL) ORDER BY 1""",
)

NO_OVERLAP = Check(
    id="3-calendar-never-overlaps",
    title="A technician's calendar entries never overlap",
    rows="SELECT count(*) FROM network_calendarentry",
    broken="""
SELECT id::text FROM (
  SELECT id, lower(period) AS begins, max(upper(period)) OVER (
           PARTITION BY technician_id ORDER BY lower(period), id
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until
    FROM network_calendarentry WHERE NOT isempty(period)) e
 WHERE taken_until > begins ORDER BY id""",
)

FINAL_UNCHANGED = Check(
    id="5-final-jobs-unchanged",
    title="A completed or cancelled job is as its last step left it; nothing was done for it since",
    rows=f"SELECT count(*) FROM jobs_job WHERE status IN {_FINAL}",
    broken=f"""
SELECT j.public_id::text FROM jobs_job j LEFT JOIN LATERAL (
  SELECT e.at, e.sequence, e.to_status FROM jobs_jobevent e
   WHERE e.job_id = j.id AND e.offer_id IS NULL AND e.to_status IN {_FINAL}
   ORDER BY e.sequence LIMIT 1
) closing ON true
 WHERE CASE WHEN j.status IN {_FINAL}
       THEN closing.to_status IS DISTINCT FROM j.status OR j.closed_at IS DISTINCT FROM closing.at
            OR (j.status = 'cancelled') <> (j.cancelled_by <> '' AND j.cancel_reason <> '')
            OR EXISTS (SELECT 1 FROM jobs_jobevent e WHERE e.job_id = j.id
                          AND e.sequence > closing.sequence AND e.to_status <> '')
            OR EXISTS (SELECT 1 FROM jobs_offer o WHERE o.job_id = j.id
                          AND greatest(o.made_at, o.answered_at) > closing.at)
            OR EXISTS (SELECT 1 FROM jobs_booking b WHERE b.job_id = j.id
                          AND greatest(b.booked_at, b.finished_at) > closing.at)
            OR EXISTS (SELECT 1 FROM jobs_round r WHERE r.job_id = j.id
                          AND r.started_at > closing.at)
       ELSE closing.to_status IS NOT NULL OR j.closed_at IS NOT NULL END
 ORDER BY 1""",
)

CLOSED_IS_EMPTY = Check(
    id="6-closed-job-asks-nobody",
    title="A cancelled or completed job has no pending offer and no live booking",
    rows=f"SELECT count(*) FROM jobs_job WHERE status IN {_FINAL}",
    broken=f"""
SELECT j.public_id::text FROM jobs_job j
 WHERE j.status IN {_FINAL}
   AND (EXISTS (SELECT 1 FROM jobs_offer o WHERE o.job_id = j.id AND o.status = 'pending')
        OR EXISTS (SELECT 1 FROM jobs_booking b WHERE b.job_id = j.id AND b.live))
 ORDER BY 1""",
)

ASKED_WHILE_OFFERING = Check(
    id="6-pending-offer-of-an-offering-job",
    title="Somebody is asked only for a job that is offering",
    rows="SELECT count(*) FROM jobs_offer WHERE status = 'pending'",
    broken="""
SELECT o.public_id::text FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id
 WHERE o.status = 'pending' AND j.status <> 'offering' ORDER BY 1""",
)

HAS_NEXT_WAKE = Check(
    id="7-open-jobs-have-a-next-wake",
    title="Every open job has its next wake-up, a closed one none",
    rows=_JOBS,
    broken=f"""
SELECT public_id::text FROM jobs_job
 WHERE (status IN {_FINAL}) <> (next_wake_at IS NULL) ORDER BY 1""",
)

NOT_OVERDUE = Check(
    id="7-nothing-is-stuck",
    title="No open job is left waiting after its wake-up came",
    rows=f"SELECT count(*) FROM jobs_job WHERE status NOT IN {_FINAL}",
    broken=f"""
SELECT public_id::text FROM jobs_job
 WHERE status NOT IN {_FINAL} AND next_wake_at < %(settled)s ORDER BY 1""",
    settles=True,
    young=f"""
SELECT count(*) FROM jobs_job WHERE status NOT IN {_FINAL}
   AND next_wake_at >= %(settled)s AND next_wake_at < (SELECT app_now())""",
)

HOLD_OF_OFFER = Check(
    id="12-pending-offers-have-their-hold",
    title="Every pending offer holds its technician's time, for exactly its period",
    rows="SELECT count(*) FROM jobs_offer WHERE status = 'pending'",
    broken="""
SELECT o.public_id::text FROM jobs_offer o
  LEFT JOIN network_calendarentry e ON e.source_ref = o.public_id AND e.kind = 'hold'
 WHERE o.status = 'pending'
 GROUP BY o.id
HAVING count(e.id) <> 1 OR NOT bool_and(
       e.technician_id = o.technician_id AND e.branch_id = o.branch_id
       AND lower(e.period) = o.starts_at AND upper(e.period) = o.ends_at)
 ORDER BY 1""",
)

OFFER_OF_HOLD = Check(
    id="12-holds-have-their-pending-offer",
    title="Every hold in the calendar belongs to a pending offer or to somebody who stands by",
    rows="SELECT count(*) FROM network_calendarentry WHERE kind = 'hold'",
    broken="""
SELECT e.id::text FROM network_calendarentry e
 WHERE e.kind = 'hold' AND NOT EXISTS (
   SELECT 1 FROM jobs_offer o WHERE o.public_id = e.source_ref AND o.status = 'pending'
      AND o.technician_id = e.technician_id
      AND o.starts_at = lower(e.period) AND o.ends_at = upper(e.period))
   AND NOT EXISTS (
   SELECT 1 FROM jobs_standby s WHERE s.public_id = e.source_ref AND s.closed_at IS NULL)
 ORDER BY e.id""",
)

ENTRY_OF_BOOKING = Check(
    id="12-live-bookings-are-in-the-calendar",
    title="Every live booking is in its technician's calendar, for exactly its period",
    rows="SELECT count(*) FROM jobs_booking WHERE live",
    broken="""
SELECT b.public_id::text FROM jobs_booking b
  LEFT JOIN network_calendarentry e ON e.source_ref = b.public_id AND e.kind = 'booking'
 WHERE b.live
 GROUP BY b.id
HAVING count(e.id) <> 1 OR NOT bool_and(
       e.technician_id = b.technician_id AND e.branch_id = b.branch_id
       AND lower(e.period) = b.starts_at AND upper(e.period) = b.ends_at)
 ORDER BY 1""",
)

BOOKING_OF_ENTRY = Check(
    id="12-booking-entries-have-their-booking",
    title="Every booking in the calendar is a live booking",
    rows="SELECT count(*) FROM network_calendarentry WHERE kind = 'booking'",
    broken="""
SELECT e.id::text FROM network_calendarentry e
 WHERE e.kind = 'booking' AND NOT EXISTS (
   SELECT 1 FROM jobs_booking b WHERE b.public_id = e.source_ref AND b.live
      AND b.technician_id = e.technician_id
      AND b.starts_at = lower(e.period) AND b.ends_at = upper(e.period))
 ORDER BY e.id""",
)

# Told from the tables and not by the protection queries. Whoever is on site finishes the work.
NOBODY_GONE = Check(
    id="8-booked-visits-have-somebody",
    title="Whoever is booked is still there, cleared through the visit, and has skills and papers",
    rows="SELECT count(*) FROM jobs_booking WHERE live",
    broken="""
SELECT k.public_id::text
  FROM jobs_booking k
  JOIN jobs_job j ON j.id = k.job_id AND j.status IN ('booked', 'en_route')
  JOIN network_contractor c ON c.id = k.contractor_id
  JOIN network_technician t ON t.id = k.technician_id
  JOIN network_branch b ON b.id = c.branch_id
  CROSS JOIN LATERAL (
    SELECT ((k.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date AS day
  ) last
 WHERE k.live AND NOT coalesce(
       c.status IN ('active', 'paused') AND t.active AND t.contractor_id = c.id
   AND c.cleared_until >= last.day
   AND NOT EXISTS (
     SELECT r.id FROM network_requirement r
       LEFT JOIN network_servicetypeskill s
         ON s.skill_id = r.skill_id AND s.service_type_id = j.service_type_id
      WHERE r.active AND r.required_from <= last.day
        AND (r.service_type_id = j.service_type_id OR s.id IS NOT NULL)
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

CHECKS = [
    NOBODY_GONE,
    BOOKED_HAS_BOOKING,
    BOOKING_OF_OFFER,
    COMPLETED_BY_VISIT,
    BOOKING_ENDED,
    NO_OVERLAP,
    FINAL_UNCHANGED,
    CLOSED_IS_EMPTY,
    ASKED_WHILE_OFFERING,
    HAS_NEXT_WAKE,
    NOT_OVERDUE,
    HOLD_OF_OFFER,
    OFFER_OF_HOLD,
    ENTRY_OF_BOOKING,
    BOOKING_OF_ENTRY,
]
