"""Ranking one round: read the records, order the candidates, log the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import fact_names
from ranking.models import BranchMeans, Decision, RankingPolicy
from ranking.scoring import rank
from ranking.services.policies import ensure_policy
from ranking.smoothing import Means
from ranking.standing import Standing, read_standings


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contractor who can do the job, represented by its best technician.

    ``price`` is what the visit costs in the branch's currency, ``required_level`` 0 where the
    work asks for no skill, ``tier`` 1 to 3. None means not known: ``earlier_visits`` counts
    finished visits to this customer or site, ``days_since_visit`` how long ago the last one was,
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


def decide(
    *,
    branch_id: int,
    job_ref: UUID,
    round_number: int,
    at: datetime,
    candidates: Sequence[Candidate],
    context: DecisionContext,
    not_eligible: Mapping[str, int],
) -> Decision:
    """Order the candidates by the branch's live policy and log how; returns the logged decision.

    ``at`` is domain time. Three queries whatever the number of candidates (policy and means,
    records, the log's row); without candidates two. A branch without a policy gets the default
    one. A decision without candidates is logged too: it says why there were none. The branch's
    means come from the database, whatever ``context`` holds.

    Raises ValueError when a contractor is there twice, IntegrityError when the round was decided
    already.
    """
    policy = _policy_with_means(branch_id)
    means = _means_of(policy)
    context = replace(context, means=means)
    contractor_ids = [candidate.contractor_id for candidate in candidates]
    standings = read_standings(contractor_ids=contractor_ids, means=means, at=at)
    names = fact_names()
    matrix = facts_matrix(candidates, standings, names)
    ranked = rank(
        facts={name: matrix[:, column] for column, name in enumerate(names)},
        weights=policy.weights,
        context=context,
        tie_break=np.array(contractor_ids, dtype=np.int64),
    )
    order = ranked.order
    return Decision.objects.create(
        branch_id=branch_id,
        job_ref=job_ref,
        round_number=round_number,
        policy=policy,
        made_at=at,
        criteria=list(ranked.criteria),
        contractor_ids=[candidates[position].contractor_id for position in order],
        technician_ids=[candidates[position].technician_id for position in order],
        fact_names=list(names),
        facts=matrix[order].tobytes(),
        scores=[round(float(score), 4) for score in ranked.scores[order]],
        context=context.as_json(),
        not_eligible={rule: count for rule, count in not_eligible.items() if count},
    )


def facts_matrix(
    candidates: Sequence[Candidate], standings: Sequence[Standing], names: Sequence[str]
) -> NDArray[np.float32]:
    """One row of facts per candidate, NaN where unknown, as they are logged.

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
            "earlier_visits": candidate.earlier_visits,
            "days_since_visit": candidate.days_since_visit,
            "stops_nearby": candidate.stops_nearby,
            **asdict(standing),
        }
        for name, value in facts.items():
            if value is not None:
                matrix[row, columns[name]] = float(value)
    return matrix


def _policy_with_means(branch_id: int) -> RankingPolicy:
    policies = RankingPolicy.objects.for_branch(branch_id).published()
    policy = policies.select_related("branch__ranking_means").first()
    if policy is not None:
        return policy
    # a branch made by hand: never let a missing policy stop a customer's job
    ensure_policy(branch_id=branch_id)
    return policies.select_related("branch__ranking_means").get()


def _means_of(policy: RankingPolicy) -> Means:
    try:
        row = policy.branch.ranking_means
    except BranchMeans.DoesNotExist:
        return Means()
    return Means(**{field.name: getattr(row, field.name) for field in fields(Means)})
