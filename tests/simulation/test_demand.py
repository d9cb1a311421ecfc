"""What customers ask for: the same for the same seed, at real hours, with windows that fit."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobs.intake.mapping import load_mapping
from jobs.simulation.demand import (
    HOURLY,
    WORKS,
    Request,
    choose_window,
    draw_requests,
    trade_shares,
)
from jobs.simulation.errors import SimulationError
from jobs.simulation.numbers import Numbers, with_changes
from network.catalogue import TRADES
from tests.intake.conftest import BOSTON

ZONE = ZoneInfo("America/New_York")
BEGIN = datetime(2026, 11, 23, 14, 25, tzinfo=ZONE)


def requests(count: int = 2000, seed: int = 1, days: int = 1) -> list[Request]:
    return draw_requests(
        count=count, days=days, seed=seed, begin=BEGIN, zone=ZONE, centre=(42.3601, -71.0589)
    )


def test_the_seed_fixes_every_draw() -> None:
    assert requests(50) == requests(50)
    assert requests(50) != requests(50, seed=2)


def test_requests_come_at_the_hours_of_real_ones_within_the_days() -> None:
    drawn = requests(5000, days=2)
    assert [one.number for one in drawn] == list(range(1, 5001))
    assert all(BEGIN <= one.at < BEGIN + timedelta(days=2, hours=1) for one in drawn)
    assert [one.at for one in drawn] == sorted(one.at for one in drawn)
    hours = Counter(one.at.astimezone(ZONE).hour for one in drawn)
    night = sum(hours[hour] for hour in range(6)) / len(drawn)
    morning = sum(hours[hour] for hour in range(8, 12)) / len(drawn)
    assert night == pytest.approx(sum(HOURLY[:6]) / 1000, abs=0.02)
    assert morning == pytest.approx(sum(HOURLY[8:12]) / 1000, abs=0.04)


def test_windows_are_the_same_day_or_later_and_long_enough() -> None:
    for one in requests():
        assert one.window_end - one.window_start == timedelta(hours=4)
        assert one.window_end - one.at >= timedelta(hours=2)
        assert one.window_start - one.at <= timedelta(hours=40)


def test_the_more_of_a_hurry_the_sooner_the_window() -> None:
    draw = random.Random(1)
    moment = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
    ahead = {
        priority: sum(
            (choose_window(draw, moment, priority, ZONE)[0] - moment).total_seconds()
            for _ in range(200)
        )
        for priority in ("emergency", "urgent", "standard", "low")
    }
    assert sorted(ahead.values()) == list(ahead.values())


def test_a_window_of_a_night_is_the_next_morning() -> None:
    start, _ = choose_window(
        random.Random(1), datetime(2026, 11, 23, 23, 0, tzinfo=ZONE), "emergency", ZONE
    )
    assert start == datetime(2026, 11, 24, 8, 0, tzinfo=ZONE)


def test_the_kinds_of_work_are_those_that_the_real_requests_become() -> None:
    mapped = {rule.service_type for rule in load_mapping(BOSTON).types.values()}
    assert set(WORKS) == mapped
    assert mapped <= {work.slug for trade in TRADES for work in trade.works}


def test_trades_in_demand_get_more_firms_and_none_that_is_asked_for_is_forgotten() -> None:
    shares = trade_shares(["tree-maintenance"] * 3 + ["leak-repair"])  # 120 and 60 minutes
    assert shares == {
        "tree": pytest.approx((3 / 4 + 6 / 7 + 1 / 2) / 3),
        "plumbing": pytest.approx((1 / 4 + 1 / 7 + 1 / 2) / 3),
    }


def test_figures_can_be_changed_by_name() -> None:
    assert with_changes(["accepted=0.3", "late_minutes=90"]) == Numbers(
        accepted=0.3, late_minutes=90
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("accepted", "does not read as name=number"),
        ("accepted=many", "does not read as name=number"),
        ("accepted=nan", "does not read as name=number"),
        ("luck=1", "no figure “luck”"),
        ("accepted=1.5", "out of range"),
        ("no_show=-0.1", "out of range"),
        ("silent=0.5", "add up to more than 1"),
    ],
)
def test_a_wrong_figure_is_a_clear_message(change: str, words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        with_changes([change])
