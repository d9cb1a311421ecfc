"""One job with 60 candidates: scored without I/O, and what logging its decision takes."""

from __future__ import annotations

import time
import uuid
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

import numpy as np
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatch_site.bench.scratch import copy_of_base
from dispatch_site.bench.world import START, make_branch, stop_clock
from network.models import Branch, Contractor, Technician
from ranking.context import DecisionContext
from ranking.criteria import default_weights
from ranking.explain import facts_of
from ranking.models import Decision
from ranking.ordering import order_candidates
from ranking.rules import clean_rules
from ranking.rules.apply import ticket
from ranking.services.decisions import Candidate, decide
from ranking.services.outcomes import OutcomeRow, record_outcomes
from ranking.services.scorecards import refresh_scorecards

CANDIDATES = 60
RUNS = 2_000
#: A rule of every sort that reads facts, so that the figure is not that of an empty policy.
RULES = [
    {"kind": "must", "condition": "travel_at_most", "value": 90},
    {"kind": "prefer", "condition": "served_within", "value": 30},
    {"kind": "newcomers", "value": 6},
    {"kind": "cap", "value": 40},
]


def scoring_figures() -> dict[str, float]:
    """Milliseconds to score and order 60 candidates by all criteria and four rules (median of
    2,000 runs, facts in memory), and queries, inserts and stored bytes of one decision on them.
    """
    with copy_of_base():
        stop_clock(START)
        branch = make_branch(slug="scoring")
        candidates = _sixty(branch)
        context = DecisionContext(not_to_exceed=Decimal(250))
        decided = {
            "branch_id": branch.pk,
            "round_number": 1,
            "at": START,
            "candidates": candidates,
            "context": context,
            "not_eligible": {"outside_territory": 900, "fully_booked": 240, "not_cleared": 3},
            "asset": "1 main street 02108",
        }
        decide(job_ref=uuid.UUID(int=1), **decided)
        with CaptureQueriesContext(connection) as captured:
            decision = decide(job_ref=uuid.UUID(int=2), **decided)
        sent = [query["sql"] for query in captured.captured_queries]
        figures = {
            "score_60_ms": _score_ms(decision),
            "decision_queries": float(len(sent)),
            "decision_inserts": float(sum(sql.startswith("INSERT") for sql in sent)),
            "decision_bytes": _stored_bytes(decision),
        }
    if figures["decision_inserts"] != 1:
        raise RuntimeError(f"{figures['decision_inserts']:.0f} inserts for one decision, not 1")
    return figures


def _sixty(branch: Branch) -> list[Candidate]:
    random = np.random.default_rng(5)
    made = Contractor.objects.bulk_create(
        [
            Contractor(
                branch=branch,
                name=f"Simulated {n}",
                status="active",
                cleared_until=date(2028, 1, 1),
                base_latitude=branch.latitude,
                base_longitude=branch.longitude,
                joined_on=date(2025, 1, 1),
                is_simulated=True,
            )
            for n in range(CANDIDATES)
        ]
    )
    people = Technician.objects.bulk_create(
        [Technician(contractor=one, branch=branch, name=one.name) for one in made]
    )
    # Records of their own, or the log's row would compress better than it does in life.
    record_outcomes([row for one in made for row in _past(one, random)])
    while refresh_scorecards(at=START):
        pass
    return [
        Candidate(
            contractor_id=contractor.pk,
            technician_id=technician.pk,
            travel_minutes=float(random.gamma(4, 6)),
            travel_km=float(random.gamma(4, 2)),
            skill_level=int(random.integers(1, 4)),
            required_level=1,
            price=Decimal(int(random.integers(90, 250))),
            tier=int(random.integers(1, 4)),
            stops_nearby=int(random.integers(0, 3)),
        )
        for contractor, technician in zip(made, people, strict=True)
    ]


def _past(contractor: Contractor, random: np.random.Generator) -> list[OutcomeRow]:
    rows = []
    for _ in range(int(random.integers(3, 40))):
        at = START - timedelta(days=float(random.uniform(0.1, 120)))
        for kind, value in (
            (random.choice(["accepted", "accepted", "declined"]), float(random.uniform(1, 40))),
            (random.choice(["fixed", "fixed", "fixed", "needs_another_visit"]), None),
            (random.choice(["on_time", "on_time", "on_time", "late"]), None),
            ("rating", float(random.integers(2, 6))),
        ):
            rows.append(
                OutcomeRow(
                    branch_id=contractor.branch_id,
                    contractor_id=contractor.pk,
                    kind=str(kind),
                    due_to="contractor",
                    source_ref=uuid.UUID(bytes=random.bytes(16)),
                    job_ref=uuid.UUID(bytes=random.bytes(16)),
                    at=at,
                    value=value,
                )
            )
    return rows


def _score_ms(decision: Decision) -> float:
    facts = {name: column.astype(np.float64) for name, column in facts_of(decision).items()}
    ids = np.array(decision.contractor_ids, dtype=np.int64)
    context = DecisionContext.from_json(decision.context)
    weights, rules = default_weights(), clean_rules(RULES)
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        order_candidates(
            facts=facts,
            weights=weights,
            rules=rules,
            context=context,
            contractor_ids=ids,
            ticket=ticket(decision.job_ref, 1),
            asset=decision.asset,
        )
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


def _stored_bytes(decision: Decision) -> float:
    """What the row takes in the table, compressed as PostgreSQL keeps it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_column_size(one.*) FROM ranking_decision AS one WHERE id = %s",
            [decision.pk],
        )
        return float(cursor.fetchone()[0])
