"""A logged decision in words: for every candidate, what counted how much and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, Field, default_weights
from ranking.errors import PolicyError
from ranking.models import Decision
from ranking.ordering import Ordered, known_columns, order_candidates
from ranking.rules import Rule, rules_from_json
from ranking.rules.apply import ticket
from ranking.rules.conditions import CONDITIONS
from ranking.rules.wording import notes_on, rule_words, why_left_out
from ranking.scoring import Ranked


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
    group: str = ""


@dataclass(frozen=True, slots=True)
class Grouped:
    """The points of criteria that belong together: one piece of the score's bar."""

    label: str
    points: float


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    """One candidate in rank order; ``parts`` add up to ``score`` (0…100).

    ``notes`` say what moved it beside its score: a pinned order, a preference, the cap, a
    newcomer's turn.
    """

    rank: int
    contractor_id: int
    technician_id: int
    score: float
    parts: list[Part]
    notes: tuple[str, ...] = ()

    def reasons(self, count: int = 3) -> list[Part]:
        """The parts that set this candidate apart from the others most, for or against."""
        return sorted(self.parts, key=lambda part: -abs(part.lead))[:count]

    @property
    def groups(self) -> list[Grouped]:
        """The parts added up by group; the same groups in the same order for every candidate."""
        points: dict[str, float] = {}
        for part in self.parts:
            points[part.group] = points.get(part.group, 0.0) + part.points
        return [Grouped(label, total) for label, total in points.items()]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A contractor who could have done the job, but whom a rule of the policy left out.

    ``rule`` is the rule in words, ``figure`` the number that it looked at; empty where it looked
    at none, or where it was not known.
    """

    contractor_id: int
    technician_id: int
    sentence: str
    rule: str
    figure: str = ""


def explain(decision: Decision) -> list[RankedCandidate]:
    """Every candidate of a decision, best first, with the parts of its score in sentences.

    Needs no query when the policy is loaded (``Decision.objects.for_job`` does so). Criteria that
    no longer exist are left out of it.
    """
    weights, rules = used_by(decision)
    everyone = whole_field(decision)
    ordered = order_field(everyone, weights, rules)
    count = len(decision.contractor_ids)
    return _in_words(everyone, ordered, list(range(count)), rules)


def explain_left_out(decision: Decision) -> list[LeftOut]:
    """Whom the policy's rules left out of a decision, and by which; no query as above."""
    _, rules = used_by(decision)
    numbers = decision.left_out_rules or []
    if not numbers:
        return []
    everyone = whole_field(decision)
    first = len(decision.contractor_ids)
    return [
        LeftOut(
            contractor_id,
            technician_id,
            why_left_out(rules[number]),
            rule_words(rules[number]),
            _figure_of(rules[number], everyone, first + place),
        )
        for place, (contractor_id, technician_id, number) in enumerate(
            zip(
                decision.left_out_ids or [],
                decision.left_out_technician_ids or [],
                numbers,
                strict=True,
            )
        )
        if number < len(rules)
    ]


def _figure_of(rule: Rule, everyone: WholeField, row: int) -> str:
    """The candidate's own number that a rule compared, in words."""
    if rule.condition not in CONDITIONS:
        return ""
    for fact in CONDITIONS[rule.condition].facts:
        value = float(everyone.columns[fact][row])
        for criterion in REGISTRY.values():
            if criterion.measure and criterion.measure.fact == fact and not np.isnan(value):
                return criterion.measure.says(value, everyone.context)
    return ""


def explain_under(
    decision: Decision, weights: Mapping[str, float], rules: Sequence[Rule]
) -> list[RankedCandidate]:
    """The same decision as another policy would have made it, best first."""
    everyone = whole_field(decision)
    ordered = order_field(everyone, weights, rules)
    return _in_words(everyone, ordered, ordered.order.tolist(), rules)


@dataclass(frozen=True, slots=True)
class WholeField:
    """Everybody a decision knew of: first the candidates in rank order, then those left out."""

    contractor_ids: NDArray[np.int64]
    technician_ids: list[int]
    columns: dict[str, NDArray[np.float64]]
    context: DecisionContext
    ticket: float
    asset: str


def whole_field(decision: Decision) -> WholeField:
    """A decision's facts, those of the contractors left out by its rules included."""
    ids = [*decision.contractor_ids, *(decision.left_out_ids or [])]
    raw = bytes(decision.facts) + bytes(decision.left_out_facts or b"")
    names = decision.fact_names
    matrix = np.frombuffer(raw, dtype="<f4").reshape(len(ids), len(names)).astype(np.float64)
    facts = {name: matrix[:, column] for column, name in enumerate(names)}
    return WholeField(
        contractor_ids=np.array(ids, dtype=np.int64),
        technician_ids=[*decision.technician_ids, *(decision.left_out_technician_ids or [])],
        columns=known_columns(facts, len(ids)),
        context=DecisionContext.from_json(decision.context),
        ticket=ticket(decision.job_ref, decision.round_number),
        asset=decision.asset,
    )


def used_by(decision: Decision) -> tuple[dict[str, float], list[Rule]]:
    """The weights and rules a decision was made with, as far as they still exist."""
    source = decision.weights or {
        "weights": decision.policy.weights,
        "rules": decision.policy.rules,
    }
    weights = {key: weight for key, weight in source["weights"].items() if key in REGISTRY}
    try:
        rules = rules_from_json(source["rules"])
    except PolicyError:
        rules = []
    return weights, rules


def order_field(
    everyone: WholeField, weights: Mapping[str, float], rules: Sequence[Rule]
) -> Ordered:
    """Order everybody by these weights and rules."""
    usable = weights if any(weights.values()) else default_weights()
    return order_candidates(
        facts=everyone.columns,
        weights=usable,
        rules=rules,
        context=everyone.context,
        contractor_ids=everyone.contractor_ids,
        ticket=everyone.ticket,
        asset=everyone.asset,
    )


def _in_words(
    everyone: WholeField, ordered: Ordered, rows: list[int], rules: Sequence[Rule]
) -> list[RankedCandidate]:
    """These rows, in this order, compared with each other only."""
    if not rows:
        return []
    ranked = replace(
        ordered.ranked,
        values=ordered.ranked.values[rows],
        points=ordered.ranked.points[rows],
        scores=ordered.ranked.scores[rows],
    )
    leads = ranked.points - ranked.points.mean(axis=0)
    columns = {name: column[rows] for name, column in everyone.columns.items()}
    return [
        RankedCandidate(
            rank=place + 1,
            contractor_id=int(everyone.contractor_ids[row]),
            technician_id=everyone.technician_ids[row],
            score=float(ranked.scores[place]),
            parts=[
                _part(ranked, leads, place, position, columns, everyone.context)
                for position in range(len(ranked.criteria))
            ],
            notes=notes_on(
                row,
                rules,
                ordered.applied,
                {name: float(column[row]) for name, column in everyone.columns.items()},
            ),
        )
        for place, row in enumerate(rows)
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
        group=criterion.group,
    )
