"""Domain time: wall time, faster time, and never backwards."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from network.clock import (
    CREATE_WALL_CLOCK,
    app_now,
    clock_info,
    install_scaled_clock,
    install_wall_clock,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def _wall() -> None:
    """The production clock; the test's transaction takes it back."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_WALL_CLOCK)


def wall_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@pytest.mark.usefixtures("_wall")
def test_production_time_is_wall_time_and_moves_inside_a_transaction() -> None:
    first = app_now()
    assert abs(first - wall_now()) < timedelta(seconds=1)
    assert app_now() > first
    assert clock_info().is_scaled is False


@pytest.mark.usefixtures("_wall")
def test_a_scaled_clock_runs_that_much_faster() -> None:
    start = wall_now() + timedelta(days=3)
    info = install_scaled_clock(scale=3600, start=start)
    assert info.is_scaled
    assert info.scale == 3600
    before, wall_before = app_now(), wall_now()
    time.sleep(0.05)
    after, wall_after = app_now(), wall_now()
    assert before >= start
    ratio = (after - before) / (wall_after - wall_before)
    assert 2000 < ratio < 5500


@pytest.mark.usefixtures("_wall")
def test_domain_time_never_goes_back() -> None:
    install_scaled_clock(scale=1000, start=wall_now() + timedelta(days=30))
    ahead = app_now()
    assert install_scaled_clock(scale=60, start=wall_now()).now >= ahead
    info = install_wall_clock()
    assert info.now >= ahead
    assert info.is_scaled, "it is ahead of the wall, and pages must say so"
    assert info.scale == 1


@pytest.mark.usefixtures("_wall")
def test_the_wall_clock_returns_when_nothing_has_run_ahead() -> None:
    assert install_wall_clock().is_scaled is False


@pytest.mark.parametrize("scale", [0, -1, 100_001, float("nan"), float("inf")])
def test_a_senseless_scale_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        install_scaled_clock(scale=scale)


def test_a_start_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        install_scaled_clock(scale=2, start=datetime(2026, 1, 1))


def test_a_test_can_stop_domain_time_to_the_microsecond(clock) -> None:
    moment = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)
    clock.set(moment)
    assert app_now() == moment
    clock.advance(minutes=5)
    assert app_now() == moment + timedelta(minutes=5)
