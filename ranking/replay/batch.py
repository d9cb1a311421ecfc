"""Logged decisions as arrays, many at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, Group
from ranking.ordering import logged_facts
from ranking.rules import Applied, Rule, apply_rules, first_of_each
from ranking.rules.apply import ticket
from ranking.scoring import in_units, weight_units
from ranking.weights import clean_weights


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """The columns of a ``Decision`` that a replay reads, those left out by rules included."""

    id: int
    job_ref: UUID
    round_number: int
    made_at: datetime
    asset: str
    fact_names: Sequence[str]
    contractor_ids: Sequence[int]
    facts: bytes
    context: Mapping[str, Any]
    asked_first: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Decisions side by side: row by row the candidates, ``starts`` the first row of each.

    Only decisions with candidates are in it.
    """

    decision_ids: NDArray[np.int64]
    made_at: NDArray[np.float64]
    asked_first: NDArray[np.int64]
    tickets: NDArray[np.float64]
    assets: list[str]
    starts: NDArray[np.intp]
    contractor_ids: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]
    groups: list[Group]

    def __len__(self) -> int:
        return len(self.decision_ids)


def build_batch(decisions: Sequence[LoggedDecision], *, draw: bool = True) -> Batch:
    """Put decisions side by side. Facts that a decision did not log yet are unknown in it.

    ``draw``: whether the newcomers' lottery is drawn; without it all tickets are 1 (no turn).
    """
    known = [one for one in decisions if one.contractor_ids]
    counts = np.array([len(one.contractor_ids) for one in known], dtype=np.intp)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
    total = int(starts[-1])
    names = logged_facts()
    contexts: dict[int, DecisionContext] = {}  # by identity: a reader shares equal contexts
    groups = []
    for number, one in enumerate(known):
        key = id(one.context)
        if key not in contexts:
            contexts[key] = DecisionContext.from_json(dict(one.context))
        rows = slice(int(starts[number]), int(starts[number + 1]))
        groups.append(Group(rows=rows, context=contexts[key]))
    return Batch(
        decision_ids=np.array([one.id for one in known], dtype=np.int64),
        made_at=np.array([one.made_at.timestamp() for one in known], dtype=np.float64),
        asked_first=np.array([one.asked_first or 0 for one in known], dtype=np.int64),
        tickets=np.array([ticket(one.job_ref, one.round_number) for one in known])
        if draw
        else np.ones(len(known)),
        assets=[one.asset for one in known],
        starts=starts[:-1],
        contractor_ids=np.fromiter(
            (each for one in known for each in one.contractor_ids), dtype=np.int64, count=total
        ),
        columns=_columns(known, starts, names),
        groups=groups,
    )


def _columns(
    decisions: Sequence[LoggedDecision], starts: NDArray[np.intp], names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """One column per fact over all candidates, NaN where a decision did not log it."""
    columns = {name: np.full(int(starts[-1]), np.nan) for name in names}
    first = 0
    while first < len(decisions):  # a run of decisions that logged the same facts, as most do
        own = tuple(decisions[first].fact_names)
        last = first + 1
        while last < len(decisions) and tuple(decisions[last].fact_names) == own:
            last += 1
        raw = b"".join(one.facts for one in decisions[first:last])
        matrix = np.frombuffer(raw, dtype="<f4").reshape(-1, len(own))
        for place, name in enumerate(own):
            if name in columns:
                columns[name][starts[first] : starts[last]] = matrix[:, place]
        first = last
    return columns


Values = dict[str, NDArray[np.int64]]
"""Criterion key → its value in millionths for every row."""


def criterion_values(batch: Batch, keys: Sequence[str]) -> Values:
    """The values of these criteria for every candidate; independent of weights."""
    return {
        key: in_units(REGISTRY[key].values_in_groups(batch.columns, batch.groups)) for key in keys
    }


@dataclass(frozen=True, slots=True)
class FirstCalls:
    """Who would have been asked first under one policy: the row per decision, −1 for nobody."""

    rows: NDArray[np.intp]
    totals: NDArray[np.int64]
    applied: Applied


def first_calls(
    batch: Batch, values: Values, weights: Mapping[str, float], rules: Sequence[Rule]
) -> FirstCalls:
    """The first call of every decision under these weights and rules, exactly as ``decide``."""
    criteria, units = weight_units(clean_weights(weights))
    totals = np.zeros(len(batch.contractor_ids), dtype=np.int64)
    for key, unit in zip(criteria, units, strict=True):
        totals += values[key] * unit
    applied = apply_rules(
        rules=rules,
        columns=batch.columns,
        totals=totals,
        contractor_ids=batch.contractor_ids,
        starts=batch.starts,
        tickets=batch.tickets,
        assets=batch.assets,
    )
    rows, found = first_of_each(applied.keys, batch.contractor_ids, batch.starts)
    return FirstCalls(np.where(found, rows, -1), totals, applied)
