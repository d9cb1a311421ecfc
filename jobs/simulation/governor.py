"""Lets domain time run only as fast as the stack and the simulation keep up.

On a busy machine a fast clock makes every delay of the machine a long one: a second of waiting is
four minutes at 240, and people seem to be silent who were only not reached. So the clock is slowed
while anything is late, and let run again when nothing is. docs/simulation.md tells the rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from jobs.simulation.pace import Pace
from network.clock import install_scaled_clock

#: Wall seconds of delay above which the clock is slowed, and below which it may run faster.
TOO_LATE = 0.6
GOOD = 0.35
#: How much slower or faster at a time, and the slowest of all as a share of the fastest.
SLOWER, FASTER = 0.5, 1.25
SLOWEST = 1 / 64

_LATE = """
SELECT greatest(
  extract(epoch FROM (SELECT app_now()) - least(
    (SELECT min(o.expires_at) FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id
      WHERE o.status = 'pending' AND j.branch_id = %(branch)s),
    (SELECT min(next_wake_at) FROM jobs_job
      WHERE next_wake_at IS NOT NULL AND branch_id = %(branch)s))), 0)
"""


def overdue(branch_id: int) -> float:
    """How late the branch's most overdue deadline or due job is, in domain seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE, {"branch": branch_id})
        return float(cursor.fetchone()[0] or 0)


@dataclass(slots=True)
class Governor:
    """Watches how late things are and sets the pace, from a sixty-fourth of ``fastest`` up to it.

    Without ``governs`` it only remembers the pace, for turning domain time into wall time.
    """

    pace: Pace
    fastest: float
    governs: bool = True
    install: Callable[..., object] = install_scaled_clock
    _since: list[tuple[datetime, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.note()

    def look(self, delays: Sequence[float]) -> None:
        """``delays``: what was measured since the last look, in wall seconds."""
        if self.governs:
            worst = max(delays, default=0.0)
            scale = self.pace.scale
            wanted = scale
            if worst > TOO_LATE:
                wanted = max(self.fastest * SLOWEST, scale * SLOWER)
            elif worst < GOOD:
                wanted = min(self.fastest, scale * FASTER)
            if wanted != scale:
                self.install(scale=wanted)
                self.pace.follow()
        self.note()

    def note(self) -> None:
        """Remember since when the clock runs at the present pace."""
        if not self._since or self._since[-1][1] != self.pace.scale:
            self._since.append((self.pace.now(), self.pace.scale))

    def wall_seconds(self, start: datetime, end: datetime) -> float:
        """How long a stretch of domain time took by the wall; negative when it runs backwards."""
        if end < start:
            return -self.wall_seconds(end, start)
        total, place = 0.0, max(0, bisect_right(self._since, start, key=_moment) - 1)
        while start < end:
            following = place + 1
            until = end
            if following < len(self._since):
                until = min(end, max(start, self._since[following][0]))
            total += (until - start).total_seconds() / self._since[place][1]
            start, place = until, min(following, len(self._since) - 1)
        return total

    def let_go(self) -> None:
        """Let the clock run as it did before."""
        if self.pace.scale != self.fastest and self.governs:
            self.install(scale=self.fastest)

    @property
    def slowest(self) -> float:
        return min(scale for _, scale in self._since)


def _moment(entry: tuple[datetime, float]) -> datetime:
    return entry[0]
