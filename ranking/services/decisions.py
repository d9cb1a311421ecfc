"""Ranking one round: read the records, order the candidates, log the decision."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.fallback import order_without_fail, plan_for
from ranking.models import BranchMeans, Decision, RankingPolicy
from ranking.ordering import logged_facts
from ranking.rules.apply import CAP_FROM_JOBS, same_asset, ticket
from ranking.services.policies import ensure_policy
from ranking.smoothing import Means
from ranking.standing import Standing, read_standings

LEFT_OUT = "left_out_by_policy"
"""Under this name ``Decision.not_eligible`` counts whom a rule of the policy left out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contractor who can do the job, represented by its best technician.

    ``price`` is what the visit costs in the branch's currency, ``required_level`` 0 where the
    work asks for no skill, ``tier`` 1 to 3. None means not known: ``earlier_visits`` counts
    finished visits to this customer or site, ``days_since_visit`` how long ago the last one was
    (not given, the log knows of visits at the same ``asset``),
    ``stops_nearby`` the technician's other stops that day within ``route_density.NEARBY_KM``.
    """

    contractor_id: int
    technician_id: int
    travel_minutes: float
    travel_km: float
    skill_level: int
    required_level: int
    price: Decimal
    tier: int
    preferred_by_client: bool = False
    earlier_visits: int | None = None
    days_since_visit: float | None = None
    stops_nearby: int | None = None


def decide(**facts: Any) -> Decision:
    """Order the candidates of a round and log how: ``draft_decision`` with its row written.

    Raises IntegrityError when the round was decided already.
    """
    decision = draft_decision(**facts)
    decision.save(force_insert=True)
    return decision


def draft_decision(
    *,
    branch_id: int,
    job_ref: UUID,
    round_number: int,
    at: datetime,
    candidates: Sequence[Candidate],
    context: DecisionContext,
    not_eligible: Mapping[str, int],
    service_type_id: int | None = None,
    client_id: int | None = None,
    asset: str = "",
    customer_jobs: Sequence[UUID] = (),
) -> Decision:
    """Order the candidates by the policy that fits the job; nothing is written.

    ``at`` is domain time. The most specific live policy for ``service_type_id`` and ``client_id``
    decides; ``asset`` names the place or machine, for pinned orders and earlier visits, and
    ``customer_jobs`` the same customer's other jobs, for visits elsewhere. Two queries whatever
    the number of candidates (policies and means, records); without candidates one, and the log's
    row makes one more. A branch without a policy gets the default one. A decision without
    candidates is logged too: it says why there were none. The branch's means come from the
    database, whatever ``context`` holds.

    A policy that can not be used never stops a job: an earlier one is used and
    ``Decision.fallback`` says so. Raises ValueError when a contractor is there twice.
    """
    contractor_ids = np.array([one.contractor_id for one in candidates], dtype=np.int64)
    if len(set(contractor_ids.tolist())) != len(candidates):
        raise ValueError("every candidate needs a different number: a contractor is there twice")
    policy, *wider = _policies_with_means(branch_id, service_type_id, client_id)
    means = _means_of(policy)
    context = replace(context, means=means)
    asset = same_asset(asset)[:200]
    standings = read_standings(
        contractor_ids=contractor_ids.tolist(),
        means=means,
        at=at,
        branch_id=branch_id,
        asset=asset,
        customer_jobs=customer_jobs,
    )
    names = logged_facts()
    matrix = facts_matrix(candidates, standings, names, means)
    ordered, plan = order_without_fail(
        plan_for(policy, wider),
        facts={name: matrix[:, column] for column, name in enumerate(names)},
        context=context,
        contractor_ids=contractor_ids,
        ticket=ticket(job_ref, round_number),
        asset=asset,
    )
    order, out = ordered.order, ordered.left_out
    counts = {rule: count for rule, count in not_eligible.items() if count}
    if len(out):
        counts[LEFT_OUT] = counts.get(LEFT_OUT, 0) + len(out)
    decision = Decision(
        branch_id=branch_id,
        job_ref=job_ref,
        round_number=round_number,
        service_type_id=service_type_id,
        client_id=client_id,
        asset=asset,
        policy=plan.policy,
        made_at=at,
        criteria=list(ordered.ranked.criteria),
        contractor_ids=contractor_ids[order].tolist(),
        technician_ids=[candidates[row].technician_id for row in order],
        fact_names=list(names),
        facts=matrix[order].tobytes(),
        scores=[round(float(score), 4) for score in ordered.ranked.scores[order]],
        context=context.as_json(),
        not_eligible=counts,
        fallback=plan.reason,
    )
    if len(out):
        decision.left_out_ids = contractor_ids[out].tolist()
        decision.left_out_technician_ids = [candidates[row].technician_id for row in out]
        decision.left_out_rules = ordered.applied.left_out[out].tolist()
        decision.left_out_facts = matrix[out].tobytes()
    if not plan.own:
        decision.weights = {
            "weights": dict(plan.weights),
            "rules": [rule.as_json() for rule in plan.rules],
        }
    return decision


def facts_matrix(
    candidates: Sequence[Candidate],
    standings: Sequence[Standing],
    names: Sequence[str],
    means: Means,
) -> NDArray[np.float32]:
    """One row of facts per candidate, NaN where unknown or no number, as logged.

    Already in the log's precision, so that explaining or replaying a decision works on exactly
    the numbers it was made with.
    """
    matrix = np.full((len(candidates), len(names)), np.nan, dtype="<f4")
    columns = {name: column for column, name in enumerate(names)}
    for row, (candidate, standing) in enumerate(zip(candidates, standings, strict=True)):
        facts: dict[str, float | Decimal | None] = {
            "skill_level": candidate.skill_level,
            "required_level": candidate.required_level,
            "travel_minutes": candidate.travel_minutes,
            "travel_km": candidate.travel_km,
            "price": candidate.price,
            "tier": candidate.tier,
            "client_preferred": candidate.preferred_by_client,
            "stops_nearby": candidate.stops_nearby,
            "work_share": _work_share(standing, means),
            **asdict(standing),
        }
        if candidate.earlier_visits is not None:
            facts["earlier_visits"] = candidate.earlier_visits
            facts["days_since_visit"] = candidate.days_since_visit
        for name, value in facts.items():
            # a fact whose only criterion is gone is not logged any more
            if name in columns and value is not None and math.isfinite(value):
                matrix[row, columns[name]] = float(value)
    return matrix


def _work_share(standing: Standing, means: Means) -> float | None:
    """Share of the branch's recent work, 0 to 1; not known while there was hardly any."""
    total = max(means.recent_accepted, standing.recent_jobs)
    return standing.recent_jobs / total if total >= CAP_FROM_JOBS else None


def _policies_with_means(
    branch_id: int, service_type_id: int | None, client_id: int | None
) -> list[RankingPolicy]:
    """The live policies that fit, the one in force first; never empty."""
    fitting = RankingPolicy.objects.for_job(branch_id, service_type_id, client_id).select_related(
        "branch__ranking_means"
    )
    found = list(fitting)
    if found and found[-1].scope == (None, None):
        return found
    # a branch made by hand: never let a missing policy stop a customer's job
    ensure_policy(branch_id=branch_id)
    return list(fitting.all())


def _means_of(policy: RankingPolicy) -> Means:
    try:
        row = policy.branch.ranking_means
    except BranchMeans.DoesNotExist:
        return Means()
    return Means(**{field.name: getattr(row, field.name) for field in fields(Means)})
