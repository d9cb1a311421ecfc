"""What a must, prefer or never rule can ask of a candidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.criteria.base import Columns
from ranking.criteria.wording import amount, counted

Test = Callable[[Columns, float], NDArray[np.float64]]
"""1 where the condition holds, 0 where it does not, NaN where that is not known."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about a candidate's facts, with a number to compare with.

    ``label`` is shown in the admin with the ``unit`` of the number, which lies from ``low`` to
    ``high``; ``says`` puts it into words behind "must", "prefer" or "never". A condition without
    a number has ``unit`` None.
    """

    key: str
    label: str
    facts: tuple[str, ...]
    test: Test
    says: Callable[[float], str]
    unit: str | None = ""
    low: float = 0.0
    high: float = 100.0

    @property
    def needs_number(self) -> bool:
        return self.unit is not None


def _compare(fact: str, *, at_least: bool, scale: float = 1.0) -> Test:
    def test(columns: Columns, number: float) -> NDArray[np.float64]:
        column = columns[fact]
        # a hair of tolerance: facts are logged as 4-byte floats
        limit = number * scale
        slack = 1e-6 * max(1.0, abs(limit))
        holds = column >= limit - slack if at_least else column <= limit + slack
        return np.where(np.isnan(column), np.nan, holds.astype(np.float64))

    return test


def _served_within(columns: Columns, days: float) -> NDArray[np.float64]:
    visits, since = columns["earlier_visits"], columns["days_since_visit"]
    lately = np.where(np.isnan(since), np.nan, (since <= days).astype(np.float64))
    return np.where(visits <= 0, 0.0, lately)


def _skill_above(columns: Columns, levels: float) -> NDArray[np.float64]:
    above = columns["skill_level"] - columns["required_level"]
    return np.where(np.isnan(above), np.nan, (above >= levels).astype(np.float64))


def _preferred(columns: Columns, number: float) -> NDArray[np.float64]:
    column = columns["client_preferred"]
    return np.where(np.isnan(column), np.nan, (column > 0).astype(np.float64))


_ALL = (
    Condition(
        "served_within",
        "Served this customer or site in the last … days",
        ("earlier_visits", "days_since_visit"),
        _served_within,
        lambda days: f"served this customer or site in the last {counted(int(days), 'day')}",
        "days",
        1,
        3650,
    ),
    Condition(
        "client_preferred",
        "Preferred by the client",
        ("client_preferred",),
        _preferred,
        lambda number: "preferred by the client",
        None,
    ),
    Condition(
        "tier_at_most",
        "Tier … or better",
        ("tier",),
        _compare("tier", at_least=False),
        lambda tier: f"tier {tier:.0f} or better",
        "tier",
        1,
        3,
    ),
    Condition(
        "skill_above",
        "Skill at least … levels above the one asked for",
        ("skill_level", "required_level"),
        _skill_above,
        lambda levels: f"skill {counted(int(levels), 'level')} above the one asked for",
        "levels",
        1,
        2,
    ),
    Condition(
        "jobs_at_least",
        "At least … finished jobs on record (of the last 30)",
        ("commitments_count",),
        _compare("commitments_count", at_least=True),
        lambda jobs: f"at least {counted(int(jobs), 'finished job')} on record",
        "jobs",
        1,
        30,
    ),
    Condition(
        "fix_rate_at_least",
        "First-time fix of at least … %",
        ("fix_rate",),
        _compare("fix_rate", at_least=True, scale=0.01),
        lambda share: f"first-time fix of at least {share:g} %",
        "%",
        1,
        100,
    ),
    Condition(
        "on_time_at_least",
        "On time in at least … %",
        ("on_time_rate",),
        _compare("on_time_rate", at_least=True, scale=0.01),
        lambda share: f"on time in at least {share:g} %",
        "%",
        1,
        100,
    ),
    Condition(
        "rating_at_least",
        "Rated at least … stars",
        ("rating_mean",),
        _compare("rating_mean", at_least=True),
        lambda stars: f"rated at least {amount(stars)} stars",
        "stars",
        1,
        5,
    ),
    Condition(
        "travel_at_most",
        "At most … minutes away",
        ("travel_minutes",),
        _compare("travel_minutes", at_least=False),
        lambda minutes: f"at most {minutes:g} minutes away",
        "minutes",
        1,
        600,
    ),
    Condition(
        "price_at_most",
        "Price of at most …",
        ("price",),
        _compare("price", at_least=False),
        lambda price: f"price of at most {price:g}",
        "in the branch's currency",
        1,
        100_000,
    ),
)

CONDITIONS: Mapping[str, Condition] = {condition.key: condition for condition in _ALL}
"""Key → condition, in the order in which they are offered."""

NAMED = "contractor"
"""The condition "is one of these contractors"; it has names instead of a number."""
