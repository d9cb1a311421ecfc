"""Takes a branch's last import of contractors back."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network.errors import NetworkError
from network.imports.service import undo_last_import
from network.management.commands.import_contractors import find_branch


class Command(BaseCommand):
    help = (
        "Removes the firms that the branch's last import made and gives those it changed their old "
        "values back. Firms that have work, papers or logins since are kept and named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--branch", required=True, metavar="SLUG")
        parser.add_argument(
            "--json", dest="as_json", action="store_true", help="one JSON report on stdout"
        )

    def handle(self, *, branch: str, as_json: bool, **options: Any) -> None:
        try:
            report = undo_last_import(branch=find_branch(branch))
        except NetworkError as error:
            raise CommandError(error.detail) from error
        if as_json:
            self.stdout.write(
                json.dumps(
                    {
                        "removed": report.removed,
                        "restored": report.restored,
                        "kept": report.kept,
                    },
                    ensure_ascii=False,
                )
            )
            return
        self.stdout.write(
            f"{report.removed:,} firms removed, {report.restored:,} restored, "
            f"{len(report.kept):,} kept"
        )
        for name in report.kept:
            self.stdout.write(f"  kept: {name}")
