"""One supervised process: started, its output prefixed, started again when it crashes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dispatch_site.embedded.child import die_with_parent

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A process that ran this long crashes anew; a quicker end counts as the same trouble going on.
HEALTHY_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class Program:
    """What to run: a short name for the log, the command, its environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


def next_pause(previous: float, *, ran_for: float) -> float:
    """Seconds to wait before a restart: doubling up to half a minute, fresh after a healthy run."""
    if previous == 0 or ran_for >= HEALTHY_AFTER_SECONDS:
        return FIRST_PAUSE_SECONDS
    return min(previous * 2, LONGEST_PAUSE_SECONDS)


class Child:
    """Keeps one program running. All methods are for the supervisor's main thread."""

    def __init__(self, program: Program, say: Callable[[str, str], None]) -> None:
        self.program = program
        self.say = say
        self.process: subprocess.Popen[str] | None = None
        self.restarts = 0
        self._reader: threading.Thread | None = None
        self._started_at = 0.0
        self._pause = 0.0
        self._start_again_at = 0.0

    def start(self) -> None:
        """Start the program in a process group of its own, so that Ctrl-C reaches only us."""
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
            env=dict(self.program.environment),
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def look_after(self) -> None:
        """Notice an end, and start again when its pause is over."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self._kill_group()
            self.process = None
            self._pause = next_pause(self._pause, ran_for=now - self._started_at)
            self._start_again_at = now + self._pause
            why = _reason(code)
            self.say("run", f"{self.program.name} ended ({why}); again in {self._pause:g} s")
        elif now >= self._start_again_at:
            self.restarts += 1
            self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def has_stopped(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def finish(self) -> None:
        """Kill what is left of the group, reap it, and print its last lines."""
        if self.process is None:
            return
        self._kill_group()
        self.process.wait()
        if self._reader is not None:
            self._reader.join(timeout=2)

    def _kill_group(self) -> None:
        """End what the program itself may have started; its group has the program's number."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.say(self.program.name, line.rstrip("\n"))


def _reason(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
