"""Imports a CSV file of service requests."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.actors import Actor
from jobs.intake.errors import IntakeError
from jobs.intake.mapping import load_mapping
from jobs.intake.past import import_past_requests
from jobs.intake.service import Report, import_requests
from network.models import Branch


class Command(BaseCommand):
    help = (
        "Makes jobs of the service requests in a CSV file. The mapping (TOML) names columns, date "
        "format, time zone, service types, priorities, windows and a shift of dates; see "
        "docs/examples/boston.toml. Bad rows are reported with line, column and reason and never "
        "stop the rest; importing the same file twice adds nothing. Exit 1 when rows were rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file, or - for standard input")
        parser.add_argument("--branch", required=True, metavar="SLUG")
        parser.add_argument("--mapping", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--from", dest="first_day", type=day, metavar="DATE", help="first day, as in the file"
        )
        parser.add_argument(
            "--to", dest="last_day", type=day, metavar="DATE", help="last day, included"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, write nothing"
        )
        parser.add_argument(
            "--as-history",
            action="store_true",
            help="keep the requests as demand of the past (coverage): makes no jobs, asks nobody",
        )
        parser.add_argument(
            "--until-now",
            action="store_true",
            help="with --as-history and --to: move the dates by whole weeks up to the last days",
        )
        parser.add_argument(
            "--json", dest="as_json", action="store_true", help="one JSON report on stdout"
        )

    def handle(
        self,
        *,
        file: Path,
        branch: str,
        mapping: Path,
        first_day: date | None,
        last_day: date | None,
        dry_run: bool,
        as_history: bool,
        until_now: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        if until_now and not as_history:
            raise CommandError("--until-now goes with --as-history; jobs are moved by the mapping.")
        found = Branch.objects.filter(slug=branch).first()
        if found is None:
            known = ", ".join(Branch.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no branch “{branch}”. Branches: {known}.")
        try:
            loaded = load_mapping(mapping)
            with open(0, "rb", closefd=False) if str(file) == "-" else file.open("rb") as stream:
                days: dict[str, Any] = {
                    "first_day": first_day,
                    "last_day": last_day,
                    "dry_run": dry_run,
                    "say": lambda line: print(line, file=sys.stderr, flush=True),
                }
                if as_history:
                    report = import_past_requests(
                        stream, branch=found, mapping=loaded, until_now=until_now, **days
                    )
                else:
                    report = import_requests(
                        stream,
                        branch=found,
                        mapping=loaded,
                        actor=Actor("import", f"Import of {file.name}"[:120]),
                        **days,
                    )
        except IntakeError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        self._show(report, what="past requests" if as_history else "jobs", as_json=as_json)
        if report.rejected_count:
            sys.exit(1)

    def _show(self, report: Report, *, what: str, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        done = "kept" if what == "past requests" else "made"
        made = f"would be {done}" if report.dry_run else done
        self.stdout.write(
            f"{report.read:,} rows read: {report.created:,} {what} {made}, "
            f"{report.already_there:,} there already, {report.left_out:,} left out, "
            f"{report.rejected_count:,} rejected"
        )
        for one in report.rejected:
            where = f"line {one['line']}" + (f", {one['column']}" if one["column"] else "")
            self.stdout.write(f"  {where}: {one['reason']}")
        if report.rejected_count > len(report.rejected):
            self.stdout.write(f"  … and {report.rejected_count - len(report.rejected):,} more")


def day(text: str) -> date:
    """A date from ISO text, for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a date such as 2015-08-03") from error
