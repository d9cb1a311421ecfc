"""Domain time as this process sees it, without asking the database each time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.simulation.errors import SimulationError
from network.clock import clock_info


@dataclass(slots=True)
class Pace:
    """Translates between domain time (aware) and this process's monotonic seconds."""

    scale: float
    domain: datetime
    wall: float = field(default_factory=time.monotonic)

    @classmethod
    def of_the_stack(cls) -> Pace:
        """The running stack's. Raises SimulationError when domain time is not faster than wall."""
        before = time.monotonic()
        info = clock_info()
        wall = (before + time.monotonic()) / 2
        if info.scale <= 1:
            raise SimulationError(
                "Domain time runs at the wall's pace: a simulated day would take a day. "
                "Start the stack with: make run TIME_SCALE=240"
            )
        return cls(scale=info.scale, domain=info.now, wall=wall)

    def now(self) -> datetime:
        return self.domain + timedelta(seconds=(time.monotonic() - self.wall) * self.scale)

    def seconds_until(self, moment: datetime) -> float:
        """Wall seconds; negative when it has passed."""
        ahead = (moment - self.domain).total_seconds() / self.scale
        return ahead - (time.monotonic() - self.wall)
