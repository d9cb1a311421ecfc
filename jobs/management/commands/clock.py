"""``manage.py clock``: runs the clock until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from jobs.clock import Clock


class Command(BaseCommand):
    help = (
        "Looks at the due list about every 200 ms and hands what is due to the RQ workers; "
        "does the work itself when no worker takes it within a second. Runs until SIGTERM. "
        "Several clocks may run at once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        clock = Clock()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: clock.stop.set())
        clock.run()
