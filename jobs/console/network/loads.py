"""How full contractors' next seven days are: visits and holds against open working time.

The days are the branch's own, today and the six after it, whole. Working time that is taken off
does not count as open. One query for any number of contractors.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from network.models import Branch

#: From these shares on, a week is called half taken, and full.
HALF, FULL = 0.5, 0.9

_LOADS = """
WITH days AS (
    SELECT day::date AS day, extract(isodow FROM day)::int - 1 AS weekday
    FROM generate_series((%(at)s::timestamptz AT TIME ZONE %(zone)s)::date,
                         (%(at)s::timestamptz AT TIME ZONE %(zone)s)::date + 6,
                         interval '1 day') AS day
), span AS (
    SELECT tstzrange(min(day)::timestamp AT TIME ZONE %(zone)s,
                     (max(day) + 1)::timestamp AT TIME ZONE %(zone)s) AS period
    FROM days
), people AS MATERIALIZED (
    SELECT id, contractor_id FROM network_technician
    WHERE branch_id = %(branch)s AND active
        AND (%(ids)s::bigint[] IS NULL OR contractor_id = ANY(%(ids)s))
), entries AS MATERIALIZED (
    SELECT people.contractor_id, entry.technician_id, entry.kind,
           entry.period * (SELECT period FROM span) AS period
    FROM network_calendarentry AS entry JOIN people ON people.id = entry.technician_id
    WHERE upper(entry.period) > (SELECT lower(period) FROM span)
        AND lower(entry.period) < (SELECT upper(period) FROM span)
), hours AS (
    SELECT people.contractor_id, people.id AS technician_id,
           tstzrange((days.day + stretch.starts) AT TIME ZONE %(zone)s,
                     (days.day + stretch.ends
                      + CASE WHEN stretch.ends <= stretch.starts THEN interval '1 day'
                             ELSE interval '0' END) AT TIME ZONE %(zone)s) AS period
    FROM people
    JOIN network_workinghours AS stretch ON stretch.technician_id = people.id
    JOIN days ON days.weekday = stretch.weekday
), open_time AS (
    SELECT contractor_id, sum(upper(period) - lower(period)) AS length FROM hours GROUP BY 1
), time_off AS (
    SELECT hours.contractor_id,
           sum(upper(hours.period * off.period) - lower(hours.period * off.period)) AS length
    FROM entries AS off JOIN hours
        ON hours.technician_id = off.technician_id AND hours.period && off.period
    WHERE off.kind = 'time_off'
    GROUP BY 1
), taken AS (
    SELECT contractor_id, sum(upper(period) - lower(period)) AS length
    FROM entries WHERE kind IN ('hold', 'booking') AND NOT isempty(period) GROUP BY 1
)
SELECT contractor.contractor_id,
       extract(epoch FROM coalesce(taken.length, interval '0'))::float / 60,
       extract(epoch FROM coalesce(open_time.length, interval '0')
               - coalesce(time_off.length, interval '0'))::float / 60
FROM (SELECT DISTINCT contractor_id FROM people) AS contractor
LEFT JOIN open_time USING (contractor_id)
LEFT JOIN time_off USING (contractor_id)
LEFT JOIN taken USING (contractor_id)
"""


@dataclass(frozen=True, slots=True)
class Load:
    """Minutes of the next seven days: ``taken`` by visits and holds, of ``open`` working time."""

    taken: float = 0.0
    open: float = 0.0

    @property
    def share(self) -> float:
        """Taken of open, 0 to 1 and beyond where visits lie outside working hours."""
        if self.open > 0:
            return self.taken / self.open
        return 1.0 if self.taken else 0.0

    @property
    def kind(self) -> str:
        """``none`` (no open time), ``free``, ``half`` or ``full``."""
        if self.open <= 0 and not self.taken:
            return "none"
        return "full" if self.share >= FULL else "half" if self.share >= HALF else "free"

    @property
    def words(self) -> str:
        """``31 of 34 h``."""
        if self.kind == "none":
            return "no hours"
        return f"{self.taken / 60:.0f} of {self.open / 60:.0f} h"


NOTHING = Load()


def read_loads(
    branch: Branch, *, at: datetime, contractor_ids: Collection[int] | None = None
) -> dict[int, Load]:
    """The load of these contractors (default: all of the branch) who have somebody active."""
    parameters: dict[str, Any] = {
        "at": at,
        "zone": branch.time_zone,
        "branch": branch.pk,
        "ids": None if contractor_ids is None else list(contractor_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, parameters)
        return {row[0]: Load(row[1], row[2]) for row in cursor.fetchall()}
