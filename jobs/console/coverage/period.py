"""The half-days that coverage is counted in. Pure.

A day has two: before noon and from noon on, local to the branch. Demand is what was asked for in
the 90 days before today, by weekday; capacity is what is free in the 14 days from today on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

DEMAND_DAYS = 90
AHEAD_DAYS = 14
#: Days after which a past job counts half as much as one of today (ours).
HALF_LIFE_DAYS = 30.0
HALVES = ("am", "pm")


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a coverage view looks back over and ahead to, as of ``at``."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    @property
    def days(self) -> list[date]:
        """The days ahead, today first."""
        return [self.today + timedelta(days=n) for n in range(AHEAD_DAYS)]

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    @property
    def past(self) -> tuple[datetime, datetime]:
        """From the first of the past days up to today's midnight."""
        return self.midnight(self.today - timedelta(days=DEMAND_DAYS)), self.midnight(self.today)

    @property
    def ahead(self) -> tuple[datetime, datetime]:
        return self.midnight(self.today), self.midnight(self.today + timedelta(days=AHEAD_DAYS))

    def stretches(self) -> list[tuple[int, int]]:
        """Every half-day ahead as minutes since the epoch, in order: am and pm of each day."""
        found = []
        for day in self.days:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=self.zone)
            edges = [self.midnight(day), noon, self.midnight(day + timedelta(days=1))]
            first, middle, last = (int(edge.timestamp() // 60) for edge in edges)
            found += [(first, middle), (middle, last)]
        return found

    def still_to_come(self) -> np.ndarray:
        """By half-day ahead, the share of its hours of business (6 to 20) that is still to come."""
        now = self.at.astimezone(self.zone)
        hour = now.hour + now.minute / 60
        shares = np.ones(AHEAD_DAYS * 2)
        shares[0] = min(1.0, max(0.0, (12 - hour) / 6))
        shares[1] = min(1.0, max(0.0, (20 - hour) / 8))
        return shares

    def weekday_weights(self) -> np.ndarray:
        """By weekday, how much its days among the past ones weigh together."""
        weights = np.zeros(7)
        for age in range(1, DEMAND_DAYS + 1):
            day = self.today - timedelta(days=age)
            weights[day.weekday()] += 0.5 ** (age / HALF_LIFE_DAYS)
        return weights
