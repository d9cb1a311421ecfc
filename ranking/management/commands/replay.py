"""``manage.py replay``: the decisions of the past under another revision."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network.clock import app_now
from ranking.criteria import REGISTRY
from ranking.errors import PolicyError
from ranking.models import RankingPolicy
from ranking.services.policies import active_policy
from ranking.services.replays import compare

ONE_STEP = (
    "One step only: it shows who would have been asked first, not what they would have answered. "
    "Acceptance and first-time fix are estimates from each contractor's record at the time."
)


class Command(BaseCommand):
    help = (
        "Replays the branch's logged decisions under a revision (usually a draft) and compares "
        "the first calls with those of the policy in force. Changes nothing. " + ONE_STEP
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--policy", required=True, metavar="BRANCH:REVISION", help="as in boston:15, or an id"
        )
        parser.add_argument("--days", type=int, default=30, help="how far back (default 30)")
        parser.add_argument("--trade", default="", help="only this trade, as in plumbing")
        parser.add_argument("--json", action="store_true", help="the whole report, alone on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        policy = _policy(options["policy"])
        if not 1 <= options["days"] <= 366:
            raise CommandError("--days must lie between 1 and 366.")
        end = app_now()
        start = end - timedelta(days=options["days"])
        began = time.monotonic()
        try:
            against = active_policy(policy.branch_id, *policy.scope)
            report = compare(
                policy=policy,
                against=against,
                start=start,
                end=end,
                trade=options["trade"],
                progress=lambda done, total: self.stderr.write(f"{done:,} of {total:,} decisions"),
            )
        except PolicyError as error:
            raise CommandError(error.detail) from error
        report = {
            "branch": policy.branch.slug,
            "revision": policy.revision,
            "against": against.revision,
            "start": start.isoformat(),
            "end": end.isoformat(),
            "trade": options["trade"],
            "seconds": round(time.monotonic() - began, 3),
            "one_step": ONE_STEP,
            **report,
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        for line in _lines(report):
            self.stdout.write(line)


def _policy(name: str) -> RankingPolicy:
    policies = RankingPolicy.objects.select_related("branch")
    branch, _, revision = name.rpartition(":")
    if branch and revision.isdecimal():
        found = policies.filter(branch__slug=branch, revision=int(revision)).first()
    else:
        found = policies.filter(id=int(name)).first() if name.isdecimal() else None
    if found is None:
        raise CommandError(f"There is no revision {name!r}. Name it as in boston:15, or by its id.")
    return found


def _lines(report: dict[str, Any]) -> list[str]:
    lines = [
        f"{report['changed']:,} of {report['decisions']:,} first calls change hands"
        f" (revision {report['revision']} against {report['against']}, {report['seconds']} s)",
    ]
    figures = {
        **report["first_call"],
        "newcomer_share": report.get("newcomer_share"),
        "fairness (Gini)": report.get("fairness"),
    }
    for name, figure in figures.items():
        if figure and figure["change"] is not None:
            margin = "" if figure["margin"] is None else f" ± {figure['margin']:.4g}"
            clear = "" if figure["clear"] else ", no clear change"
            lines.append(
                f"  {name}: {figure['before']:.4g} → {figure['after']:.4g}"
                f" ({figure['change']:+.4g}{margin}{clear})"
            )
    for row in report.get("contractor_shares", [])[:5]:
        why = REGISTRY[row["because"]].label.lower() if row["because"] in REGISTRY else "–"
        lines.append(
            f"  contractor {row['contractor']}: {row['before']} → {row['after']}"
            f" (±{row['margin']}, mostly {why})"
        )
    return [*lines, report["one_step"]]
