"""Prove the invariants over the live database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jobs.audit.run import AuditReport, run_audit


class Command(BaseCommand):
    help = (
        "Prove every invariant over the live database, by SQL that relies on no constraint. "
        "Changes nothing; safe while everything runs. Exits with 1 when something is violated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print the report as JSON, alone, on stdout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = run_audit(tell=self.stderr.write)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._print(report)
        if report.violations:
            sys.exit(1)

    def _print(self, report: AuditReport) -> None:
        for finding in report.findings:
            mark = "BROKEN" if finding.ids else "holds "
            left_out = f", {finding.left_out} left out" if finding.left_out else ""
            self.stdout.write(
                f"{mark} {finding.check.title}"
                f" ({finding.violations} of {finding.rows_checked}{left_out})"
            )
            for name in finding.ids[:10]:
                self.stdout.write(f"         {finding.check.id}: {name}")
        self.stdout.write(
            f"{report.violations} violations in {len(report.findings)} checks."
            if report.violations
            else f"All {len(report.findings)} checks hold."
        )
