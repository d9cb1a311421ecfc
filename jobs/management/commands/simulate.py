"""Plays a day of customers and contractors against the running stack."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jobs.intake.errors import IntakeError
from jobs.intake.mapping import load_mapping
from jobs.intake.service import Report, read_drafts
from jobs.management.commands.import_requests import day
from jobs.simulation.demand import Request, draw_requests, requests_from
from jobs.simulation.errors import SimulationError
from jobs.simulation.numbers import with_changes
from jobs.simulation.pace import Pace
from jobs.simulation.simulator import Simulation
from jobs.simulation.stack import find_stack
from jobs.simulation.world import CENTRE, ZONE


class Command(BaseCommand):
    help = (
        "Plays customers and contractors, drawn from a seed, against the running stack and prints "
        "a report. Needs a stack whose domain time runs fast; start one in another terminal: "
        "make run TIME_SCALE=240. Makes a fresh branch labelled simulated and touches no other. "
        "Requests are drawn (--jobs) or real (--requests FILE --mapping FILE --from --to). Ends "
        "when every job is final or waits for a human. docs/simulation.md explains every figure."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--jobs", type=at_least_1, help="how many requests to draw")
        parser.add_argument("--technicians", type=at_least_1, default=200)
        parser.add_argument("--seed", type=int, default=1, help="fixes every draw")
        parser.add_argument(
            "--days", type=at_least_1, default=1, help="days over which drawn requests arrive"
        )
        parser.add_argument("--requests", type=Path, metavar="FILE", help="real requests (CSV)")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="how to read them (TOML)")
        parser.add_argument("--from", dest="first_day", type=day, metavar="DATE")
        parser.add_argument("--to", dest="last_day", type=day, metavar="DATE")
        parser.add_argument(
            "--set",
            dest="changes",
            action="append",
            default=[],
            metavar="NAME=NUMBER",
            help="another figure than usual, such as accepted=0.5 (repeatable)",
        )
        parser.add_argument(
            "--protection",
            choices=("on", "off"),
            default="on",
            help="off: the machine looks for nobody else when somebody drops out",
        )
        parser.add_argument(
            "--keep-up",
            nargs="?",
            type=float,
            const=0.0,
            metavar="SCALE",
            help="slow the stack's clock while anything is late, for a busy machine; and let it "
            "run up to SCALE where nothing is (the pace it has, unless said)",
        )
        parser.add_argument("--url", default="", help="the site's address, if it is not found")
        parser.add_argument(
            "--json", dest="as_json", action="store_true", help="one JSON report on stdout"
        )

    def handle(
        self,
        *,
        jobs: int | None,
        technicians: int,
        seed: int,
        days: int,
        requests: Path | None,
        mapping: Path | None,
        first_day: date | None,
        last_day: date | None,
        changes: list[str],
        protection: str,
        keep_up: float | None,
        url: str,
        as_json: bool,
        **options: Any,
    ) -> None:
        if settings.PRODUCTION:
            raise CommandError("Simulations are refused in production.")
        if (jobs is None) == (requests is None):
            raise CommandError("Give either --jobs N or --requests FILE.")
        if (requests is None) != (mapping is None):
            raise CommandError("--requests and --mapping belong together.")
        try:
            numbers = with_changes(changes)
            address = find_stack(url=url, var=settings.VAR_DIR)
            pace = Pace.of_the_stack()
            if requests is not None and mapping is not None:
                wanted = self._real(requests, mapping, first_day, last_day, pace)
            else:
                wanted = draw_requests(
                    count=jobs or 0,
                    days=days,
                    seed=seed,
                    begin=pace.now() + timedelta(seconds=10 * pace.scale),
                    zone=ZoneInfo(ZONE),
                    centre=CENTRE,
                )
            report = Simulation(
                url=address,
                requests=wanted,
                technicians=technicians,
                seed=seed,
                numbers=numbers,
                pace=pace,
                protects=protection == "on",
                governs=keep_up is not None,
                fastest=keep_up or None,
                say=lambda line: print(line, file=sys.stderr, flush=True),
            ).run()
        except (SimulationError, IntakeError) as error:
            raise CommandError(str(error)) from error
        if as_json:
            self.stdout.write(json.dumps(report))
        else:
            wide = max(map(len, report))
            for name, value in report.items():
                self.stdout.write(f"{name:<{wide}}  {value}")
        if report["audit_violations"] != 0 or report["http_5xx"] or report["open"]:
            sys.exit(1)

    def _real(
        self,
        file: Path,
        mapping_file: Path,
        first_day: date | None,
        last_day: date | None,
        pace: Pace,
    ) -> list[Request]:
        mapping = load_mapping(mapping_file)
        read = Report()
        now = pace.now()
        try:
            with file.open("rb") as stream:
                drafts = list(
                    read_drafts(
                        stream,
                        mapping=mapping,
                        report=read,
                        today=now.astimezone(mapping.zone).date(),
                        first_day=first_day,
                        last_day=last_day,
                    )
                )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        for one in read.rejected:
            print(f"line {one['line']}: {one['reason']}", file=sys.stderr)
        if not drafts:
            raise CommandError("No request of the file falls on these days; see --from and --to.")
        try:
            return requests_from(drafts, begin=now)
        except ValueError as error:
            raise CommandError(
                "Some requests lie in the past. Let the mapping shift their day to tomorrow: "
                '[dates] shift = { day = …, becomes = "tomorrow" }.'
            ) from error


def at_least_1(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number
