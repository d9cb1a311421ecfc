"""Acts at their domain times, on a few threads, so that many people live at once."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import structlog
from django.db import InterfaceError, OperationalError, connections

from jobs.simulation.errors import SimulationError
from jobs.simulation.pace import Pace

log = structlog.get_logger(__name__)

Act = Callable[[], None]

#: Tries of an act while a server is away, a wall second or more apart.
MOST_TRIES = 30


class Stage:
    """Acts wait in a heap for their time and are then played by a pool of threads."""

    def __init__(self, pace: Pace, *, threads: int) -> None:
        self.pace = pace
        self.failures = 0
        self.lateness: list[float] = []
        self._heap: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self._running = 0
        self._again_after = timedelta(seconds=pace.scale)  # a second of wall time
        self._changed = threading.Condition()
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="actor")

    def now(self) -> datetime:
        return self.pace.now()

    def at(self, moment: datetime, act: Act) -> None:
        """Play ``act`` at this domain time, or at once when it has passed."""
        with self._changed:
            due = max(moment, self.pace.now())
            heapq.heappush(self._heap, (due, next(self._order), act))
            self._changed.notify()

    def soon(self, act: Act) -> None:
        """Play ``act`` now."""
        with self._changed:
            self._running += 1
        self._pool.submit(self._play, act)

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is being played."""
        with self._changed:
            return not self._heap and not self._running

    @property
    def waiting(self) -> int:
        with self._changed:
            return len(self._heap)

    def run(self, *, every: float, look: Callable[[], bool], until: datetime) -> bool:
        """Play until ``look``, called every so many wall seconds, says that all is over.

        Returns False when ``until`` (domain time) came first.
        """
        next_look = time.monotonic() + every
        while True:
            with self._changed:
                now = self.pace.now()
                due: list[Act] = []
                while self._heap and self._heap[0][0] <= now:
                    moment, _, act = heapq.heappop(self._heap)
                    self.lateness.append((now - moment).total_seconds() / self.pace.scale)
                    due.append(act)
                self._running += len(due)
                if not due:
                    wait = next_look - time.monotonic()
                    if self._heap:
                        wait = min(wait, self.pace.seconds_until(self._heap[0][0]))
                    if wait > 0:
                        self._changed.wait(wait)
            for act in due:
                self._pool.submit(self._play, act)
            if time.monotonic() >= next_look:
                if look():
                    return True
                if self.pace.now() >= until:
                    return False
                next_look = time.monotonic() + every

    def close(self) -> None:
        """Drop what waits, let what is being played finish, and end the threads."""
        with self._changed:
            self._heap.clear()
        # Each thread has database connections of its own and must close them itself.
        everybody = threading.Barrier(self._threads)
        for _ in range(self._threads):
            self._pool.submit(_leave, everybody)
        self._pool.shutdown(wait=True)

    def _play(self, act: Act, tries: int = 1) -> None:
        try:
            act()
        except (InterfaceError, OperationalError, SimulationError) as error:
            # A server is away for a moment. Every act may be repeated, so it is.
            connections.close_all()
            if tries < MOST_TRIES:
                log.info("an act is tried again", why=str(error).strip())
                self.at(self.now() + self._again_after, lambda: self._play_again(act, tries + 1))
            else:
                self.failures += 1
                log.exception("an act of the simulation failed for good")
        except Exception:
            self.failures += 1
            log.exception("an act of the simulation failed")
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify()

    def _play_again(self, act: Act, tries: int) -> None:
        with self._changed:
            self._running += 1
        self._play(act, tries)


def _leave(everybody: threading.Barrier) -> None:
    connections.close_all()
    everybody.wait()
