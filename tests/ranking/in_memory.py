"""Decisions that no database has seen, for property tests: ordered as ``decide`` orders."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ranking.context import DecisionContext
from ranking.models import Decision, RankingPolicy
from ranking.ordering import logged_facts, order_candidates
from ranking.rules import clean_rules
from ranking.rules.apply import ticket

FIRST_ID = 100


def in_memory(
    columns: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    context: DecisionContext,
    rules: Sequence[Mapping[str, Any]] = (),
    job: int = 1,
) -> Decision:
    """The decision on these candidates, whose ids count up from ``FIRST_ID``."""
    count = len(columns["price"])
    names = logged_facts()
    matrix = np.full((count, len(names)), np.nan, dtype="<f4")
    for place, name in enumerate(names):
        if name in columns:
            matrix[:, place] = columns[name]
    facts = {name: matrix[:, place].astype(float) for place, name in enumerate(names)}
    ids = np.arange(FIRST_ID, FIRST_ID + count)
    job_ref = uuid.UUID(int=job)
    cleaned = clean_rules(list(rules))
    ordered = order_candidates(
        facts=facts,
        weights=weights,
        rules=cleaned,
        context=context,
        contractor_ids=ids,
        ticket=ticket(job_ref, 1),
    )
    order, out = ordered.order, ordered.left_out
    return Decision(
        job_ref=job_ref,
        round_number=1,
        policy=RankingPolicy(
            weights=dict(weights), rules=[rule.as_json() for rule in cleaned], revision=1
        ),
        contractor_ids=ids[order].tolist(),
        technician_ids=ids[order].tolist(),
        fact_names=list(names),
        facts=matrix[order].tobytes(),
        scores=ordered.ranked.scores[order].tolist(),
        context=context.as_json(),
        not_eligible={},
        asset="",
        left_out_ids=ids[out].tolist(),
        left_out_technician_ids=ids[out].tolist(),
        left_out_rules=ordered.applied.left_out[out].tolist(),
        left_out_facts=matrix[out].tobytes(),
    )
