"""Replaying the decision log on arrays, against ranking every job again through the ORM."""

from __future__ import annotations

import math
import random
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from django.db import connection
from django.db.models import Count, Q

from dispatch_site.bench.scratch import copy_of_base
from dispatch_site.bench.world import START, make_branch, stop_clock
from network.models import Branch, Contractor, Technician
from ranking.context import DecisionContext
from ranking.criteria import default_weights
from ranking.fingerprint import fingerprint
from ranking.models import Decision, RankingPolicy, Replay, ReplayStatus
from ranking.ordering import logged_facts
from ranking.services.outcomes import OutcomeRow, record_outcomes
from ranking.services.policies import active_policy, create_draft
from ranking.services.replays import compare, run_replay
from ranking.services.scorecards import refresh_scorecards

CANDIDATES = 20
CONTRACTORS = 400
LIMIT = 250.0
#: Decisions made one by one; the log is filled with copies of them.
DIFFERENT = 2_000
#: Facts about the job and the way to it, which only the log knows.
OF_THE_JOB = ("skill_level", "required_level", "travel_minutes", "travel_km", "price", "tier")


def replay_against_orm(*, decisions: int, by_orm: int) -> dict[str, float]:
    """Decisions a second by replay and by the ORM, and their ratio; both give the same answer.

    Both read the log and find each decision's first call under two policies. Replay does all
    ``decisions``; the ORM side does ``by_orm`` of them, loading the candidates' records as
    objects and scoring them in Python, as an application without arrays would. Raises
    RuntimeError when the two disagree on any decision.
    """
    with copy_of_base():
        stop_clock(START)
        branch = make_branch(slug="replay")
        _network(branch)
        _log(branch, decisions)
        live = active_policy(branch.pk)
        draft = create_draft(
            branch_id=branch.pk,
            weights={**default_weights(), "price": 40, "travel_time": 5},
            user_id=None,
        )
        shown: list[int] = []

        def show(done: int, total: int) -> None:
            shown.append(done)
            print(f"\r  {done:,} of {total:,} decisions", end="", file=sys.stderr, flush=True)

        began = time.perf_counter()
        report = compare(
            policy=draft,
            against=live,
            start=START - timedelta(days=31),
            end=START,
            progress=show,
        )
        replay_seconds = time.perf_counter() - began
        print(file=sys.stderr)
        if report["decisions"] != decisions:
            raise RuntimeError(f"{report['decisions']} decisions replayed, not {decisions}")
        task_seconds = _as_task(draft, live, decisions)
        log = Decision.objects.for_branch(branch.pk).order_by("made_at", "id")
        ids = list(log.values_list("pk", flat=True)[:by_orm])
        began = time.perf_counter()
        changed = sum(_changes(pk, live, draft) for pk in ids)
        orm_seconds = time.perf_counter() - began
        last = Decision.objects.get(pk=ids[-1])
        same = compare(
            policy=draft,
            against=live,
            start=START - timedelta(days=31),
            end=last.made_at + timedelta(microseconds=1),
        )
        if (same["decisions"], same["changed"]) != (by_orm, changed):
            raise RuntimeError(f"replay changes {same['changed']}, the ORM {changed} first calls")
    return {
        "replay_decisions": decisions,
        "replay_seconds": replay_seconds,
        "replay_per_second": decisions / replay_seconds,
        "replay_progress_steps": len(shown),
        "replay_task_seconds": task_seconds,
        "replay_vs_orm_ranking": (decisions / replay_seconds) / (by_orm / orm_seconds),
    }


