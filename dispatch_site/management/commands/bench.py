"""``manage.py bench``: the figures of docs/benchmarks.md, measured here and now."""

from __future__ import annotations

import json
import os
import platform
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dispatch_site.bench import (
    accept,
    area,
    coverage,
    expiry,
    protection,
    rank,
    ranking_replay,
    scoring,
)
from dispatch_site.bench.scratch import base_database
from dispatch_site.bench.world import fill


class Command(BaseCommand):
    help = (
        "Measures expiry, accept, ranking, replay, coverage and areas on a scratch database of the "
        "configured server (dropped afterwards) and prints ratios taken in this one run. About 15 "
        "minutes on two cores. Also writes var/bench.json: flat name → number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offers", type=int, default=10_000, help="offers that expire at once")
        parser.add_argument("--technicians", type=int, default=2_000)
        parser.add_argument("--accepts", type=int, default=2_000)
        parser.add_argument("--runs", type=int, default=300, help="runs of the ranking figure")
        parser.add_argument(
            "--only",
            choices=[
                "expiry",
                "lateness",
                "protection",
                "accept",
                "rank",
                "scoring",
                "replay",
                "coverage",
                "area",
            ],
            help="one part of it",
        )
        parser.add_argument("--replays", type=int, default=100_000, help="decisions to replay")

    def handle(self, *args: Any, **options: Any) -> None:
        figures: dict[str, float] = {"cores": float(os.cpu_count() or 0)}
        parts: dict[str, Callable[[dict[str, Any], dict[str, float]], None]] = {
            "expiry": self._expiry,
            "lateness": self._lateness,
            "protection": self._protection,
            "accept": self._accept,
            "rank": self._rank,
            "scoring": self._scoring,
            "replay": self._replay,
            "coverage": self._coverage,
            "area": self._area,
        }
        only = options["only"]
        self._say(
            f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores. "
            "About 15 minutes for everything; nothing else should run beside it."
        )
        with base_database():
            if only not in {"rank", "scoring", "replay", "coverage", "area"}:
                self._say("filling the scratch database …")
                out = fill(offers=options["offers"], technicians=options["technicians"])
                self._say(f"{out} offers are out")
            for name, part in parts.items():
                if only in (None, name):
                    part(options, figures)
                    self._keep(figures)
        width = max(len(name) for name in figures)
        for name, value in figures.items():
            self.stdout.write(f"{name:<{width}}  {value:>12,.2f}")

    def _keep(self, figures: dict[str, float]) -> None:
        """After each part, so that a run cut short still leaves what it measured."""
        target = Path(settings.VAR_DIR) / "bench.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(figures, indent=2) + "\n")

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _expiry(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("expiry: one batch …")
        ours, next_ours = expiry.batch()
        self._say(f"  {ours:.1f} s, {next_ours} next offers; one RQ task per offer …")
        tasks, next_tasks = expiry.task_each()
        self._say(f"  {tasks:.1f} s, {next_tasks} next offers; ORM loop …")
        loop, next_loop = expiry.loop()
        self._say(f"  {loop:.1f} s, {next_loop} next offers")
        offers = options["offers"]
        figures["expiry_offers"] = offers
        figures["expiry_per_second"] = offers / ours
        figures["expiry_vs_rq_task_each"] = tasks / ours
        figures["expiry_vs_orm_loop"] = loop / ours
        figures["expiry_next_offers"] = next_ours

    def _lateness(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("lateness: a real clock and real workers …")
        found = expiry.lateness(offers=min(2_000, options["offers"]), over_seconds=30)
        figures["expiry_lateness_p50_ms"] = found["p50_ms"]
        figures["expiry_lateness_p99_ms"] = found["p99_ms"]
        figures["expiry_early"] = found["early"]

    def _protection(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("protection: visits given back while all the offers expire …")
        times, due = protection.step_times(visits=min(300, options["offers"] // 10))
        ordered = sorted(times)
        figures["protection_offers_expiring"] = due
        figures["protection_steps"] = len(ordered)
        figures["protection_step_p50_ms"] = ordered[len(ordered) // 2] * 1_000
        figures["protection_step_p99_ms"] = ordered[int(len(ordered) * 0.99)] * 1_000
        figures["plan_of_windows_p99_ms"] = protection.plan_milliseconds()

    def _accept(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("accept: the service against pgbench …")
        count = min(options["accepts"], options["offers"])
        ours, pgbench, statements = accept.accepts_per_second(count=count)
        figures["accept_per_second"] = ours
        figures["accept_pgbench_per_second"] = pgbench
        figures["accept_vs_pgbench"] = ours / pgbench
        figures["accept_statements"] = statements

    def _rank(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("ranking: 2,000 contractors …")
        small = rank.rank_times(contractors=2_000, runs=options["runs"])
        self._say("ranking: 20,000 contractors …")
        large = rank.rank_times(contractors=20_000, runs=options["runs"])
        figures["rank_p50_ms_2k"] = sorted(small)[len(small) // 2]
        figures["rank_p50_ms_20k"] = sorted(large)[len(large) // 2]
        figures["rank_p99_ms_20k"] = rank.p99(large)
        figures["rank_growth_2k_to_20k"] = figures["rank_p50_ms_20k"] / figures["rank_p50_ms_2k"]

    def _scoring(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("scoring: one job with 60 candidates …")
        figures |= scoring.scoring_figures()

    def _replay(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        count = options["replays"]
        self._say(f"replay: {count:,} logged decisions, and some through the ORM …")
        figures |= ranking_replay.replay_against_orm(decisions=count, by_orm=min(300, count))

    def _coverage(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("coverage: 2,000 technicians, 15,000 past requests …")
        figures |= coverage.coverage_figures(technicians=2_000, requests=15_000, runs=20, by_orm=40)

    def _area(self, options: dict[str, Any], figures: dict[str, float]) -> None:
        self._say("areas: saved and asked again, 2,000 technicians …")
        figures |= area.area_figures(technicians=2_000, requests=15_000, runs=20)
