"""Runs the site's processes until it is told to stop, and leaves none behind."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from dispatch_site.embedded.lease import Lease
from dispatch_site.embedded.paths import EmbeddedError
from dispatch_site.supervisor.child import Child, Program

LOOK_SECONDS = 0.2
STOP_SECONDS = 12.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """A stop signal came while the site was still being prepared."""


class Supervisor:
    """``prepare_to_stop``, then ``start``, then ``watch`` until a stop signal, then ``stop``."""

    def __init__(self, programs: Sequence[Program], *, lease: Lease | None) -> None:
        self.lease = lease
        self.width = max([len(program.name) for program in programs] + [len("run")])
        self.children = [Child(program, self.say) for program in programs]
        self._voice = threading.Lock()
        self._signals = 0
        self._preparing = True

    def say(self, name: str, line: str) -> None:
        """Print one line under a process's name. A closed terminal is no reason to die."""
        with self._voice, contextlib.suppress(OSError, ValueError):
            print(f"{name:<{self.width}} | {line}", flush=True)

    def start(self) -> None:
        for child in self.children:
            child.start()

    def watch(self, *, on_tick: Callable[[], None] = lambda: None) -> None:
        """Return when a stop signal came; until then restart what crashes."""
        self._preparing = False
        while not self._signals:
            self._look_after_servers()
            for child in self.children:
                child.look_after()
            on_tick()
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Ask every process to finish, kill what does not within seconds, reap them all.

        A further stop signal means: do not wait.
        """
        self._preparing = False
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        expected = min(self._signals, 1)
        while not all(child.has_stopped() for child in self.children):
            if time.monotonic() > deadline or self._signals > expected:
                break
            time.sleep(0.05)
        for child in self.children:
            child.finish()

    def obey_signals(self) -> None:
        """From here on Ctrl-C, SIGTERM and a closed terminal stop the site in order.

        Also when they were ignored at start, as a shell does for what it runs in the background.
        """
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._preparing and self._signals == 1:
            # Not yet in the loop: unwind out of whatever is being prepared.
            raise Stopped(128 + number)

    def _look_after_servers(self) -> None:
        if self.lease is None or self.lease.keeper_runs():
            return
        self.say("run", "the embedded servers ended; starting them again")
        try:
            self.lease.acquire()
        except EmbeddedError as error:
            self.say("run", str(error))
            print(error, file=sys.stderr)