def _as_task(draft: RankingPolicy, live: RankingPolicy, decisions: int) -> float:
    """Seconds of the same replay as a worker runs it: progress and report kept in the database."""
    replay = Replay.objects.create(
        branch_id=draft.branch_id,
        policy=draft,
        against=live,
        digest=fingerprint(draft),
        period_start=START - timedelta(days=31),
        period_end=START,
        total=decisions,
        created_at=START,
    )
    began = time.perf_counter()
    run_replay(replay_id=replay.pk)
    taken = time.perf_counter() - began
    replay.refresh_from_db()
    if replay.status != ReplayStatus.DONE or replay.done != decisions:
        raise RuntimeError(f"the replay ended as {replay.status}: {replay.error}")
    return taken


def _network(branch: Branch) -> None:
    draw = random.Random(7)
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
            for n in range(CONTRACTORS)
        ]
    )
    Technician.objects.bulk_create(
        [Technician(contractor=c, branch=branch, name=c.name) for c in made]
    )
    rows = []
    for contractor in made:
        for _ in range(40):
            at = START - timedelta(days=draw.uniform(0.1, 120))
            for kind, value in (
                (draw.choice(["accepted", "accepted", "declined"]), draw.uniform(1, 40)),
                (draw.choice(["fixed", "fixed", "fixed", "needs_another_visit"]), None),
                (draw.choice(["on_time", "on_time", "on_time", "late"]), None),
                ("rating", float(draw.randint(2, 5))),
            ):
                rows.append(
                    OutcomeRow(
                        branch_id=branch.pk,
                        contractor_id=contractor.pk,
                        kind=kind,
                        due_to="contractor",
                        source_ref=uuid.UUID(int=draw.getrandbits(128)),
                        job_ref=uuid.UUID(int=draw.getrandbits(128)),
                        at=at,
                        value=value,
                    )
                )
    record_outcomes(rows)
    while refresh_scorecards(at=START):
        pass


def _log(branch: Branch, count: int) -> None:
    """Fill the log: some decisions, copied over a month."""
    random_numbers = np.random.default_rng(3)
    names = logged_facts()
    known = {one.pk: _records(one) for one in _with_records(branch.contractors.all())}
    ids = np.array(sorted(known))
    policy = active_policy(branch.pk)
    context = DecisionContext(not_to_exceed=None, currency="USD").as_json()
    context["not_to_exceed"] = str(LIMIT)
    rows = []
    for number in range(min(DIFFERENT, count)):
        chosen = random_numbers.choice(ids, CANDIDATES, replace=False)
        facts = np.full((CANDIDATES, len(names)), np.nan, dtype="<f4")
        for row, contractor_id in enumerate(chosen):
            own = dict(known[int(contractor_id)])
            own |= {
                "skill_level": float(random_numbers.integers(1, 4)),
                "required_level": 1,
                "travel_minutes": random_numbers.gamma(4, 6),
                "travel_km": random_numbers.gamma(4, 2),
                "price": random_numbers.uniform(90, LIMIT),
                "tier": float(random_numbers.integers(1, 4)),
                "client_preferred": 0,
                "earlier_visits": 0,
                "stops_nearby": 0,
            }
            for name, value in own.items():
                facts[row, names.index(name)] = value
        rows.append(
            Decision(
                branch=branch,
                job_ref=uuid.UUID(int=number + 1),
                round_number=1,
                policy=policy,
                made_at=START - timedelta(days=30) + timedelta(seconds=20 * number),
                criteria=[],
                contractor_ids=chosen.tolist(),
                technician_ids=chosen.tolist(),
                fact_names=list(names),
                facts=facts.tobytes(),
                scores=[0.0] * CANDIDATES,
                context=context,
                asset="",
                fallback="",
            )
        )
    Decision.objects.bulk_create(rows, batch_size=500)
    columns = (
        "branch_id, policy_id, criteria, contractor_ids, technician_ids, fact_names, facts,"
        " scores, context, not_eligible"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ranking_decision (job_ref, round_number, made_at, {columns})"
            f" SELECT gen_random_uuid(), 1, made_at + copy * interval '10 minutes', {columns}"
            "   FROM generate_series(1, %s) AS copy, ranking_decision"
            "  WHERE branch_id = %s ORDER BY copy, ranking_decision.id LIMIT %s",
            [math.ceil(count / len(rows)), branch.pk, count - len(rows)],
        )
        cursor.execute("ANALYZE")


