"""A logged decision in words: for every candidate, what counted how much and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, Field
from ranking.models import Decision
from ranking.scoring import Ranked, rank


@dataclass(frozen=True, slots=True)
class Part:
    """What one criterion adds to a candidate's score.

    ``value`` is 0…1, ``weight`` as in the policy (0–100), ``points`` the share of the 100-point
    score, ``lead`` the points above (or below) the average of all candidates.
    """

    criterion: str
    label: str
    value: float
    weight: float
    points: float
    sentence: str
    lead: float


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    """One candidate in rank order; ``parts`` add up to ``score`` (0…100)."""

    rank: int
    contractor_id: int
    technician_id: int
    score: float
    parts: list[Part]

    def reasons(self, count: int = 3) -> list[Part]:
        """The parts that set this candidate apart from the others most, for or against."""
        return sorted(self.parts, key=lambda part: -abs(part.lead))[:count]


def explain(decision: Decision) -> list[RankedCandidate]:
    """Every candidate of a decision, best first, with the parts of its score in sentences.

    Needs no query when the policy is loaded (``Decision.objects.for_job`` does so).
    """
    columns = facts_of(decision)
    context = DecisionContext.from_json(decision.context)
    # Candidates are stored in rank order, so their position is also the tie-break that they won.
    ranked = rank(
        facts=columns,
        weights={key: weight for key, weight in decision.policy.weights.items() if key in REGISTRY},
        context=context,
        tie_break=np.arange(len(decision.contractor_ids)),
    )
    leads = ranked.points - ranked.points.mean(axis=0) if decision.contractor_ids else ranked.points
    columns64 = {name: column.astype(np.float64) for name, column in columns.items()}
    return [
        RankedCandidate(
            rank=row + 1,
            contractor_id=contractor_id,
            technician_id=decision.technician_ids[row],
            score=float(ranked.scores[row]),
            parts=[
                _part(ranked, leads, row, position, columns64, context)
                for position in range(len(ranked.criteria))
            ],
        )
        for row, contractor_id in enumerate(decision.contractor_ids)
    ]


def facts_of(decision: Decision) -> dict[str, NDArray[np.float32]]:
    """Fact name → one number per candidate, in rank order."""
    count, names = len(decision.contractor_ids), decision.fact_names
    matrix = np.frombuffer(decision.facts, dtype="<f4").reshape(count, len(names))
    return {name: matrix[:, column] for column, name in enumerate(names)}


def _part(
    ranked: Ranked,
    leads: NDArray[np.float64],
    row: int,
    position: int,
    columns: dict[str, NDArray[np.float64]],
    context: DecisionContext,
) -> Part:
    criterion = REGISTRY[ranked.criteria[position]]
    values = ranked.values[:, position]
    own = values[row]
    count = len(values)
    unknown = np.full(count, np.nan)
    needed = {name: columns.get(name, unknown) for name in criterion.facts}
    field = Field(
        place=1 + int(np.count_nonzero(values > own)),
        tied=int(np.count_nonzero(values == own)),
        of=count,
        columns=needed,
    )
    facts = {name: float(column[row]) for name, column in needed.items()}
    return Part(
        criterion=criterion.key,
        label=criterion.label,
        value=float(own),
        weight=float(ranked.weights[position]),
        points=float(ranked.points[row, position]),
        sentence=criterion.sentence(facts, field, context),
        lead=float(leads[row, position]),
    )
