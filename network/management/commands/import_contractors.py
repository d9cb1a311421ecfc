"""Imports a list of contractors."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network.errors import NetworkError
from network.imports.mapping import load_mapping
from network.imports.reading import LARGEST_BYTES
from network.imports.service import ImportReport, import_contractors
from network.models import Branch

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Puts the firms of a CSV or XLSX list into a branch's network. The mapping (TOML) names "
        "columns and says what new firms get; see docs/examples/boston-contractors.toml. Bad rows "
        "are reported by line and never stop the rest; importing the same list twice adds nothing. "
        "undo_contractor_import takes the last import back. Exit 1 when rows were rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the list, CSV (UTF-8) or XLSX")
        parser.add_argument("--branch", required=True, metavar="SLUG")
        parser.add_argument("--mapping", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
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
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        found = find_branch(branch)
        try:
            loaded = load_mapping(mapping)
            with file.open("rb") as stream:
                content = stream.read(LARGEST_BYTES + 1)
            report = import_contractors(
                branch=found,
                content=content,
                file_name=file.name,
                mapping=loaded,
                dry_run=dry_run,
                progress=lambda what, done, of: print(
                    f"{what}: {done:,} of {of:,}", file=sys.stderr, flush=True
                ),
            )
        except NetworkError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            self._show(report)
        if report.rejected:
            sys.exit(1)

    def _show(self, report: ImportReport) -> None:
        would = "would be " if report.dry_run else ""
        self.stdout.write(
            f"{report.read:,} rows read: {report.created:,} firms {would}created, "
            f"{report.updated:,} {would}updated, {report.unchanged:,} unchanged, "
            f"{len(report.without_trade_lines):,} without a trade of this branch, "
            f"{len(report.rejected):,} rejected"
        )
        for cell, count in report.without_trade.items():
            self.stdout.write(f"  no trade for “{cell}”: {count:,} rows")
        for row in report.rejected[:SHOWN]:
            where = f"line {row.line}" + (f", {row.column}" if row.column else "")
            self.stdout.write(f"  {where}: {row.reason}")
        if len(report.rejected) > SHOWN:
            self.stdout.write(f"  … and {len(report.rejected) - SHOWN:,} more rejected")
        if report.dry_run:
            for change in report.changes[:SHOWN]:
                fields = ", ".join(
                    f"{name} “{after}”" if not before else f"{name} “{before}” → “{after}”"
                    for name, (before, after) in change.fields.items()
                )
                self.stdout.write(f"  line {change.line}: {change.action}: {fields}")
            if len(report.changes) > SHOWN:
                self.stdout.write(f"  … and {len(report.changes) - SHOWN:,} more")


def find_branch(slug: str) -> Branch:
    """Raises CommandError that names the branches there are."""
    found = Branch.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Branch.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no branch “{slug}”. Branches: {known}.")
    return found
