"""What would have to change for a candidate to be first: computed from a decision's own numbers.

The question is asked of one criterion at a time: by how much would this one figure have to be
better, all others as they were? Where no single figure would do, the first one's own figures are
taken over, the one that costs most points first, until one more change would do. Every answer is
tried on the whole decision before it is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranking.criteria import REGISTRY, Criterion, Measure
from ranking.explain import WholeField, order_field, used_by, whole_field
from ranking.models import Decision
from ranking.ordering import Ordered
from ranking.rules import Rule
from ranking.rules.apply import class_of
from ranking.rules.wording import notes_on
from ranking.scoring import in_units, weight_units
from ranking.weights import clean_weights

WAYS = 3
"""So many single changes are named, the smallest first."""

MOST_TOGETHER = 4
"""More figures than this at once are no answer any more."""

_FULL = 1_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """One figure that would have made this candidate first, if it had been ``wanted``.

    ``step`` is how much of the criterion's range from 0 to 1 that is.
    """

    criterion: str
    fact: str
    now: float
    wanted: float
    step: float
    sentence: str


@dataclass(frozen=True, slots=True)
class ToBeFirst:
    """The answer for one candidate, complete in ``sentence``.

    Each of ``ways`` would do alone. Without any, those of ``together`` would do at once; without
    those either, ``sentence`` says why not.
    """

    ways: tuple[Way, ...]
    sentence: str
    together: tuple[Way, ...] = ()


def to_be_first(
    decision: Decision, contractor_ids: Iterable[int] | None = None
) -> dict[int, ToBeFirst]:
    """Contractor → what would have made them first; for those given, or for all but the first.

    Needs no query when the policy is loaded.
    """
    weights, rules = used_by(decision)
    everyone = whole_field(decision)
    ordered = order_field(everyone, weights, rules)
    if len(ordered.order) < 2:
        return {}
    case = _Case(everyone, weights, rules, ordered)
    wanted = None if contractor_ids is None else set(contractor_ids)
    asked = [(int(everyone.contractor_ids[row]), int(row)) for row in ordered.order[1:]]
    return {
        contractor_id: case.answer(row)
        for contractor_id, row in asked
        if wanted is None or contractor_id in wanted
    }


class _Case:
    """One decision with everything that the answers share."""

    def __init__(
        self,
        everyone: WholeField,
        weights: dict[str, float],
        rules: list[Rule],
        ordered: Ordered,
    ) -> None:
        self.everyone = everyone
        self.weights = weights
        self.rules = rules
        self.ordered = ordered
        self.first = int(ordered.order[0])
        self.classes = class_of(ordered.applied.keys)
        self.totals = ordered.ranked.totals
        self.values = np.rint(ordered.ranked.values * _FULL).astype(np.int64)
        given = dict(zip(ordered.ranked.criteria, ordered.ranked.weights.tolist(), strict=True))
        self.criteria, self.units = weight_units(clean_weights(given))

    def answer(self, row: int) -> ToBeFirst:
        if self.classes[row] < self.classes[self.first]:
            return ToBeFirst((), self._because_of_a_rule(row))
        if holding := self._ways(row):
            alone = "; or ".join(way.sentence for way in holding)
            return ToBeFirst(holding, f"Would be first with {alone}")
        behind = self.ordered.ranked.scores[self.first] - self.ordered.ranked.scores[row]
        far = f"{behind:.1f} points behind"
        if together := self._together(row):
            at_once = " and ".join(way.sentence for way in together)
            return ToBeFirst((), f"Would be first only with {at_once} at once: {far}", together)
        return ToBeFirst((), f"Too much would have to change at once: {far}")

    def _ways(self, row: int) -> tuple[Way, ...]:
        """Single changes that would do, the smallest first."""
        ways = sorted(
            (
                way
                for position, key in enumerate(self.criteria)
                if (way := self._way(row, position, REGISTRY[key])) is not None
            ),
            key=lambda way: way.step,
        )
        # tried on the whole decision: a rule may read the same figure
        return tuple(way for way in ways[: 2 * WAYS] if self._holds(row, way))[:WAYS]

    def _together(self, row: int) -> tuple[Way, ...]:
        """Figures of the first one, most points first, and the smallest change after them."""
        lost = (self.values[self.first] - self.values[row]) * self.units
        taken: list[Way] = []
        for position in np.argsort(-lost, kind="stable").tolist():
            if lost[position] <= 0 or len(taken) == MOST_TOGETHER - 1:
                break
            way = self._as_the_first(row, position, REGISTRY[self.criteria[position]])
            if way is None or any(way.fact == one.fact for one in taken):
                continue
            taken.append(way)
            if self._holds(row, *taken):
                return tuple(taken)
            if more := self._with(row, taken)._ways(row):
                last = self._from_now(row, more[0])
                return (*(one for one in taken if one.fact != last.fact), last)
        return ()

    def _with(self, row: int, ways: Iterable[Way]) -> _Case:
        """The same decision, had this candidate had those figures."""
        everyone = replace(self.everyone, columns=self._columns_with(row, ways))
        ordered = order_field(everyone, self.weights, self.rules)
        return _Case(everyone, self.weights, self.rules, ordered)

    def _columns_with(self, row: int, ways: Iterable[Way]) -> dict[str, NDArray[np.float64]]:
        columns = dict(self.everyone.columns)
        for way in ways:
            columns[way.fact] = columns[way.fact].copy()
            columns[way.fact][row] = way.wanted
        return columns

    def _from_now(self, row: int, way: Way) -> Way:
        """The way as one starts from what the candidate really has."""
        criterion = REGISTRY[way.criterion]
        assert criterion.measure is not None
        now = float(self.everyone.columns[way.fact][row])
        return self._said(criterion, criterion.measure, now, way.wanted, way.step)

    def _as_the_first(self, row: int, position: int, criterion: Criterion) -> Way | None:
        measure = criterion.measure
        if measure is None:
            return None
        column = self.everyone.columns[measure.fact]
        now, wanted = float(column[row]), float(column[self.first])
        if not (wanted - now) * measure.better > 0:  # also when one of them is not known
            return None
        gained = self.values[self.first, position] - self.values[row, position]
        return self._said(criterion, measure, now, wanted, float(gained) / _FULL)

    def _because_of_a_rule(self, row: int) -> str:
        for which in (row, self.first):
            facts = {name: float(column[which]) for name, column in self.everyone.columns.items()}
            notes = notes_on(which, self.rules, self.ordered.applied, facts)
            moved = self.ordered.applied.capped[row] if which == row else True
            if notes and moved:
                whose = "" if which == row else "the first is "
                note = notes[0][0].lower() + notes[0][1:]
                return f"A rule decides, no figure would: {whose}{note}"
        return "A rule of the policy decides, no figure would"

    def _way(self, row: int, position: int, criterion: Criterion) -> Way | None:
        measure = criterion.measure
        if measure is None:
            return None
        column = self.everyone.columns[measure.fact]
        now = float(column[row])
        steps = _better_steps(measure, now)
        if not steps.size:
            return None
        values = self._own_values(row, position, criterion, measure, steps)
        found = np.flatnonzero(values)
        if not found.size:
            return None
        wanted = float(steps[found[0]])
        before, after = (
            self.values[row, position],
            self._value_at(row, criterion, measure, wanted)[row],
        )
        return self._said(criterion, measure, now, wanted, float(after - before) / _FULL)

    def _said(
        self, criterion: Criterion, measure: Measure, now: float, wanted: float, step: float
    ) -> Way:
        ctx = self.everyone.context
        return Way(
            criterion=criterion.key,
            fact=measure.fact,
            now=now,
            wanted=wanted,
            step=step,
            sentence=f"{criterion.label.lower()} {measure.says(wanted, ctx)} "
            f"instead of {measure.says(now, ctx)}",
        )

    def _own_values(
        self,
        row: int,
        position: int,
        criterion: Criterion,
        measure: Measure,
        steps: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """For each step: whether the candidate would be ahead of the first."""
        weight = int(self.units[position])
        if criterion.own_facts_only:
            own = {
                name: np.full(steps.shape, self.everyone.columns[name][row])
                for name in criterion.facts
            }
            own[measure.fact] = steps
            units = in_units(criterion.values(own, self.everyone.context))
            totals = self.totals[row] + weight * (units - self.values[row, position])
            return totals >= self._needed(row, self.totals)
        # the others' values move with this one's: look for the step by halving
        low, high = 0, len(steps) - 1
        if not self._ahead(row, position, criterion, measure, float(steps[high])):
            return np.zeros(steps.shape, dtype=np.bool_)
        while low < high:
            middle = (low + high) // 2
            if self._ahead(row, position, criterion, measure, float(steps[middle])):
                high = middle
            else:
                low = middle + 1
        return np.arange(len(steps)) >= high

    def _ahead(
        self, row: int, position: int, criterion: Criterion, measure: Measure, value: float
    ) -> bool:
        units = self._value_at(row, criterion, measure, value)
        totals = self.totals + int(self.units[position]) * (units - self.values[:, position])
        return bool(totals[row] >= self._needed(row, totals))

    def _value_at(
        self, row: int, criterion: Criterion, measure: Measure, value: float
    ) -> NDArray[np.int64]:
        columns = dict(self.everyone.columns)
        columns[measure.fact] = columns[measure.fact].copy()
        columns[measure.fact][row] = value
        return in_units(criterion.values(columns, self.everyone.context))

    def _needed(self, row: int, totals: NDArray[np.int64]) -> int:
        """The total with which this row goes first among those of its class."""
        ids = self.everyone.contractor_ids
        rivals = np.flatnonzero(self.classes == self.classes[row])
        rivals = rivals[rivals != row]
        if not rivals.size:
            return 0
        return int(np.max(totals[rivals] + (ids[rivals] < ids[row])))

    def _holds(self, row: int, *ways: Way) -> bool:
        everyone = replace(self.everyone, columns=self._columns_with(row, ways))
        ordered = order_field(everyone, self.weights, self.rules)
        return bool(len(ordered.order)) and int(ordered.order[0]) == row


def _better_steps(measure: Measure, now: float) -> NDArray[np.float64]:
    """Every whole step that is better than ``now``, the nearest first."""
    if math.isnan(now):
        return np.zeros(0)
    tiny = 1e-6 * measure.step
    if measure.better > 0:
        start = math.floor(now / measure.step + tiny) + 1
        numbers = np.arange(start, round(measure.high / measure.step) + 1)
    else:
        start = math.ceil(now / measure.step - tiny) - 1
        numbers = np.arange(start, round(measure.low / measure.step) - 1, -1)
    return np.round(numbers * measure.step, 6)
