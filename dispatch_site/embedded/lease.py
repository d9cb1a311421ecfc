"""Sharing one pair of embedded servers among the commands of a checkout."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dispatch_site.embedded.keeper import READY
from dispatch_site.embedded.paths import BASE_DIR, EmbeddedError, Layout

STOP_SECONDS = 45.0


class Lease:
    """The right to use the embedded servers of a layout; held until ``release`` or process end.

    The kernel drops the lock behind it when the process dies, even by SIGKILL, so a lease never
    goes stale.
    """

    def __init__(self, layout: Layout, *, disposable: bool = False) -> None:
        self.layout = layout
        self.disposable = disposable
        self._users: IO[str] | None = None

    def acquire(self) -> None:
        """Start the servers unless they run; return when both answer.

        Raises EmbeddedError, saying what to do, when they cannot be started.
        """
        try:
            self.layout.var.mkdir(parents=True, exist_ok=True)
            with _locked(self.layout.lock("change")):
                users = self.layout.lock("users").open("a+")
                fcntl.flock(users, fcntl.LOCK_SH)
                if self._users is not None:
                    self._users.close()
                self._users = users
                if not self.keeper_runs():
                    self._start_keeper()
        except PermissionError as error:
            self.release(wait=False)
            raise EmbeddedError(
                f"{error.filename} belongs to another user. Run this as that user, or set "
                "FIRSTCALL_VAR to a folder of your own."
            ) from error
        except BaseException:
            self.release(wait=False)
            raise

    def keeper_runs(self) -> bool:
        """Whether the process that owns the servers is alive."""
        with self.layout.lock("keeper").open("a+") as keeper:
            try:
                fcntl.flock(keeper, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def release(self, *, wait: bool = True) -> None:
        """Give the servers up; when this was the last user, return once they have stopped."""
        if self._users is None:
            return
        # Unlocking, not just closing: a forked child may still hold the same open file.
        fcntl.flock(self._users, fcntl.LOCK_UN)
        self._users.close()
        self._users = None
        deadline = time.monotonic() + STOP_SECONDS
        while wait and self.keeper_runs() and not self._others_use_it():
            if time.monotonic() > deadline:
                raise EmbeddedError("The embedded servers do not stop.")
            time.sleep(0.02)

    def _others_use_it(self) -> bool:
        with self.layout.lock("users").open("a+") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False  # the keeper holds it: it is stopping the servers
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _start_keeper(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(BASE_DIR)}
        keeper = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dispatch_site.embedded.keeper",
                str(self.layout.var),
                *(["--disposable"] if self.disposable else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        assert keeper.stdout is not None
        said = keeper.stdout.readline()
        if said != READY:
            rest = keeper.stdout.read()
            keeper.wait()
            raise EmbeddedError((said + rest).decode(errors="replace").strip())
        keeper.stdout.close()
        # Not ours to wait for: it ends when the last user has gone, perhaps long after us.
        keeper.returncode = 0


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
