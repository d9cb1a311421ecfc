"""Domain time as this process sees it, without asking the database each time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from jobs.simulation.errors import SimulationError
from network.clock import app_now, clock_info


class Pace:
    """Translates between domain time (aware) and this process's monotonic seconds."""

    def __init__(self, *, scale: float, domain: datetime, wall: float | None = None) -> None:
        # One tuple, replaced whole: threads read it while the clock is being followed.
        self._anchor = (scale, domain, time.monotonic() if wall is None else wall)

    @classmethod
    def of_the_stack(cls) -> Pace:
        """The running stack's. Raises SimulationError when domain time is not faster than wall."""
        pace = cls(scale=1, domain=app_now())
        pace.follow()
        if pace.scale <= 1:
            raise SimulationError(
                "Domain time runs at the wall's pace: a simulated day would take a day. "
                "Start the stack with: make run TIME_SCALE=240"
            )
        return pace

    def follow(self) -> None:
        """Read the stack's clock again: somebody may have let it run faster or slower."""
        before = time.monotonic()
        info = clock_info()
        self._anchor = (info.scale, info.now, (before + time.monotonic()) / 2)

    @property
    def scale(self) -> float:
        """Domain seconds a wall second."""
        return self._anchor[0]

    def now(self) -> datetime:
        scale, domain, wall = self._anchor
        return domain + timedelta(seconds=(time.monotonic() - wall) * scale)

    def seconds_until(self, moment: datetime) -> float:
        """Wall seconds; negative when it has passed."""
        scale, domain, wall = self._anchor
        return (moment - domain).total_seconds() / scale - (time.monotonic() - wall)
