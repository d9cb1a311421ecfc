"""What would have to change to be first: every answer holds, and none is larger than needed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY
from ranking.explain import order_field, used_by, whole_field
from ranking.models import Decision
from ranking.whatif import Way, to_be_first
from tests.ranking.in_memory import FIRST_ID, in_memory
from tests.ranking.test_rules import RULES
from tests.ranking.test_scoring import CONTEXTS, WEIGHTS, facts

USD = DecisionContext(not_to_exceed=Decimal(250))


def first_when(decision: Decision, contractor_id: int, **changed: float) -> bool:
    """Whether the contractor would be first if those facts were others."""
    everyone = whole_field(decision)
    row = list(everyone.contractor_ids).index(contractor_id)
    columns = {name: column.copy() for name, column in everyone.columns.items()}
    for fact, value in changed.items():
        columns[fact][row] = value
    order = order_field(replace(everyone, columns=columns), *used_by(decision)).order
    return bool(len(order)) and order[0] == row


@settings(max_examples=60)
@given(facts(least=2), WEIGHTS, CONTEXTS, RULES)
def test_what_it_names_would_have_made_the_candidate_first(columns, weights, context, rules):
    decision = in_memory(columns, weights, context, rules)
    for contractor_id, answer in to_be_first(decision).items():
        for way in answer.ways:
            assert first_when(decision, contractor_id, **{way.fact: way.wanted})
        if answer.together:
            wanted = {way.fact: way.wanted for way in answer.together}
            assert first_when(decision, contractor_id, **wanted)
            wanted.pop(answer.together[-1].fact)
            assert len(wanted) < 2 or not first_when(decision, contractor_id, **wanted)


def is_better(way: Way, value: float) -> bool:
    measure = REGISTRY[way.criterion].measure
    assert measure is not None
    return (value - way.now) * measure.better > 0


@settings(max_examples=60)
@given(facts(least=2), WEIGHTS, CONTEXTS)
def test_one_step_less_would_not_and_what_it_does_not_name_cannot(columns, weights, context):
    decision = in_memory(columns, weights, context)
    for contractor_id, answer in to_be_first(decision).items():
        for way in answer.ways:
            measure = REGISTRY[way.criterion].measure
            assert measure is not None
            less = way.wanted - measure.better * measure.step
            if is_better(way, less):
                assert not first_when(decision, contractor_id, **{way.fact: round(less, 6)})
        if answer.ways:
            continue
        everyone = whole_field(decision)
        row = list(everyone.contractor_ids).index(contractor_id)
        for key, weight in weights.items():
            measure = REGISTRY[key].measure
            if not weight or measure is None or np.isnan(everyone.columns[measure.fact][row]):
                continue
            best = measure.high if measure.better > 0 else measure.low
            now = float(everyone.columns[measure.fact][row])
            if (best - now) * measure.better > 0:
                assert not first_when(decision, contractor_id, **{measure.fact: best}), key


def two(**second: float) -> Decision:
    columns = {
        name: np.array([value, second.get(name, value)])
        for name, value in {
            "travel_minutes": 9.0,
            "price": 200.0,
            "fix_rate": 0.9,
            "skill_level": 2.0,
            "required_level": 2.0,
            "commitments_count": 20.0,
        }.items()
    }
    return in_memory(columns, {"travel_time": 20, "price": 10}, USD)


def test_it_is_said_in_figures_the_smallest_change_first() -> None:
    answer = to_be_first(two(travel_minutes=18))[FIRST_ID + 1]
    assert answer.sentence == (
        "Would be first with travel time 8 min instead of 18 min; or price $161 instead of $200"
    )


def test_where_no_single_change_would_do_it_names_those_that_would_together() -> None:
    decision = in_memory(
        {
            "travel_minutes": np.array([5.0, 40.0]),
            "price": np.array([125.0, 240.0]),
            "fix_rate": np.array([0.5, 0.8]),
        },
        {"travel_time": 20, "price": 20, "first_time_fix": 25},
        USD,
    )
    answer = to_be_first(decision)[FIRST_ID + 1]
    assert answer.ways == ()
    assert [way.criterion for way in answer.together] == ["price", "first_time_fix"]
    assert answer.sentence.startswith(
        "Would be first only with price $125 instead of $240 and "
        "first-time fix 90 % instead of 80 % at once: "
    )


def test_where_nothing_would_do_it_says_how_far_behind() -> None:
    worse = [np.array([1.0, 0.0]) for _ in range(3)]
    decision = in_memory(
        {
            "travel_minutes": np.array([1.0, 170.0]),
            "price": np.array([1.0, 590.0]),
            "fix_rate": worse[0],
            "on_time_rate": worse[1],
            "accept_rate": worse[2],
        },
        {"travel_time": 9, "price": 9, "first_time_fix": 9, "on_time": 9, "acceptance": 9},
        USD,
    )
    answer = to_be_first(decision)[FIRST_ID + 1]
    assert (answer.ways, answer.together) == ((), ())
    assert answer.sentence.startswith("Too much would have to change at once: ")
    assert answer.sentence.endswith(" points behind")


def test_a_pinned_order_is_said_to_be_the_reason() -> None:
    columns = {
        "travel_minutes": np.array([30.0, 5.0]),
        "price": np.array([120.0, 120.0]),
    }
    pinned = [{"kind": "pinned", "contractors": [FIRST_ID]}]
    decision = in_memory(columns, {"travel_time": 10}, USD, pinned)
    answer = to_be_first(decision)[FIRST_ID + 1]
    assert answer.ways == ()
    assert answer.sentence == (
        "A rule decides, no figure would: the first is pinned 1st by the policy, whatever the score"
    )


def test_the_first_and_an_only_candidate_need_nothing() -> None:
    assert FIRST_ID not in to_be_first(two(travel_minutes=18))
    columns = {"travel_minutes": np.array([3.0]), "price": np.array([1.0])}
    assert to_be_first(in_memory(columns, {"travel_time": 1}, USD)) == {}


def test_it_can_be_asked_for_some_only() -> None:
    columns = {"travel_minutes": np.array([1.0, 2.0, 3.0]), "price": np.ones(3)}
    decision = in_memory(columns, {"travel_time": 1}, USD)
    assert set(to_be_first(decision, [FIRST_ID + 2])) == {FIRST_ID + 2}
