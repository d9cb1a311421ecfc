"""What is asked for: past jobs by kind of work, cell, weekday and half-day, open ones by date."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection

from jobs.console.coverage.period import AHEAD_DAYS, HALF_LIFE_DAYS, Period
from jobs.past_demand import UNASKED
from jobs.states import FINAL, LIVE
from network.area_names import area_of_cell
from network.models import Branch

# Jobs that nobody really asked for are no demand. Age counts from the day before today: 1, 2 …
_PAST = """
SELECT service_type_id, cell, weekday, half, count(*), sum(minutes), sum(weight) FROM (
  SELECT service_type_id, cell, duration_minutes AS minutes,
         extract(isodow FROM local)::int - 1 AS weekday,
         (extract(hour FROM local) >= 12)::int AS half,
         0.5 ^ ((%(today)s::date - local::date) / %(half_life)s::float8) AS weight
    FROM (SELECT service_type_id, cell, duration_minutes,
                 window_start AT TIME ZONE %(zone)s AS local
            FROM jobs_job
           WHERE branch_id = %(branch)s AND window_start >= %(first)s AND window_start < %(last)s
             AND cancel_reason <> ALL (%(unasked)s)
           UNION ALL
          SELECT service_type_id, cell, duration_minutes,
                 window_start AT TIME ZONE %(zone)s AS local
            FROM jobs_pastrequest
           WHERE branch_id = %(branch)s AND window_start >= %(first)s AND window_start < %(last)s
         ) AS j
) AS h GROUP BY 1, 2, 3, 4
"""

_AHEAD = """
SELECT service_type_id, cell, local::date - %(today)s::date, (extract(hour FROM local) >= 12)::int,
       status = ANY (%(live)s), count(*)
  FROM (SELECT service_type_id, cell, status, window_start AT TIME ZONE %(zone)s AS local
          FROM jobs_job
         WHERE branch_id = %(branch)s AND status <> ALL (%(final)s)
           AND window_start >= %(first)s AND window_start < %(last)s) AS j
 GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(slots=True)
class TradeDemand:
    """One trade's demand. Arrays are by area (in the order of ``areas``), then time.

    ``expected``: jobs expected on one such weekday and half-day (7 × 2); ``seen``: how many jobs
    of the past days that rests on. ``booked`` and ``waiting``: promised jobs of the half-days
    ahead (28) with and without a contractor. ``cells``: cell → (area's number, share of its
    area's demand). ``kinds``: service type → share of the trade's demand.
    """

    trade: str
    areas: list[str]
    expected: np.ndarray
    seen: np.ndarray
    booked: np.ndarray
    waiting: np.ndarray
    cells: dict[int, tuple[int, float]]
    kinds: dict[int, float]
    minutes: float

    def expected_ahead(self, period: Period) -> np.ndarray:
        """``expected`` laid out over the half-days ahead (areas × 28); of today what is left."""
        weekdays = [day.weekday() for day in period.days]
        expected = self.expected[:, weekdays, :].reshape(len(self.areas), AHEAD_DAYS * 2)
        return expected * period.still_to_come()

    def needed(self, period: Period) -> np.ndarray:
        """Jobs still to be placed in each half-day ahead.

        What is booked has its technician already; of what was expected the rest is still to come,
        and what waits already is there for certain.
        """
        return np.maximum(self.expected_ahead(period) - self.booked, self.waiting)


@dataclass(slots=True)
class _Rows:
    past: list[tuple[int, int, int, int, int, float]] = field(default_factory=list)
    ahead: list[tuple[int, int, int, bool, int]] = field(default_factory=list)
    minutes: float = 0.0
    count: int = 0


def load_demand(branch: Branch, period: Period, trades: dict[int, str]) -> dict[str, TradeDemand]:
    """Demand by trade; ``trades`` is service type → trade. Two queries."""
    rows: dict[str, _Rows] = defaultdict(_Rows)
    first, last = period.past
    given: dict[str, Any] = {
        "branch": branch.pk,
        "zone": str(period.zone),
        "today": period.today,
        "half_life": HALF_LIFE_DAYS,
        "unasked": [str(reason) for reason in UNASKED],
        "live": sorted(LIVE),
        "final": sorted(FINAL),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAST, {**given, "first": first, "last": last})
        for kind, cell, weekday, half, count, minutes, weight in cursor.fetchall():
            found = rows[trades[kind]]
            found.past.append((kind, cell, weekday, half, count, weight))
            found.minutes += minutes
            found.count += count
        first, last = period.ahead
        cursor.execute(_AHEAD, {**given, "first": first, "last": last})
        for kind, cell, day, half, is_booked, count in cursor.fetchall():
            rows[trades[kind]].ahead.append((kind, cell, day * 2 + half, is_booked, count))
    weights = period.weekday_weights()
    return {trade: _laid_out(trade, found, weights) for trade, found in rows.items()}


def _laid_out(trade: str, rows: _Rows, weights: np.ndarray) -> TradeDemand:
    names = {area_of_cell(row[1]) for row in (*rows.past, *rows.ahead)}
    areas = sorted(names)
    number = {name: index for index, name in enumerate(areas)}
    expected = np.zeros((len(areas), 7, 2))
    seen = np.zeros((len(areas), 7, 2), dtype=int)
    booked = np.zeros((len(areas), AHEAD_DAYS * 2))
    waiting = np.zeros_like(booked)
    by_cell: dict[int, float] = defaultdict(float)
    kinds: dict[int, float] = defaultdict(float)
    for kind, cell, weekday, half, count, weight in rows.past:
        area = number[area_of_cell(cell)]
        expected[area, weekday, half] += weight
        seen[area, weekday, half] += count
        by_cell[cell] += weight
        kinds[kind] += weight
    for kind, cell, half_day, is_booked, count in rows.ahead:
        (booked if is_booked else waiting)[number[area_of_cell(cell)], half_day] += count
        # Where nothing is known of the past, the open jobs say where an area's work lies.
        by_cell[cell] += 0.01 * count
        kinds[kind] += 0.01 * count
    expected /= weights[None, :, None]
    totals: dict[int, float] = defaultdict(float)
    for cell, weight in by_cell.items():
        totals[number[area_of_cell(cell)]] += weight
    cells = {
        cell: (area, weight / totals[area])
        for cell, weight in by_cell.items()
        for area in (number[area_of_cell(cell)],)
    }
    whole = sum(kinds.values())
    return TradeDemand(
        trade=trade,
        areas=areas,
        expected=expected,
        seen=seen,
        booked=booked,
        waiting=waiting,
        cells=cells,
        kinds={kind: weight / whole for kind, weight in kinds.items()},
        minutes=rows.minutes / rows.count if rows.count else 0.0,
    )
