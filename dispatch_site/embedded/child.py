"""Starting a server as a plain foreground child that cannot outlive its parent."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(signum: int) -> Callable[[], None] | None:
    """A ``preexec_fn`` that asks Linux to send ``signum`` to the child when its parent dies.

    None elsewhere: macOS has no such request. Must run after a change of user, which clears the
    request; subprocess calls ``preexec_fn`` last, so it does. The parent is the starting *thread*,
    so start children from a thread that lives as long as the process.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # it died between fork and here
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


def end_with_parent(signum: int) -> None:
    """Ask Linux to send ``signum`` to this very process when its parent dies."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum)


def start_server(
    command: Sequence[str],
    *,
    log: Path,
    user: str | None = None,
    death_signal: int,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server with its output appended to ``log``, as ``user`` when given (needs root)."""
    log.parent.mkdir(parents=True, exist_ok=True)
    uid, gid, groups = _identity(user)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=dict(environment) if environment is not None else None,
            preexec_fn=die_with_parent(death_signal),
            user=uid,
            group=gid,
            extra_groups=groups,
        )


def run_as(
    command: Sequence[str], *, user: str | None, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as ``user`` when given, and return what it printed."""
    uid, gid, groups = _identity(user)
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=dict(environment),
        check=False,
        user=uid,
        group=gid,
        extra_groups=groups,
    )


def _identity(user: str | None) -> tuple[int | None, int | None, list[int] | None]:
    """User, group and further groups for subprocess; None keeps the caller's own."""
    if user is None:
        return None, None, None
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid, []
