"""The clock is slowed while anything is late, and wall time is known in spite of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.simulation.governor import FASTER, GOOD, SLOWER, SLOWEST, TOO_LATE, Governor, overdue
from jobs.simulation.pace import Pace
from network.models import Branch
from tests.jobs.steps import offered

BEGIN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """A pace that is set by hand."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.moment = BEGIN

    def now(self) -> datetime:
        return self.moment

    def follow(self) -> None:
        """It is set by hand."""

    def install(self, *, scale: float) -> None:
        self.scale = scale

    def pass_by(self, **domain: Any) -> None:
        self.moment += timedelta(**domain)


def governor(clock: Clock, **changes: Any) -> Governor:
    return Governor(clock, 240.0, install=clock.install, **changes)  # type: ignore[arg-type]


def test_it_slows_while_something_is_late_and_recovers() -> None:
    clock = Clock(240.0)
    at_work = governor(clock)
    at_work.look([0.0, TOO_LATE + 0.1])
    assert clock.scale == 240 * SLOWER
    at_work.look([(TOO_LATE + GOOD) / 2])
    assert clock.scale == 240 * SLOWER, "in between nothing changes"
    at_work.look([])
    assert clock.scale == 240 * SLOWER * FASTER
    for _ in range(50):
        at_work.look([9.0])
    assert clock.scale == at_work.slowest == 240 * SLOWEST
    for _ in range(50):
        at_work.look([0.1])
    assert clock.scale == 240
    at_work.look([9.0])
    at_work.let_go()
    assert clock.scale == 240


def test_without_governing_the_pace_is_only_remembered() -> None:
    clock = Clock(240.0)
    watching = governor(clock, governs=False)
    watching.look([9.0])
    assert clock.scale == 240
    clock.install(scale=60.0)
    clock.pass_by(hours=1)
    watching.look([])
    assert watching.slowest == 60
    watching.let_go()
    assert clock.scale == 60


def test_wall_time_is_counted_through_every_change_of_pace() -> None:
    clock = Clock(240.0)
    watching = governor(clock)
    clock.pass_by(minutes=4)  # a second
    watching.look([9.0])  # 120 from here
    clock.pass_by(minutes=4)  # two seconds
    watching.look([9.0])  # 60 from here
    minutes = [BEGIN + timedelta(minutes=count) for count in range(12)]
    assert watching.wall_seconds(minutes[0], minutes[4]) == pytest.approx(1)
    assert watching.wall_seconds(minutes[0], minutes[8]) == pytest.approx(3)
    assert watching.wall_seconds(minutes[2], minutes[6]) == pytest.approx(1.5)
    assert watching.wall_seconds(minutes[9], minutes[10]) == pytest.approx(1)
    assert watching.wall_seconds(minutes[10], minutes[9]) == pytest.approx(-1)
    assert watching.wall_seconds(BEGIN - timedelta(minutes=4), BEGIN) == pytest.approx(1)


def test_overdue_is_the_oldest_deadline_that_nobody_has_met(
    clock: Any, branch: Branch, trio: Any, make_job: Any
) -> None:
    assert overdue(branch.pk) == 0
    offer = offered(make_job())
    assert overdue(branch.pk) == 0
    clock.set(offer.expires_at + timedelta(seconds=90))
    assert overdue(branch.pk) == pytest.approx(90)
    assert overdue(branch.pk + 1) == 0


def test_a_real_pace_has_all_that_is_asked_of_it() -> None:
    pace = Pace(scale=60, domain=BEGIN)
    assert Governor(pace, 60, governs=False).slowest == 60
