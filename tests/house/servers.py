"""What the house's tests know about processes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from dispatch_site.embedded.paths import BASE_DIR, Layout

MANAGE = BASE_DIR / "manage.py"


def clean_environment(var: Path, **extra: str) -> dict[str, str]:
    """The environment of somebody who just cloned the project, with data in ``var``."""
    unwanted = {
        "DATABASE_URL",
        "REDIS_URL",
        "DJANGO_SETTINGS_MODULE",
        "FIRSTCALL_EMBEDDED",
        "FIRSTCALL_TEST_LAYOUT",
        "SECRET_KEY",
        "DEMO",
        "DEBUG",
        "BASE_URL",
        "LOG_LEVEL",
        "MAKELEVEL",
        "MAKEFLAGS",
        "MFLAGS",
    }
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "FIRSTCALL_VAR": str(var), **extra}


@contextmanager
def data_folder() -> Iterator[Path]:
    """A new data folder, with a space in its path, that any user may enter.

    Root's PostgreSQL runs as nobody. pytest's own temporary folder will not do: the next run of
    pytest on the machine closes it to others. At the end whatever still runs there is killed.
    """
    with tempfile.TemporaryDirectory(prefix="firstcall-") as base:
        folder = Path(base) / "a place with spaces" / "var"
        folder.mkdir(parents=True)
        Path(base).chmod(0o755)
        yield folder
        for process in processes_of(folder):
            process.kill()
        shutil.rmtree(Layout.of(folder).sockets, ignore_errors=True)


def processes_of(var: Path) -> list[psutil.Process]:
    """Every living process that was started for this data folder, whoever runs it."""
    marks = {str(var), str(Layout.of(var).sockets)}
    found = []
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            environment = process.environ().get("FIRSTCALL_VAR", "")
            ended = process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if ended or process.pid == os.getpid():
            continue
        if environment == str(var) or any(mark in command for mark in marks):
            found.append(process)
    return found


def eventually(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Wait until the condition holds; fail with ``what`` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