def _with_records(contractors: object) -> Sequence[Contractor]:
    """Contractors with all that ranking reads about them, as objects."""
    since = START - timedelta(days=14)
    recent = Count(
        "outcomes", filter=Q(outcomes__kind="accepted", outcomes__at__gt=since), distinct=True
    )
    return list(
        contractors.select_related("scorecard").annotate(  # type: ignore[attr-defined]
            recent=recent,
            crew=Count("technicians", filter=Q(technicians__active=True), distinct=True),
        )
    )


def _records(contractor: Contractor) -> dict[str, float]:
    """The facts that stand in a contractor's record, in the log's precision."""
    card = contractor.scorecard
    names = (
        "rating_mean", "accept_rate", "response_minutes", "fix_rate", "on_time_rate",
        "strikes_rate", "commitments_count",
    )  # fmt: skip
    own = {name: float(np.float32(getattr(card, name))) for name in names}
    own["recent_jobs"] = float(contractor.recent)  # type: ignore[attr-defined]
    own["technicians"] = float(contractor.crew)  # type: ignore[attr-defined]
    return own


def _changes(decision_id: int, live: RankingPolicy, draft: RankingPolicy) -> bool:
    """Whether a decision's first call differs under the two policies; candidate by candidate."""
    decision = Decision.objects.select_related("policy", "branch").get(pk=decision_id)
    records = {
        one.pk: _records(one)
        for one in _with_records(Contractor.objects.filter(pk__in=decision.contractor_ids))
    }
    matrix = np.frombuffer(decision.facts, dtype="<f4").reshape(CANDIDATES, -1)
    places = {name: decision.fact_names.index(name) for name in OF_THE_JOB}
    limit = float(decision.context["not_to_exceed"])
    field = []
    for row, contractor_id in enumerate(decision.contractor_ids):
        own = {name: float(matrix[row, place]) for name, place in places.items()}
        field.append((contractor_id, own | records[contractor_id]))
    loads = [own["recent_jobs"] / max(1.0, own["technicians"]) for _, own in field]
    usual = float(np.sort(loads).mean()) + 1.0
    firsts = []
    for policy in (live, draft):
        ranked = []
        for contractor_id, own in field:
            values = _values(own, limit, usual)
            total = sum(
                round(policy.weights[key] * 1000) * round(value * 1_000_000)
                for key, value in values.items()
            )
            ranked.append((-total, contractor_id))
        firsts.append(min(ranked)[1])
    return firsts[0] != firsts[1]


def _values(own: dict[str, float], limit: float, usual: float) -> dict[str, float]:
    """Every criterion's value for one candidate, one number after the other."""

    def share(number: float) -> float:
        return min(1.0, max(0.0, number))

    load = own["recent_jobs"] / max(1.0, own["technicians"])
    return {
        "skill_level": share((1 + own["skill_level"] - own["required_level"]) / 3),
        "travel_time": 2.0 ** (-own["travel_minutes"] / 30.0),
        "price": share((limit - own["price"]) / (0.5 * limit)),
        "customer_rating": share((own["rating_mean"] - 1) / 4) ** 2,
        "first_time_fix": share(own["fix_rate"]),
        "on_time": share(2 * own["on_time_rate"] - 1),
        "reliability": 2.0 ** (-own["strikes_rate"] / 0.2),
        "acceptance": share(own["accept_rate"]),
        "response_speed": 2.0 ** (-own["response_minutes"] / 15.0),
        "fair_share": usual / (usual + load),
        "preferred_tier": {1: 0.8, 2: 0.5, 3: 0.2}[round(own["tier"])],
        "continuity": 0.0,
        "route_density": 0.0,
    }
