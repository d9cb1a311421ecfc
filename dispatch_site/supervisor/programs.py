"""Which processes the site consists of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from dispatch_site.supervisor.child import Program

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# An open event stream would otherwise hold up the web process's end.
GRACE_SECONDS = 3


def site_programs(*, host: str, port: int, environment: Mapping[str, str]) -> list[Program]:
    """The web process, a worker per queue (a shared worker can lose a task), and the clock."""
    manage = [sys.executable, str(BASE_DIR / "manage.py")]
    quiet = {**environment, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(BASE_DIR)}
    return [
        Program(
            "web",
            [
                sys.executable,
                "-m",
                "uvicorn",
                "dispatch_site.asgi:application",
                *("--host", host),
                *("--port", str(port)),
                *("--timeout-graceful-shutdown", str(GRACE_SECONDS)),
                *("--lifespan", "off"),
                *("--log-level", "warning"),
                "--no-access-log",
                "--no-server-header",
            ],
            quiet,
        ),
        Program("timeouts", [*manage, "rqworker", "timeouts", "--verbosity", "0"], quiet),
        Program("searches", [*manage, "rqworker", "searches", "--verbosity", "0"], quiet),
        Program("default", [*manage, "rqworker", "default", "--verbosity", "0"], quiet),
        Program("clock", [*manage, "clock"], quiet),
    ]
