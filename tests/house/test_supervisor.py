"""The supervisor with small stand-in programs: restarts, signals, stubborn processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from dispatch_site.embedded.paths import BASE_DIR
from dispatch_site.supervisor.child import (
    FIRST_PAUSE_SECONDS,
    HEALTHY_AFTER_SECONDS,
    LONGEST_PAUSE_SECONDS,
    next_pause,
)
from dispatch_site.supervisor.supervisor import STOP_SECONDS
from tests.house.servers import clean_environment, eventually

pytestmark = pytest.mark.slow

# A supervisor over the programs given as ``name=python code`` arguments.
HOST = textwrap.dedent(
    """
    import os, sys
    from dispatch_site.supervisor.child import Program
    from dispatch_site.supervisor.supervisor import Supervisor
    programs = [
        Program(name, [sys.executable, "-u", "-c", code], os.environ)
        for name, _, code in (part.partition("=") for part in sys.argv[1:])
    ]
    supervisor = Supervisor(programs, lease=None)
    supervisor.obey_signals()
    try:
        supervisor.start()
        supervisor.watch()
    finally:
        supervisor.stop()
    """
)
SLEEP = "import os, time; print('up', os.getpid()); time.sleep(600)"


class Host:
    """A supervisor running in a process of its own, with its output in a file."""

    def __init__(self, folder: Path, *programs: str, prefix: tuple[str, ...] = ()) -> None:
        self.log = folder / "log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-c", HOST, *programs],
                cwd=BASE_DIR,
                env=clean_environment(folder),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, word: str, *, count: int = 1, seconds: float = 15) -> None:
        eventually(
            lambda: self.text().count(word) >= count,
            seconds=seconds,
            what=f"{word} × {count} in\n{self.text()}",
        )

    def pids(self) -> list[int]:
        return [int(line.rsplit(" ", 1)[1]) for line in self.text().splitlines() if "up " in line]


def all_gone(pids: list[int]) -> bool:
    return not any(
        psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        for pid in pids
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_every_child(tmp_path: Path, number: signal.Signals) -> None:
    host = Host(tmp_path, f"one={SLEEP}", f"two={SLEEP}")
    host.wait_for("up ", count=2)
    host.process.send_signal(number)
    host.process.wait(timeout=15)
    assert all_gone(host.pids())


def test_a_crashed_child_is_started_again_and_the_others_stay(tmp_path: Path) -> None:
    host = Host(tmp_path, "crash=import os; print('up', os.getpid()); os._exit(3)", f"calm={SLEEP}")
    host.wait_for("crash | up ", count=3)
    assert "crash ended (exit code 3); again in 0.5 s" in host.text()
    assert "again in 1 s" in host.text()
    assert host.text().count("calm  | up ") == 1
    host.process.terminate()
    host.process.wait(timeout=15)


def test_a_child_that_ignores_the_request_to_stop_is_killed_with_what_it_started(
    tmp_path: Path,
) -> None:
    stubborn = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('up', child.pid)\n"
        "print('up', os.getpid())\n"
        "time.sleep(600)\n"
    )
    host = Host(tmp_path, f"stubborn={stubborn}")
    host.wait_for("up ", count=2)
    host.process.send_signal(signal.SIGINT)
    # A second Ctrl-C: do not wait for the stubborn one.
    time.sleep(1)
    assert host.process.poll() is None
    host.process.send_signal(signal.SIGINT)
    host.process.wait(timeout=STOP_SECONDS / 2)
    assert all_gone(host.pids())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs parent death signals")
def test_killing_the_supervisor_outright_leaves_no_child(tmp_path: Path) -> None:
    host = Host(tmp_path, f"one={SLEEP}", f"two={SLEEP}")
    host.wait_for("up ", count=2)
    host.process.kill()
    host.process.wait()
    eventually(lambda: all_gone(host.pids()), seconds=5, what="children gone")


def test_signals_count_even_when_a_shell_had_them_ignored(tmp_path: Path) -> None:
    """A shell without job control starts background commands with SIGINT ignored."""
    ignoring = (
        sys.executable,
        "-c",
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        " os.execv(sys.argv[1], sys.argv[1:])",
    )
    host = Host(tmp_path, f"one={SLEEP}", prefix=ignoring)
    host.wait_for("up ")
    os.kill(host.process.pid, signal.SIGINT)
    host.process.wait(timeout=15)
    assert all_gone(host.pids())


def test_pauses_double_to_a_limit_and_start_anew_after_a_healthy_run() -> None:
    pauses = [0.0]
    for _ in range(9):
        pauses.append(next_pause(pauses[-1], ran_for=0.1))
    assert pauses[1:4] == [0.5, 1.0, 2.0]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert next_pause(LONGEST_PAUSE_SECONDS, ran_for=HEALTHY_AFTER_SECONDS) == FIRST_PAUSE_SECONDS
