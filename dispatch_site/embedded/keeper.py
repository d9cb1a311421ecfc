"""The process that owns the embedded servers, for as long as any command uses them.

Every command that uses the servers holds a shared lock on one file until it ends, however it ends.
The keeper asks for the same lock exclusively: the kernel grants it when the last user is gone, and
the keeper stops the servers. No command stops them under another, none leaves them running.

Runs in a session of its own, so that Ctrl-C in a terminal reaches the commands and not the servers
they are still finishing with.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

from dispatch_site.embedded.paths import EmbeddedError, Layout
from dispatch_site.embedded.postgres import Postgres
from dispatch_site.embedded.valkey import Valkey

READY = b"ready\n"
RESTART_PAUSE_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Keeps the embedded servers while they are used.")
    parser.add_argument("var", type=Path)
    parser.add_argument("--disposable", action="store_true", help="trade safety of data for speed")
    options = parser.parse_args(arguments)
    layout = Layout.of(options.var)
    report = os.fdopen(os.dup(1), "wb", buffering=0)
    _send_output_to(layout.logs / "keeper.log")
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())

    # Never closed: the kernel drops this lock when the process is gone, not a moment before, so
    # whoever waits for it knows that nothing is left running.
    mine = os.open(layout.lock("keeper"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        report.write(b"another keeper is running\n")
        return 1
    servers: list[Postgres | Valkey] = [
        Postgres(layout, disposable=options.disposable),
        Valkey(layout),
    ]
    try:
        for server in servers:
            server.start()
    except EmbeddedError as error:
        report.write(str(error).encode() + b"\n")
        _stop(servers)
        return 1
    report.write(READY)
    report.close()
    with layout.lock("users").open("a+") as users, layout.lock("change").open("a+") as change:
        _keep_until_unused(servers, users, change, stopping)
        _stop(servers)
    return 0


def _keep_until_unused(
    servers: list[Postgres | Valkey], users: IO[str], change: IO[str], stopping: threading.Event
) -> None:
    """Return, holding ``change``, once nobody uses the servers or SIGTERM came."""
    unused = threading.Event()

    def wait_for_the_last_user() -> None:
        while True:
            fcntl.flock(users, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            # A command takes ``change`` first and then ``users``: with ``change`` held, nobody
            # can begin to rely on servers that are about to stop.
            fcntl.flock(change, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(change, fcntl.LOCK_UN)
            else:
                unused.set()
                stopping.set()
                return

    threading.Thread(target=wait_for_the_last_user, daemon=True).start()
    while not stopping.wait(0.25):
        for server in servers:
            if server.process is not None and server.process.poll() is not None:
                # Children are started from this, the main thread: they die with the thread that
                # started them.
                _restart(server, stopping)


def _restart(server: Postgres | Valkey, stopping: threading.Event) -> None:
    print(f"{type(server).__name__} ended by itself; starting it again", flush=True)
    while not stopping.wait(RESTART_PAUSE_SECONDS):
        try:
            server.start()
        except EmbeddedError as error:
            print(error, flush=True)
        else:
            return


def _stop(servers: list[Postgres | Valkey]) -> None:
    for server in reversed(servers):
        server.stop()


def _send_output_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "keeper", os.getpid(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
