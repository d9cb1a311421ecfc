"""Reads what capacity is worked out from: six queries, whatever the size of the branch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from jobs.console.coverage.period import AHEAD_DAYS, Period
from network.models import Branch

_CONTRACTORS = """
SELECT c.id, c.status = 'active', c.cleared_until, c.paused_until, c.notice_minutes,
       c.most_jobs_a_day, c.works_on_holidays, t.latitude, t.longitude,
       CASE WHEN t.left_out = '{}' THEN t.radius_km END,
       CASE WHEN t.kind <> 'radius' OR t.left_out <> '{}' THEN (
         SELECT string_agg(int8send(cell), ''::bytea)
           FROM network_territorycell WHERE territory_id = t.id) END
  FROM network_contractor c JOIN network_territory t ON t.contractor_id = c.id
 WHERE c.branch_id = %(branch)s AND c.status IN ('active', 'paused')
 ORDER BY c.id
"""

# Most technicians share a few weekly patterns, so hours come as one text each.
_TECHNICIANS = """
SELECT t.id, t.contractor_id, coalesce(h.pattern, '')
  FROM network_technician t
  JOIN network_contractor c ON c.id = t.contractor_id AND c.status IN ('active', 'paused')
  LEFT JOIN (
    SELECT w.technician_id, string_agg(
             w.weekday || ' ' || (extract(epoch FROM w.starts) / 60)::int
                       || ' ' || (extract(epoch FROM w.ends) / 60)::int,
             ',' ORDER BY w.weekday, w.starts) AS pattern
      FROM network_workinghours w
      JOIN network_technician x ON x.id = w.technician_id AND x.branch_id = %(branch)s
     GROUP BY w.technician_id) h ON h.technician_id = t.id
 WHERE t.branch_id = %(branch)s AND t.active
 ORDER BY t.id
"""

# Who has every skill that a kind of work needs, and through which of the days ahead (today is 0).
_ABLE = """
SELECT h.technician_id, n.service_type_id,
       greatest(-1, min(CASE WHEN h.expires_on IS NULL THEN %(days)s
                             ELSE least(h.expires_on - %(today)s::date, %(days)s) END))
  FROM network_servicetypeskill n
  JOIN network_servicetype s ON s.id = n.service_type_id AND s.branch_id = %(branch)s
  JOIN network_technicianskill h ON h.skill_id = n.skill_id AND h.level >= n.min_level
 GROUP BY 1, 2
HAVING count(*) = (SELECT count(*) FROM network_servicetypeskill a
                    WHERE a.service_type_id = n.service_type_id)
"""

# Through which day papers beside the branch-wide ones hold, where any are asked for. The same rule
# for one pair is network_service_cleared_through(). A kind of work that a firm leaves out is as one
# whose papers have ended.
_PAPERS = """
SELECT contractor_id, service_type_id, min(day) FROM (
SELECT c.id AS contractor_id, n.service_type_id,
       greatest(-1, least(%(days)s, min(greatest(n.required_from - 1, coalesce(
         (SELECT max(coalesce(d.expires_on, '9999-12-31'::date)) FROM network_document d
           WHERE d.requirement_id = n.id AND d.contractor_id = c.id AND d.state = 'approved'),
         '0001-01-01'::date))) - %(today)s::date)) AS day
  FROM (SELECT r.id, r.required_from, r.service_type_id FROM network_requirement r
         WHERE r.branch_id = %(branch)s AND r.active AND r.service_type_id IS NOT NULL
         UNION
        SELECT r.id, r.required_from, k.service_type_id FROM network_requirement r
          JOIN network_servicetypeskill k ON k.skill_id = r.skill_id
         WHERE r.branch_id = %(branch)s AND r.active) n
 CROSS JOIN network_contractor c
 WHERE c.branch_id = %(branch)s AND c.status IN ('active', 'paused')
 GROUP BY 1, 2
 UNION ALL
SELECT o.contractor_id, o.service_type_id, -1 FROM network_serviceleftout o
  JOIN network_servicetype s ON s.id = o.service_type_id AND s.branch_id = %(branch)s
) AS held GROUP BY 1, 2
"""

_ENTRIES = """
SELECT e.technician_id, floor(extract(epoch FROM lower(e.period)) / 60)::bigint,
       ceil(extract(epoch FROM upper(e.period)) / 60)::bigint, e.latitude IS NOT NULL
  FROM network_calendarentry e
  JOIN network_technician t ON t.id = e.technician_id AND t.branch_id = %(branch)s
 WHERE upper(e.period) > %(first)s AND lower(e.period) < %(last)s
"""

_KINDS = """
SELECT s.id, s.trade, s.name, s.usual_duration_minutes, count(k.id)
  FROM network_servicetype s
  LEFT JOIN network_servicetypeskill k ON k.service_type_id = s.id
 WHERE s.branch_id = %(branch)s GROUP BY s.id
"""


@dataclass(frozen=True, slots=True)
class ContractorRow:
    """An active or paused contractor with a territory.

    ``radius_km`` where the territory is a whole circle, else ``packed_cells``.
    """

    id: int
    is_active: bool
    cleared_until: date | None
    paused_until: datetime | None
    notice_minutes: int
    most_jobs_a_day: int | None
    works_on_holidays: bool
    latitude: float
    longitude: float
    radius_km: float | None
    packed_cells: bytes | None


@dataclass(frozen=True, slots=True)
class KindRow:
    """A service type: its trade, and how many skills it needs."""

    id: int
    trade: str
    name: str
    minutes: int
    skills: int


@dataclass(frozen=True, slots=True)
class CapacityRows:
    """Everything read for one branch; times are minutes since the epoch.

    ``able`` and ``papers``: technician or contractor, service type, and the number of the last day
    ahead on which skills or papers hold (-1: not even today, or left out by the firm).
    """

    contractors: list[ContractorRow]
    technicians: list[tuple[int, int, str]]
    able: list[tuple[int, int, int]]
    papers: list[tuple[int, int, int]]
    entries: list[tuple[int, int, int, bool]]


def load_kinds(branch: Branch) -> list[KindRow]:
    """The branch's service types, offered or not: past jobs may be of either. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"branch": branch.pk})
        return [KindRow(*row) for row in cursor.fetchall()]


def load_rows(branch: Branch, period: Period) -> CapacityRows:
    """Five queries."""
    first, last = period.ahead
    given: dict[str, Any] = {
        "branch": branch.pk,
        "first": first,
        "last": last,
        "today": period.today,
        "days": AHEAD_DAYS,
    }

    def rows(sql: str) -> list[Any]:
        cursor.execute(sql, given)
        return cursor.fetchall()

    with connection.cursor() as cursor:
        return CapacityRows(
            contractors=[ContractorRow(*row) for row in rows(_CONTRACTORS)],
            technicians=rows(_TECHNICIANS),
            able=rows(_ABLE),
            papers=rows(_PAPERS),
            entries=rows(_ENTRIES),
        )
