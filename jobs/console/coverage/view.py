"""Coverage of one branch: demand against free capacity, by trade, area and half-day, and the gaps.

Nine queries, whatever the size of the branch; the rest is arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from jobs.console.coverage.balance import unmet
from jobs.console.coverage.capacity import (
    HALF_DAYS,
    TradeCapacity,
    Workforce,
    trade_capacity,
    workforce,
)
from jobs.console.coverage.capacity_rows import KindRow, load_kinds, load_rows
from jobs.console.coverage.demand import TradeDemand, load_demand
from jobs.console.coverage.period import HALVES, Period
from network.models import Branch

#: Fewer past jobs than this on a weekday and half-day are too few to go by (ours).
FEW = 4
#: A gap lacks room for at least so many jobs.
LEAST_GAP = 0.5
#: What is asked for less often than this (every five weeks) is no gap, even with nobody there.
LEAST_NEED = 0.2


@dataclass(frozen=True, slots=True)
class Gap:
    """Half-days of one day on which an area's demand finds no room in a trade.

    ``jobs`` still to be placed, ``lacking`` of them without room, ``technicians`` who could come;
    ``seen`` past jobs it all rests on.
    """

    trade: str
    area: str
    day: date
    halves: tuple[str, ...]
    jobs: float
    lacking: float
    technicians: int
    seen: int

    @property
    def is_vague(self) -> bool:
        """Whether it rests on too few past jobs to be sure."""
        return self.seen < FEW


@dataclass(slots=True)
class TradeCoverage:
    """One trade: demand, capacity, and by area and half-day what is needed and finds no room."""

    demand: TradeDemand
    capacity: TradeCapacity
    needed: np.ndarray
    lacking: np.ndarray
    gaps: list[Gap]

    @property
    def trade(self) -> str:
        return self.demand.trade


@dataclass(slots=True)
class Coverage:
    """The whole branch; ``trades`` by name, in alphabetical order."""

    period: Period
    kinds: dict[int, KindRow]
    work: Workforce
    trades: dict[str, TradeCoverage]

    @property
    def gaps(self) -> list[Gap]:
        """Every trade's, the worst first."""
        return sorted(
            (gap for trade in self.trades.values() for gap in trade.gaps),
            key=_badness,
            reverse=True,
        )


def load_coverage(branch: Branch, *, at: datetime) -> Coverage:
    """Read and work out everything for the branch as of ``at``."""
    period = Period(at, branch.zone)
    kinds = {row.id: row for row in load_kinds(branch)}
    demands = load_demand(branch, period, {row.id: row.trade for row in kinds.values()})
    work = workforce(load_rows(branch, period), period, branch.holiday_calendar)
    trades = {}
    for name in sorted(demands):
        demand = demands[name]
        capacity = trade_capacity(work, demand, kinds)
        needed = demand.needed(period)
        lacking = unmet(needed, capacity.visits, capacity.covers)
        trades[name] = TradeCoverage(
            demand, capacity, needed, lacking, _gaps(demand, capacity, needed, lacking, period)
        )
    return Coverage(period, kinds, work, trades)


def _gaps(
    demand: TradeDemand,
    capacity: TradeCapacity,
    needed: np.ndarray,
    lacking: np.ndarray,
    period: Period,
) -> list[Gap]:
    """The worst first. Both halves of a day that lack something are one gap."""
    technicians = capacity.technicians if capacity.technicians.size else np.zeros_like(needed)
    is_gap = (lacking >= LEAST_GAP) | ((technicians == 0) & (needed >= LEAST_NEED))
    found = []
    for area, day_number in sorted({(a, h // 2) for a, h in np.argwhere(is_gap).tolist()}):
        columns = [h for h in (day_number * 2, day_number * 2 + 1) if is_gap[area, h]]
        day = period.days[day_number]
        found.append(
            Gap(
                trade=demand.trade,
                area=demand.areas[area],
                day=day,
                halves=tuple(HALVES[h % 2] for h in columns),
                jobs=float(needed[area, columns].sum()),
                lacking=float(lacking[area, columns].sum()),
                technicians=int(technicians[area, columns].max()),
                seen=int(demand.seen[area, day.weekday(), [h % 2 for h in columns]].sum()),
            )
        )
    return sorted(found, key=_badness, reverse=True)


def _badness(gap: Gap) -> tuple[float, bool, float, str]:
    """Jobs without room first; among those as bad, the ones with nobody at all."""
    return round(gap.lacking, 1), gap.technicians == 0, gap.jobs, gap.area


__all__ = ["HALF_DAYS", "Coverage", "Gap", "TradeCoverage", "load_coverage"]
