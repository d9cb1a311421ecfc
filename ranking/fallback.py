"""Ranking never fails a job: what to rank with when the policy in force can not be used.

In turn: the policy in force; the revisions that were live in its scope before, newest first; the
live policies of the wider scopes; the weights every branch starts with. A criterion that breaks
while it is evaluated counts as unknown. Whoever asked is told by ``Decision.fallback``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, default_weights
from ranking.errors import PolicyError
from ranking.models import PolicyStatus, RankingPolicy
from ranking.ordering import Ordered, known_columns, order_candidates
from ranking.rules import Rule, clean_rules
from ranking.weights import clean_weights, usable_weights

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to rank with. ``policy`` is the one that goes into the log; ``reason`` says why it is
    not the one in force (empty when it is). ``weights`` were not taken from it when ``own`` is
    false.
    """

    policy: RankingPolicy
    weights: Mapping[str, float]
    rules: Sequence[Rule]
    reason: str = ""
    own: bool = True


def plan_for(policy: RankingPolicy, wider: Iterable[RankingPolicy] = ()) -> Plan:
    """What to rank with in place of ``policy``, which is itself whenever it can be used.

    ``wider`` are the live policies of wider scopes, the nearest first.
    """
    try:
        return Plan(policy, usable_weights(policy.weights), clean_rules(policy.rules))
    except PolicyError as error:
        problem = error.detail
    earlier = (
        RankingPolicy.objects.for_branch(policy.branch_id)
        .in_scope(*policy.scope)
        .filter(status=PolicyStatus.SUPERSEDED)
        .order_by("-published_at", "-revision")[:20]
    )
    for other in [*earlier, *wider]:
        try:
            weights, rules = usable_weights(other.weights), clean_rules(other.rules)
        except PolicyError:
            continue
        reason = (
            f"Revision {policy.revision} can not be used: {problem} "
            f"Ranked with revision {other.revision} instead."
        )
        return Plan(other, weights, rules, reason[:400])
    reason = (
        f"Revision {policy.revision} can not be used: {problem} "
        "Ranked with the weights every branch starts with."
    )
    return Plan(policy, clean_weights(default_weights()), [], reason[:400], own=False)


def order_without_fail(
    plan: Plan,
    *,
    facts: Mapping[str, NDArray[np.floating]],
    context: DecisionContext,
    contractor_ids: NDArray[np.int64],
    ticket: float,
    asset: str,
) -> tuple[Ordered, Plan]:
    """Order by the plan; where a criterion or a rule breaks, by what is left of it."""
    rest: dict[str, Any] = {
        "context": context,
        "contractor_ids": contractor_ids,
        "ticket": ticket,
        "asset": asset,
    }
    try:
        return order_candidates(facts=facts, weights=plan.weights, rules=plan.rules, **rest), plan
    except Exception as error:
        log.exception("ranking failed", policy=plan.policy.pk, error=str(error))
    columns = known_columns(facts, len(contractor_ids))
    broken = [
        key for key in REGISTRY if plan.weights.get(key) and not _works(key, columns, context)
    ]
    weights = {key: 0 if key in broken else plan.weights.get(key, 0) for key in REGISTRY}
    names = ", ".join(f"“{REGISTRY[key].label}”" for key in broken)
    reason = (
        f"{names or 'A rule'} could not be evaluated; ranked without {'it' if names else 'rules'}."
    )
    if not any(weights.values()):
        working = [key for key in REGISTRY if key not in broken and _works(key, columns, context)]
        weights = {key: 1 if key in working else 0 for key in REGISTRY}
    rules = plan.rules
    try:
        ordered = order_candidates(facts=facts, weights=weights, rules=rules, **rest)
    except Exception as error:
        log.exception("ranking failed again", policy=plan.policy.pk, error=str(error))
        rules = []
        ordered = order_candidates(facts=facts, weights=weights, rules=rules, **rest)
    text = f"{plan.reason} {reason}".strip()[:400]
    return ordered, Plan(plan.policy, weights, rules, text, own=False)


def _works(key: str, columns: Mapping[str, NDArray[np.float64]], context: DecisionContext) -> bool:
    try:
        values = np.asarray(REGISTRY[key].values(columns, context), dtype=np.float64)
    except Exception:
        return False
    return values.shape == columns["price"].shape
