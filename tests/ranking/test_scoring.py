"""Scoring holds its promises for any facts and any weights."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, default_weights, fact_names
from ranking.errors import PolicyError
from ranking.scoring import Ranked, rank
from ranking.weights import clean_weights, shares

RANGES = {
    "skill_level": (1, 3),
    "required_level": (0, 3),
    "travel_minutes": (0, 180),
    "travel_km": (0, 80),
    "price": (0, 600),
    "rating_mean": (1, 5),
    "rating_average": (1, 5),
    "rating_count": (0, 90),
    "accept_rate": (0, 1),
    "accepted_count": (0, 90),
    "offers_count": (0, 90),
    "response_minutes": (0, 240),
    "response_median": (0, 240),
    "answers_count": (0, 90),
    "fix_rate": (0, 1),
    "fixed_count": (0, 30),
    "visits_count": (0, 30),
    "on_time_rate": (0, 1),
    "on_time_count": (0, 30),
    "arrivals_count": (0, 30),
    "strikes_rate": (0, 3),
    "released_early_count": (0, 30),
    "released_late_count": (0, 30),
    "no_show_count": (0, 30),
    "commitments_count": (0, 30),
    "earlier_visits": (0, 9),
    "days_since_visit": (0, 700),
    "stops_nearby": (0, 6),
    "recent_jobs": (0, 60),
    "technicians": (1, 8),
    "tier": (1, 3),
    "client_preferred": (0, 1),
}
WHOLE = {
    name for name in RANGES if name.endswith(("_level", "_count", "_jobs", "_visits", "_nearby"))
} | {
    "technicians",
    "tier",
    "client_preferred",
}
CONTEXTS = st.builds(
    DecisionContext,
    not_to_exceed=st.none() | st.decimals(min_value=1, max_value=900, places=2),
    distance_unit=st.sampled_from(["mi", "km"]),
)
WEIGHTS = st.fixed_dictionaries(
    {key: st.integers(min_value=0, max_value=100) for key in REGISTRY}
).filter(lambda weights: any(weights.values()))


@st.composite
def facts(draw: st.DrawFn, least: int = 1) -> dict[str, np.ndarray]:
    """Every fact of 1 to 12 candidates, as logged: all alike, few different, or any; some unknown.

    The numbers come from a seed: drawing hundreds one by one is what takes long.
    """
    count = draw(st.integers(min_value=least, max_value=12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps = draw(st.sampled_from([1, 4, 0]))
    unknown = draw(st.sampled_from([0.0, 0.15, 0.6]))
    columns = {}
    for name, span in RANGES.items():
        column = any_number(random, span, count, steps=steps, whole=name in WHOLE)
        if name != "technicians":
            column[random.random(count) < unknown] = np.nan
        columns[name] = column
    return columns


def any_number(
    random: np.random.Generator,
    span: tuple[float, float],
    count: int,
    *,
    steps: int = 0,
    whole: bool = False,
) -> np.ndarray:
    """Numbers within ``span`` as 4-byte floats; with ``steps`` only so many and the ends."""
    low, high = span
    places = random.integers(0, steps + 1, count) / steps if steps else random.random(count)
    numbers = low + places * (high - low)
    return (np.rint(numbers) if whole else numbers).astype(np.float32).astype(float)


def ranked(columns: dict[str, np.ndarray], weights: dict, context: DecisionContext) -> Ranked:
    count = len(columns["price"])
    return rank(
        facts=columns, weights=weights, context=context, tie_break=np.arange(100, 100 + count)
    )


def test_the_ranges_of_these_tests_cover_every_fact() -> None:
    assert set(RANGES) == set(fact_names())


@given(facts(), WEIGHTS, CONTEXTS)
def test_parts_add_up_to_the_score_and_lie_in_range(columns, weights, context) -> None:
    result = ranked(columns, weights, context)
    assert np.allclose(result.points.sum(axis=1), result.scores, atol=1e-9)
    assert np.all((result.values >= 0) & (result.values <= 1))
    assert np.all((result.scores >= 0) & (result.scores <= 100))


@given(facts(), WEIGHTS, CONTEXTS)
def test_the_order_is_total_and_by_score(columns, weights, context) -> None:
    result = ranked(columns, weights, context)
    assert sorted(result.order) == list(range(len(columns["price"])))
    in_order = result.scores[result.order]
    assert np.all(np.diff(in_order) <= 0)


@given(facts(), WEIGHTS, CONTEXTS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_the_input(
    columns, weights, context, random
) -> None:
    count = len(columns["price"])
    ids = np.arange(100, 100 + count)
    shuffle = list(range(count))
    random.shuffle(shuffle)
    first = rank(facts=columns, weights=weights, context=context, tie_break=ids)
    second = rank(
        facts={name: column[shuffle] for name, column in columns.items()},
        weights=weights,
        context=context,
        tie_break=ids[shuffle],
    )
    assert list(ids[first.order]) == list(ids[shuffle][second.order])
    assert list(first.scores[first.order]) == list(second.scores[second.order])


@settings(max_examples=120)
@given(facts(least=2), WEIGHTS, CONTEXTS, st.sampled_from(sorted(REGISTRY)), st.data())
def test_raising_a_weight_never_lowers_the_one_who_is_best_on_it(
    columns, weights, context, key, data
) -> None:
    alone = ranked(columns, {key: 1}, context).values[:, 0]
    best = int(np.argmax(alone))
    assume(np.count_nonzero(alone == alone[best]) == 1)
    more = data.draw(st.integers(min_value=weights[key], max_value=100))
    assume(more > 0)
    before = list(ranked(columns, weights, context).order).index(best)
    after = list(ranked(columns, {**weights, key: more}, context).order).index(best)
    assert after <= before


@given(facts(), CONTEXTS, st.sampled_from(sorted(REGISTRY)))
def test_unknown_facts_are_neutral(columns, context, key) -> None:
    columns = {
        name: np.full_like(column, np.nan) if name in REGISTRY[key].facts else column
        for name, column in columns.items()
    }
    if key in {"fair_share", "preferred_tier"}:
        columns["client_preferred"] = np.zeros_like(columns["price"])
    assert np.all(ranked(columns, {key: 50}, context).values == 0.5)


@pytest.mark.parametrize(
    ("fact", "key", "better"),
    [
        ("skill_level", "skill_level", "more"),
        ("travel_minutes", "travel_time", "less"),
        ("price", "price", "less"),
        ("rating_mean", "customer_rating", "more"),
        ("accept_rate", "acceptance", "more"),
        ("response_minutes", "response_speed", "less"),
        ("fix_rate", "first_time_fix", "more"),
        ("on_time_rate", "on_time", "more"),
        ("strikes_rate", "reliability", "less"),
        ("earlier_visits", "continuity", "more"),
        ("stops_nearby", "route_density", "more"),
        ("recent_jobs", "fair_share", "less"),
        ("tier", "preferred_tier", "less"),
    ],
)
def test_each_criterion_prefers_the_better_fact(fact: str, key: str, better: str) -> None:
    low, high = RANGES[fact]
    columns = {name: np.full(2, float(span[0])) for name, span in RANGES.items()}
    columns["required_level"] = np.array([1.0, 1.0])
    columns[fact] = np.array([low, high], dtype=float)
    context = DecisionContext(not_to_exceed=Decimal(400))
    poor, good = ranked(columns, {key: 10}, context).values[:, 0][:: 1 if better == "more" else -1]
    assert good > poor


def test_a_criterion_that_reads_own_facts_only_may_be_valued_alone() -> None:
    """Replay relies on it: who else is there, and the context, must not matter to these."""
    random = np.random.default_rng(3)
    columns = {name: random.uniform(*span, 8) for name, span in RANGES.items()}
    for name in WHOLE:
        columns[name] = np.rint(columns[name])
    contexts = [DecisionContext(), DecisionContext(not_to_exceed=Decimal(90), currency="EUR")]
    for criterion in REGISTRY.values():
        if not criterion.own_facts_only:
            continue
        together = criterion.values(columns, contexts[0])
        alone = [
            criterion.values({k: v[row : row + 1] for k, v in columns.items()}, contexts[1])[0]
            for row in range(8)
        ]
        assert np.array_equal(together, alone, equal_nan=True), criterion.key


def test_equals_are_ordered_by_the_tie_break() -> None:
    columns = {"travel_minutes": np.array([10.0, 10.0, 10.0])}
    result = rank(
        facts=columns,
        weights={"travel_time": 1},
        context=DecisionContext(),
        tie_break=np.array([30, 10, 20]),
    )
    assert list(result.order) == [1, 2, 0]


def test_nobody_is_an_order_too() -> None:
    result = rank(
        facts={},
        weights=default_weights(),
        context=DecisionContext(),
        tie_break=np.array([], dtype=int),
    )
    assert list(result.order) == []


def test_two_candidates_with_one_tie_break_are_refused() -> None:
    with pytest.raises(ValueError, match="different number"):
        rank(
            facts={},
            weights=default_weights(),
            context=DecisionContext(),
            tie_break=np.array([7, 7]),
        )


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="price"):
        rank(
            facts={"price": np.array([1.0])},
            weights=default_weights(),
            context=DecisionContext(),
            tie_break=np.array([1, 2]),
        )


@pytest.mark.parametrize(
    ("weights", "code", "field"),
    [
        ({}, "no-weight", "weights"),
        ({"price": 0}, "no-weight", "weights"),
        ({"charm": 10}, "unknown-criterion", "weights"),
        ({"price": -1}, "weight-out-of-range", "price"),
        ({"price": 100.5}, "weight-out-of-range", "price"),
        ({"price": float("nan")}, "weight-not-a-number", "price"),
        ({"price": "10"}, "weight-not-a-number", "price"),
        ({"price": True}, "weight-not-a-number", "price"),
        ({"price": 0.0001}, "no-weight", "weights"),
    ],
)
def test_unusable_weights_are_refused_in_words(weights, code, field) -> None:
    with pytest.raises(PolicyError) as refused:
        clean_weights(weights)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.detail.endswith(".")


def test_criteria_are_shown_in_one_order_wherever_they_are_imported_from() -> None:
    assert list(REGISTRY) == [
        "skill_level",
        "travel_time",
        "price",
        "customer_rating",
        "first_time_fix",
        "on_time",
        "reliability",
        "acceptance",
        "response_speed",
        "fair_share",
        "preferred_tier",
        "continuity",
        "route_density",
    ]


def test_the_default_weights_read_as_percentages() -> None:
    weights = clean_weights(default_weights())
    assert sum(weights.values()) == 100
    assert shares(weights)["travel_time"] == pytest.approx(weights["travel_time"] / 100)
