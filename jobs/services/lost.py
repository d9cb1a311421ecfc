"""Finds, by query, offers and visits whose contractor or technician may no longer do them.

Asked every two seconds over everything that is live, so both are one statement over sets: papers
that a skill or a service type asks for are looked up only where a branch asks for any.
"""

from __future__ import annotations

from django.db import connection

# Papers beside those of the whole branch, by the kind of work that they stand in the way of.
# The same rule for one contractor and one kind of work is network_service_cleared_through().
_NEEDED = """
WITH needed AS MATERIALIZED (
  SELECT r.id, r.required_from, s.id AS service_type_id
    FROM network_requirement r JOIN network_servicetype s ON s.id = r.service_type_id
   WHERE r.active
   UNION
  SELECT r.id, r.required_from, k.service_type_id
    FROM network_requirement r JOIN network_servicetypeskill k ON k.skill_id = r.skill_id
   WHERE r.active
)
"""

_PAPER_MISSING = """
EXISTS (SELECT 1 FROM needed
         WHERE needed.service_type_id = j.service_type_id
           AND needed.required_from <= ends.on_day
           AND NOT EXISTS (
             SELECT 1 FROM network_document d
              WHERE d.requirement_id = needed.id AND d.contractor_id = c.id
                AND d.state = 'approved'
                AND (d.expires_on IS NULL OR d.expires_on >= ends.on_day)))
"""

_SKILL_MISSING = """
EXISTS (SELECT 1 FROM network_servicetypeskill need
         WHERE need.service_type_id = j.service_type_id AND NOT EXISTS (
           SELECT 1 FROM network_technicianskill has
            WHERE has.technician_id = t.id AND has.skill_id = need.skill_id
              AND has.level >= greatest(1, need.min_level - j.skill_relief)
              AND (has.expires_on IS NULL OR has.expires_on >= ends.on_day)))
"""

# A visit that ends at midnight ends on the day before.
_WHY = f"""
  JOIN network_contractor c ON c.id = x.contractor_id
  JOIN network_technician t ON t.id = x.technician_id
  JOIN network_branch b ON b.id = x.branch_id
  CROSS JOIN LATERAL (
    SELECT ((x.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date AS on_day
  ) ends
  CROSS JOIN LATERAL (SELECT CASE
    WHEN c.status <> ALL (%(active)s) THEN 'not_active'
    WHEN NOT t.active OR t.contractor_id <> x.contractor_id THEN 'technician_gone'
    WHEN c.cleared_until IS NULL OR ends.on_day > c.cleared_until THEN 'not_cleared'
    WHEN {_PAPER_MISSING} THEN 'not_cleared'
    WHEN {_SKILL_MISSING} THEN 'skill_missing' END AS reason) why
"""

# Pausing stops new offers only; a paused contractor keeps the visits he has accepted.
_LOST_OFFERS = f"""
{_NEEDED}
SELECT x.job_id, why.reason, x.id FROM jobs_offer x JOIN jobs_job j ON j.id = x.job_id {_WHY}
 WHERE x.status = 'pending' AND (%(job)s::bigint IS NULL OR x.pending_job_id = %(job)s)
   AND (%(contractor)s::bigint IS NULL OR x.contractor_id = %(contractor)s)
   AND why.reason IS NOT NULL
 ORDER BY x.job_id, x.id LIMIT %(limit)s
"""

_LOST_STANDBYS = f"""
{_NEEDED}
SELECT x.id, why.reason FROM jobs_standby x JOIN jobs_job j ON j.id = x.job_id {_WHY}
 WHERE x.closed_at IS NULL AND why.reason IS NOT NULL
   AND (%(standby)s::bigint IS NULL OR x.id = %(standby)s)
 ORDER BY x.id LIMIT %(limit)s
"""

# A technician who is on site finishes the work, whatever happens to the papers meanwhile.
_LOST_VISITS = f"""
{_NEEDED}
SELECT x.id, why.reason
  FROM jobs_booking x JOIN jobs_job j ON j.id = x.job_id AND j.status IN ('booked', 'en_route')
       {_WHY}
 WHERE x.live AND (%(booking)s::bigint IS NULL OR x.id = %(booking)s)
   AND (%(contractor)s::bigint IS NULL OR x.contractor_id = %(contractor)s)
   AND why.reason IS NOT NULL
 ORDER BY x.id LIMIT %(limit)s
"""


def find_lost_offers(
    *, limit: int = 500, job_id: int | None = None, contractor_id: int | None = None
) -> list[tuple[int, str, int]]:
    """(job id, why, offer id) of pending offers that may not stand any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LOST_OFFERS,
            {"limit": limit, "job": job_id, "contractor": contractor_id, "active": ["active"]},
        )
        return cursor.fetchall()


def find_lost_visits(
    *, limit: int = 500, booking_id: int | None = None, contractor_id: int | None = None
) -> list[tuple[int, str]]:
    """(booking id, why) of live bookings whose contractor or technician is lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LOST_VISITS,
            {
                "limit": limit,
                "booking": booking_id,
                "contractor": contractor_id,
                "active": ["active", "paused"],
            },
        )
        return cursor.fetchall()


def find_lost_standbys(
    *, limit: int = 500, standby_id: int | None = None, active_only: bool = False
) -> list[tuple[int, str]]:
    """(standby id, why) of those who hold a time and may not do the work any more.

    With ``active_only`` a paused contractor counts as lost too: he cannot accept just now.
    """
    active = ["active"] if active_only else ["active", "paused"]
    with connection.cursor() as cursor:
        cursor.execute(_LOST_STANDBYS, {"limit": limit, "standby": standby_id, "active": active})
        return cursor.fetchall()
