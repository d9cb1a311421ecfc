"""Overrides teach: which weight would have agreed, and how sure that is."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.context import DecisionContext
from ranking.explain import order_field, used_by, whole_field
from ranking.mining import FEWEST, needed_weights, suggest, wilson
from ranking.models import Override, RankingPolicy
from ranking.services import policies
from ranking.services.overrides import Why, passed_over_by, record_override
from ranking.services.patterns import draft_of_suggestion, month_of
from tests.ranking.conftest import NOW, candidate
from tests.ranking.in_memory import in_memory
from tests.ranking.test_decisions import made
from tests.ranking.test_scoring import CONTEXTS, WEIGHTS, facts

DAY = timedelta(days=1)


@settings(max_examples=40)
@given(facts(least=2), WEIGHTS, CONTEXTS, st.data())
def test_the_needed_weight_puts_the_chosen_ahead_and_one_less_does_not(
    columns, weights, context, data
) -> None:
    decision = in_memory(columns, weights, context)
    place = data.draw(st.integers(1, len(decision.contractor_ids) - 1))
    chosen, passed = decision.contractor_ids[place], decision.contractor_ids[:place]
    needed = needed_weights(decision, chosen, passed)
    everyone = whole_field(decision)

    def is_ahead(key: str, weight: float) -> bool:
        ordered = order_field(everyone, {**used_by(decision)[0], key: weight}, [])
        order = [int(everyone.contractor_ids[row]) for row in ordered.order]
        return all(order.index(chosen) < order.index(one) for one in passed)

    for key, weight in needed.items():
        assert is_ahead(key, weight)
        if weight - 1 > weights.get(key, 0):
            assert not is_ahead(key, weight - 1)
    for key in weights.keys() - needed.keys():
        assert not is_ahead(key, 100) or weights[key] == 100


def test_a_pinned_order_or_a_stranger_teaches_nothing() -> None:
    columns = {"travel_minutes": np.array([30.0, 5.0]), "price": np.ones(2)}
    usd = DecisionContext()
    pinned = in_memory(
        columns, {"travel_time": 10}, usd, [{"kind": "pinned", "contractors": [100]}]
    )
    assert needed_weights(pinned, 101, [100]) == {}
    free = in_memory(columns, {"travel_time": 10}, usd)
    assert needed_weights(free, 999, [101]) == {}


def test_the_criterion_that_agrees_with_most_wins_and_reasons_decide_between_equals() -> None:
    weights = {"continuity": 3, "price": 10}
    both = [{"continuity": 12, "price": 30}] * 6
    assert suggest(both, ["knows_the_place"] * 6, weights).criterion == "continuity"  # type: ignore[union-attr]
    assert suggest(both, ["price"] * 6, weights).criterion == "price"  # type: ignore[union-attr]
    most = [{"continuity": 12}] * 2 + [{"price": 30}] * 6
    found = suggest(most, ["other"] * 8, weights)
    assert found is not None
    assert (found.criterion, found.weight, found.agrees, found.of) == ("price", 30, 6, 8)


def test_the_most_extreme_overrides_are_not_chased() -> None:
    needed = [{"continuity": 8 + number} for number in range(9)] + [{"continuity": 99}]
    found = suggest(needed, ["other"] * 10, {"continuity": 3})
    assert found is not None
    assert (found.weight, found.agrees) == (15, 8)


def test_few_overrides_or_scattered_ones_suggest_nothing() -> None:
    assert suggest([{"price": 20}] * (FEWEST - 1), ["price"] * (FEWEST - 1), {}) is None
    scattered = [{"price": 20}, {"continuity": 9}, {"tier": 4}, {}, {}, {}]
    assert suggest(scattered, ["other"] * 6, {}) is None


def test_few_observations_have_a_wide_interval() -> None:
    low, high = wilson(2, 5)
    assert (round(low, 2), round(high, 2)) == (0.12, 0.77)
    low, high = wilson(400, 1000)
    assert high - low < 0.07
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == 1.0


def test_who_is_passed_over() -> None:
    assert passed_over_by(3, [1, 2, 3, 4]) == [1, 2]
    assert passed_over_by(1, [1, 2]) == []
    assert passed_over_by(9, [1, 2]) == [1, 2]
    assert passed_over_by(9, []) == []


@pytest.fixture
def boilers(branch, make_contractor):
    """Twenty jobs on which Harold, near, is ahead of James, who knows the place."""
    policies.ensure_policy(branch_id=branch.pk)
    harold, james = make_contractor("Harold"), make_contractor("James")
    decisions = [
        made(
            branch,
            [
                candidate(harold, travel_minutes=10, earlier_visits=0),
                candidate(james, travel_minutes=22, earlier_visits=3, price=Decimal(121)),
            ],
            at=NOW - number * DAY / 4,
        )
        for number in range(20)
    ]
    return branch, harold, james, decisions


def choose(decision, contractor, reason="knows_the_place", **changes):
    values = {
        "decision": decision,
        "chosen_id": contractor.pk,
        "waiting": decision.contractor_ids,
        "how": "assigned",
        "why": Why(reason, "has the key"),
        "user_id": None,
        "at": decision.made_at,
    }
    return record_override(**{**values, **changes})


def test_a_choice_is_kept_once_with_its_facts_behind_it(boilers) -> None:
    _, harold, james, decisions = boilers
    assert decisions[0].contractor_ids == [harold.pk, james.pk]
    row = choose(decisions[0], james)
    assert row is not None
    assert (row.chosen_rank, row.passed_over, row.note) == (2, [harold.pk], "has the key")
    again = choose(decisions[0], james, reason="price")
    assert again == row
    assert again.reason == "knows_the_place"
    assert choose(decisions[0], harold) is None
    with pytest.raises(ValueError, match="no reason"):
        choose(decisions[1], james, reason="whim")


def test_the_database_keeps_overrides_sensible(boilers) -> None:
    branch, _, james, decisions = boilers
    row = choose(decisions[0], james)
    for field, value, name in (
        ("reason", "whim", "ranking_override_reason_known"),
        ("passed_over", [], "ranking_override_passes_somebody_over"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Override.objects.filter(pk=row.pk).update(**{field: value})
    row.pk = None
    with pytest.raises(IntegrityError, match="ranking_override_once"), transaction.atomic():
        row.save(force_insert=True)
    assert branch.pk == row.branch_id


def test_a_month_of_overrides_suggests_a_weight_and_opens_it_as_a_draft(boilers) -> None:
    branch, _, james, decisions = boilers
    for decision in decisions[:8]:
        choose(decision, james)
    month = month_of(branch_id=branch.pk, start=NOW - 30 * DAY, end=NOW + DAY)
    (pattern,) = month.patterns
    assert (pattern.chosen, pattern.count, pattern.chances) == ("James", 8, 20)
    assert pattern.share == pytest.approx(0.4)
    assert pattern.low < 0.4 < pattern.high
    assert pattern.reasons == [("They know the customer or the place", 8)]
    found = pattern.suggestion
    assert found is not None
    assert (found.criterion, found.before, found.agrees, found.of) == ("continuity", 3, 8, 8)
    wanted = {
        "branch_id": branch.pk,
        "service_type_id": None,
        "criterion": found.criterion,
        "weight": found.weight,
        "note": "From the overrides",
        "user_id": None,
    }
    draft = draft_of_suggestion(**wanted)
    live = policies.active_policy(branch.pk)
    assert draft.is_draft
    assert draft.weights == {**live.weights, "continuity": found.weight}
    assert draft_of_suggestion(**wanted) == draft
    policies.publish(policy_id=draft.pk, user_id=None)
    after = made(
        branch,
        [
            candidate(boilers[1], travel_minutes=10, earlier_visits=0),
            candidate(james, travel_minutes=22, earlier_visits=3, price=Decimal(121)),
        ],
        job_ref=uuid.uuid4(),
    )
    assert after.contractor_ids[0] == james.pk  # the ranking has learned


def test_a_few_are_shown_but_suggest_nothing(boilers) -> None:
    branch, _, james, decisions = boilers
    for decision in decisions[:3]:
        choose(decision, james)
    (pattern,) = month_of(branch_id=branch.pk, start=NOW - 30 * DAY, end=NOW + DAY).patterns
    assert pattern.is_few
    assert pattern.suggestion is None


def test_another_branchs_and_another_months_overrides_are_not_in_it(
    boilers, make_branch, make_contractor
) -> None:
    branch, _, james, decisions = boilers
    choose(decisions[0], james)
    other = make_branch("worcester")
    assert month_of(branch_id=other.pk, start=NOW - 30 * DAY, end=NOW + DAY).overrides == []
    assert month_of(branch_id=branch.pk, start=NOW - 90 * DAY, end=NOW - 60 * DAY).patterns == []
    assert RankingPolicy.objects.filter(branch=branch).count() == 1
