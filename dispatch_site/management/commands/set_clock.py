"""Chooses how domain time runs."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from network.clock import install_scaled_clock, install_wall_clock


class Command(BaseCommand):
    help = (
        "Lets domain time (windows, deadlines, visits) run N times as fast as the wall, for demos "
        "and simulations. --scale 1 without --start is wall time again. Domain time never goes "
        "back. Refused in production."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=float, required=True, help="domain seconds a second")
        parser.add_argument(
            "--start",
            type=moment,
            help="ISO date and time to begin at; UTC unless it has an offset",
        )

    def handle(self, *, scale: float, start: datetime | None, **options: Any) -> None:
        if settings.PRODUCTION and (scale != 1 or start is not None):
            raise CommandError(
                "A scaled clock would move real customers' deadlines: it needs DEMO=1 or DEBUG=1."
            )
        try:
            if scale == 1 and start is None:
                info = install_wall_clock()
            else:
                info = install_scaled_clock(scale=scale, start=start)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(
            f"domain time is {info.now.isoformat()} and runs {info.scale:g} times as fast"
        )


def moment(text: str) -> datetime:
    """An aware datetime from ISO text; a time without offset is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
