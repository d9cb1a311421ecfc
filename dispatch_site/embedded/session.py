"""Which manage.py commands need the embedded servers, and having them for just as long."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from dispatch_site.embedded.lease import Lease
from dispatch_site.embedded.paths import Layout, var_dir

# Commands that never look at the database, and `run`, which shares its lease with its children.
WITHOUT_SERVERS = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "run",
    "version",
}


def needs_servers(argv: Sequence[str]) -> bool:
    """Whether this command line will talk to PostgreSQL or Redis."""
    if len(argv) < 2 or {"-h", "--help", "--version"} & set(argv[1:]):
        return False
    command, rest = argv[1], set(argv[2:])
    if command == "check":
        return any(part.startswith("--database") for part in rest)
    if command == "makemigrations":
        return not rest & {"--check", "--dry-run"}
    return command not in WITHOUT_SERVERS


@contextmanager
def embedded_servers_for(argv: Sequence[str]) -> Iterator[None]:
    """Hold the embedded servers while a command runs, when it needs them and none are configured.

    Their addresses are put into the environment, so that processes the command starts find them.
    """
    if "DATABASE_URL" in os.environ or not needs_servers(argv):
        yield
        return
    lease = Lease(Layout.of(var_dir()))
    lease.acquire()
    point_environment_at(lease.layout)
    # A command that is told to stop still gives the servers up in order.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        lease.release()


def point_environment_at(layout: Layout) -> None:
    """Make this process and those it starts use the embedded servers of ``layout``."""
    os.environ["DATABASE_URL"] = layout.database_url
    os.environ["REDIS_URL"] = layout.redis_url
    os.environ["FIRSTCALL_EMBEDDED"] = "1"


def _leave(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)
