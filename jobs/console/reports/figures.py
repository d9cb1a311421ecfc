"""From rows to figures: one statement a measure, whatever the number of jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from typing import Any

from django.db import connection

from jobs.console.reports.measures import TOUCHED, Better, Kind, Measure
from jobs.console.reports.period import Period
from network.models import Branch
from ranking.replay.figures import t95

#: Below so many observations a figure says that it is too few to tell (as scorecards do).
FEW = 5
#: Jobs are closed some time before their window at the most; longer ago counts for no promise.
_EARLIER = timedelta(days=14)

_FIGURES = """
, x AS (SELECT r.*, r.at >= %(start)s AS now,
               date_trunc(%(unit)s, r.at AT TIME ZONE %(zone)s)::date AS bucket
          FROM r WHERE r.at >= %(before)s AND r.at < %(end)s)
SELECT now, bucket, trade, GROUPING(bucket), GROUPING(trade), count(*),
       count(*) FILTER (WHERE good), avg(value),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY value), stddev_samp(value)
  FROM x GROUP BY GROUPING SETS ((now), (now, bucket), (now, trade))
"""
_CAUSES = """
SELECT note, count(*) FILTER (WHERE at >= %(start)s), count(*) FILTER (WHERE at < %(start)s)
  FROM r WHERE good AND note <> '' AND at >= %(before)s AND at < %(end)s
 GROUP BY note ORDER BY 2 DESC, 3 DESC, note
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with how many observations it rests on; None without any.

    ``margin`` is half of the 95 % interval, in the figure's unit: Wilson's for a share, Student's
    for a mean, None where there is none (medians, fewer than two).
    """

    value: float | None
    n: int
    good: int = 0
    margin: float | None = None

    @property
    def few(self) -> bool:
        return 0 < self.n < FEW

    @property
    def not_good(self) -> int:
        return self.n - self.good


EMPTY = Figure(None, 0)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the trend."""

    bucket: date
    part: Period
    figure: Figure


@dataclass(frozen=True, slots=True)
class Result:
    """A measure over a period, the days before it, by column and by trade."""

    measure: Measure
    now: Figure
    before: Figure
    columns: list[Column] = field(default_factory=list)
    trades: list[tuple[str, Figure, Figure]] = field(default_factory=list)

    @property
    def change(self) -> float | None:
        """Now less before, in the figure's unit; None where either is missing."""
        if self.now.value is None or self.before.value is None:
            return None
        return self.now.value - self.before.value

    @property
    def matters(self) -> bool:
        """Whether the change is more than chance would explain (both margins added in squares).

        Never where either rests on too few observations, however equal they are.
        """
        if self.change is None or self.now.margin is None or self.before.margin is None:
            return False
        if min(self.now.n, self.before.n) < FEW:
            return False
        return abs(self.change) > sqrt(self.now.margin**2 + self.before.margin**2)

    @property
    def tone(self) -> str:
        """``is-good`` or ``is-bad`` where a change matters, else ``is-quiet``."""
        better = self.measure.better
        if not self.matters or self.change is None or better is Better.NEITHER:
            return "is-quiet"
        return "is-good" if (self.change > 0) == (better is Better.HIGHER) else "is-bad"


def parameters(branch: Branch, period: Period, trade: str | None) -> dict[str, Any]:
    """The values of a measure's statement."""
    return {
        "branch": branch.pk,
        "trade": trade,
        "zone": branch.time_zone,
        "unit": period.unit,
        "since": period.before.start - _EARLIER,
        "before": period.before.start,
        "start": period.start,
        "end": period.end,
    }


def over(measure: Measure, statement: str) -> str:
    """The statement, which may read the measure's rows as ``r``."""
    return f"WITH {TOUCHED}, r AS ({measure.rows})\n{statement}"


def load(measure: Measure, *, branch: Branch, period: Period, trade: str | None) -> Result:
    """The measure's figures. One query."""
    with connection.cursor() as cursor:
        cursor.execute(over(measure, _FIGURES), parameters(branch, period, trade))
        rows = cursor.fetchall()
    total = {True: EMPTY, False: EMPTY}
    by_bucket: dict[date, Figure] = {}
    by_trade: dict[str, dict[bool, Figure]] = {}
    for now, bucket, of_trade, no_bucket, no_trade, n, good, mean, median, spread in rows:
        figure = _figure(measure.kind, n, good, mean, median, spread)
        if not no_bucket:
            if now:
                by_bucket[bucket] = figure
        elif not no_trade:
            by_trade.setdefault(of_trade, {})[now] = figure
        else:
            total[now] = figure
    return Result(
        measure=measure,
        now=total[True],
        before=total[False],
        columns=[
            Column(bucket, period.part(bucket), by_bucket.get(bucket, EMPTY))
            for bucket in period.buckets()
        ],
        trades=[
            (name, figures.get(True, EMPTY), figures.get(False, EMPTY))
            for name, figures in sorted(by_trade.items())
        ],
    )


def _figure(
    kind: Kind, n: int, good: int, mean: float | None, median: float | None, spread: float | None
) -> Figure:
    if kind is Kind.SHARE:
        return share(good, n)
    if kind is Kind.MEDIAN:
        return Figure(median, n)
    margin = t95(n - 1) * float(spread) / sqrt(n) if spread is not None and n > 1 else None
    return Figure(mean, n, margin=margin)


def share(good: int, n: int) -> Figure:
    """``good`` of ``n`` in per cent, with half of Wilson's 95 % interval."""
    if n == 0:
        return EMPTY
    z, p = 1.96, good / n
    margin = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Figure(100 * p, n, good, 100 * margin)


def load_causes(
    measure: Measure, *, branch: Branch, period: Period, trade: str | None
) -> list[tuple[str, int, int]]:
    """(code, how often now, how often before) of the good rows, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(over(measure, _CAUSES), parameters(branch, period, trade))
        return cursor.fetchall()
