"""The whole site under one supervisor."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from dispatch_site.embedded.child import end_with_parent
from dispatch_site.embedded.lease import Lease
from dispatch_site.embedded.paths import EmbeddedError, Layout
from dispatch_site.embedded.session import point_environment_at
from dispatch_site.supervisor.programs import site_programs
from dispatch_site.supervisor.supervisor import Supervisor

#: Says where the site answers, while it does.
SITE_FILE = settings.VAR_DIR / "site.json"


class Command(BaseCommand):
    help = (
        "Starts Firstcall: embedded PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL are "
        "set), migrations, sample data, web, workers and clock. Ctrl-C stops all of it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Defaults stay text: argparse then checks them like what is typed.
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")
        parser.add_argument(
            "--host", default=os.environ.get("HOST") or "127.0.0.1", help="address to listen on"
        )
        parser.add_argument(
            "--time-scale",
            type=float,
            default=os.environ.get("TIME_SCALE") or "1",
            help="how many times as fast as the wall domain time runs (not in production)",
        )

    def handle(self, *, port: int, host: str, time_scale: float, **options: Any) -> None:
        refuse_taken_port(host, port)
        if settings.PRODUCTION and time_scale != 1:
            raise CommandError("TIME_SCALE is refused in production: it moves real deadlines.")
        if not 0 < time_scale <= 100_000:
            raise CommandError("TIME_SCALE must be above 0 and at most 100000.")
        if os.environ.get("MAKELEVEL"):
            # When make is killed outright, nobody would be left to stop us.
            end_with_parent(signal.SIGTERM)
        lease = Lease(Layout.of(settings.VAR_DIR)) if settings.EMBEDDED else None
        environment = {**os.environ, "DEMO": "1" if settings.DEMO else "0"}
        if not settings.PRODUCTION:
            environment.setdefault("BASE_URL", f"http://localhost:{port}")
        if lease is not None:
            point_environment_at(lease.layout)
            environment |= {
                name: os.environ[name]
                for name in ("DATABASE_URL", "REDIS_URL", "FIRSTCALL_EMBEDDED")
            }
        supervisor = Supervisor(
            site_programs(host=host, port=port, environment=environment), lease=lease
        )
        supervisor.obey_signals()
        try:
            if lease is not None:
                supervisor.say("run", "starting PostgreSQL and Valkey")
                lease.acquire()
            self._prepare(supervisor, time_scale)
            supervisor.start()
            welcome = Welcome(supervisor, host=host, port=port, time_scale=time_scale)
            supervisor.watch(on_tick=welcome.once_the_site_answers)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        finally:
            # A second Ctrl-C must not tear this apart: it only makes the stop quicker.
            supervisor.say("run", "stopping")
            SITE_FILE.unlink(missing_ok=True)
            supervisor.stop()
            connections.close_all()
            if lease is not None:
                lease.release()
            supervisor.say("run", "stopped")

    def _prepare(self, supervisor: Supervisor, time_scale: float) -> None:
        supervisor.say("run", "migrating the database")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=0)
        else:
            supervisor.say("run", "loading the sample network")
            call_command("load_sample", stdout=sys.stderr)
            call_command("set_clock", scale=time_scale, stderr=self.stderr)
        # The children make their own; ours would only be in the way of a restarted server.
        connections.close_all()


class Welcome:
    """Prints addresses and demo accounts once, when the site answers."""

    def __init__(self, supervisor: Supervisor, *, host: str, port: int, time_scale: float) -> None:
        self.supervisor = supervisor
        self.host = host
        self.port = port
        self.time_scale = time_scale
        self._done = False
        self._started = time.monotonic()
        self._asked_at = 0.0

    def once_the_site_answers(self) -> None:
        """Ask at most twice a second, so that watching the processes goes on meanwhile."""
        if self._done or time.monotonic() - self._asked_at < 0.5:
            return
        self._asked_at = time.monotonic()
        if _answers(self.host, self.port):
            self._done = True
            # So that commands beside us (simulate) find the site without being told.
            SITE_FILE.write_text(json.dumps({"url": f"http://{_reachable(self.host)}:{self.port}"}))
            for line in self._lines():
                self.supervisor.say("run", line)

    def _lines(self) -> list[str]:
        base = f"http://localhost:{self.port}"
        lines = [
            "",
            f"Firstcall runs at {base}/  (ready after {time.monotonic() - self._started:.0f} s)",
            f"  console   {base}/console/",
            f"  portal    {base}/portal/",
            f"  API       {base}/api/v1/docs",
            f"  admin     {base}/admin/",
        ]
        if settings.DEMO:
            lines.append(f"  mailbox   {base}/mailbox/  (what this demo sends, with its codes)")
        if self.time_scale != 1:
            lines.append(f"  domain time runs {self.time_scale:g} times as fast as the wall")
        if settings.DEMO:
            from jobs.sample import demo_accounts

            people = demo_accounts()
            wide = max(len(person.email) for person in people)
            lines += ["", "Demo accounts (sample data, only on this machine):"]
            lines += [
                f"  {one.role:<11} {one.email:<{wide}}  {one.password:<18} {one.name}"
                for one in people
            ]
        return [*lines, "", "Ctrl-C stops everything.", ""]


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError when the port cannot be had, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the web server does: a port that only waits out old connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is taken by another program. "
                    f"Choose another one: make run PORT={port + 1}"
                ) from error
            raise CommandError(f"Cannot listen on {host} port {port}: {error.strerror}") from error
        except OverflowError as error:
            raise CommandError(f"There is no port {port}; ports go from 1 to 65535.") from error


def _reachable(host: str) -> str:
    """Where a site that listens on ``host`` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104


def _answers(host: str, port: int) -> bool:
    request = urllib.request.Request(
        f"http://{_reachable(host)}:{port}/healthz", headers={"Host": f"localhost:{port}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=2) as response:  # noqa: S310
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
