"""One decision: criteria, weights and rules together give the order of calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import fact_names
from ranking.rules import CONDITIONS, Applied, Rule, apply_rules, ordering_keys
from ranking.scoring import Ranked, rank

RULE_FACTS = ("work_share",)
"""Facts that rules read and no criterion does."""

COMPARED_FACTS = ("travel_km", "price", "accept_rate", "fix_rate")
"""Facts of the first call that a replay compares, also when no criterion reads them any more."""


def logged_facts() -> tuple[str, ...]:
    """Every fact that a decision logs: what criteria, rules and replays read, in a stable order."""
    conditions = (name for condition in CONDITIONS.values() for name in condition.facts)
    return tuple(dict.fromkeys([*fact_names(), *conditions, *RULE_FACTS, *COMPARED_FACTS]))


def known_columns(
    facts: Mapping[str, NDArray[np.floating]], count: int
) -> dict[str, NDArray[np.float64]]:
    """Every fact as float64; what was not logged is all NaN."""
    return {
        name: np.asarray(facts[name], dtype=np.float64) if name in facts else np.full(count, np.nan)
        for name in logged_facts()
    }


@dataclass(frozen=True, slots=True)
class Ordered:
    """The result of ``order_candidates``: rows in the order of calls, and those left out."""

    ranked: Ranked
    applied: Applied
    order: NDArray[np.intp]
    left_out: NDArray[np.intp]


def order_candidates(
    *,
    facts: Mapping[str, NDArray[np.floating]],
    weights: Mapping[str, float],
    rules: Sequence[Rule],
    context: DecisionContext,
    contractor_ids: NDArray[np.int64],
    ticket: float,
    asset: str = "",
) -> Ordered:
    """Order the candidates of one decision by rules, then score, then contractor id.

    Raises PolicyError for unusable weights, ValueError for columns that do not fit together.
    """
    ranked = rank(facts=facts, weights=weights, context=context, tie_break=contractor_ids)
    count = len(contractor_ids)
    applied = apply_rules(
        rules=rules,
        columns=known_columns(facts, count),
        totals=ranked.totals,
        contractor_ids=contractor_ids,
        starts=np.zeros(1 if count else 0, dtype=np.intp),
        tickets=np.array([ticket] if count else []),
        assets=[asset] if count else [],
    )
    order, left_out = ordering_keys(applied, contractor_ids)
    return Ordered(ranked, applied, order, left_out)
