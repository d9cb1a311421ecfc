"""A contractor sees own figures and bands: never a rival's name, number or exact figure."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ranking.bands import band_of, band_on_scale, band_words, gap_words, place_on_scale
from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, Measure
from ranking.whynot import FEWEST, left_out_because, own_reasons, why_not
from tests.ranking.in_memory import FIRST_ID, in_memory
from tests.ranking.test_scoring import CONTEXTS, RANGES, WEIGHTS, WHOLE, any_number, facts

USD = DecisionContext(not_to_exceed=Decimal(250))
BANDED = {
    criterion.measure.fact: criterion.measure
    for criterion in REGISTRY.values()
    if criterion.measure and criterion.measure.edges
}


def ends_of_band(measure: Measure, value: float) -> tuple[float, float]:
    edges = (measure.low, *measure.edges, measure.high)
    band = band_of(measure, value)
    return edges[band], edges[band + 1]


@st.composite
def moved_rivals(draw: st.DrawFn, columns: dict[str, np.ndarray], mine: int):
    """The same candidates, where rivals' figures are others within their bands.

    Some are moved far, some hardly, so that the order sometimes changes and sometimes does not.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    often = draw(st.sampled_from([0.05, 0.3, 1.0]))
    moved = {}
    for name, column in columns.items():
        new = column.copy()
        measure = BANDED.get(name)
        for row, value in enumerate(column):
            if row == mine or np.isnan(value) or random.random() > often:
                continue
            span = RANGES[name] if measure is None else ends_of_band(measure, value)
            (other,) = any_number(random, span, 1, whole=name in WHOLE)
            if measure is None or band_of(measure, other) == band_of(measure, value):
                new[row] = other
        moved[name] = new
    return moved


@settings(max_examples=150)
@given(facts(least=FEWEST), WEIGHTS, CONTEXTS, st.data())
def test_other_figures_of_rivals_in_the_same_bands_show_the_same_page(
    columns, weights, context, data
) -> None:
    """The whole promise: what is shown follows from the bands, the place and nothing else."""
    mine = data.draw(st.integers(0, len(columns["price"]) - 1))
    before = in_memory(columns, weights, context)
    others = data.draw(moved_rivals(columns, mine))
    after = in_memory(others, weights, context)
    me = FIRST_ID + mine
    first, second = why_not(before, me), why_not(after, me)
    if first is None or second is None:
        return
    # whose band is shown may change with the order; the same one first, the same place
    assume(before.contractor_ids[0] == after.contractor_ids[0])
    assume((first.rank, first.headline) == (second.rank, second.headline))
    assert first == second


@settings(max_examples=60)
@given(facts(least=2), WEIGHTS, CONTEXTS, st.data())
def test_why_me_holds_own_figures_and_places_only(columns, weights, context, data) -> None:
    """Rivals moved without changing anybody's place on any criterion: the same sentences."""
    mine = data.draw(st.integers(0, len(columns["price"]) - 1))
    alone = {name: column[mine : mine + 1] for name, column in columns.items()}
    me = FIRST_ID + mine
    decision = in_memory(columns, weights, context)
    own = {part.label: part.sentence for part in own_reasons(decision, me, 99)}
    by_itself = {
        part.label: part.sentence
        for part in own_reasons(in_memory(alone, weights, context), FIRST_ID, 99)
    }
    place = re.compile(r", (joint )?(\d+(st|nd|rd|th) )?best of \d+$")
    assert {label: place.sub("", text) for label, text in own.items()} == by_itself


@given(st.sampled_from(sorted(BANDED)), st.floats(0, 600, width=32))
def test_a_band_holds_its_value_and_more_than_one(name: str, value: float) -> None:
    measure = BANDED[name]
    value = min(max(value, measure.low), measure.high)
    band = band_of(measure, value)
    edges = (measure.low, *measure.edges, measure.high)
    assert edges[band] - 1e-6 <= value <= edges[band + 1]
    assert edges[band + 1] - edges[band] >= 2 * measure.step
    start, end = band_on_scale(measure, band)
    assert start - 1e-3 <= place_on_scale(measure, value) <= end + 1e-3


def test_bands_and_gaps_in_words() -> None:
    travel, fair = REGISTRY["travel_time"].measure, REGISTRY["fair_share"].measure
    assert travel is not None
    assert fair is not None
    said = [band_words(travel, band_of(travel, minutes), USD) for minutes in (2, 5, 31, 120)]
    assert said == ["under 5 min", "5 min to 10 min", "30 min to 45 min", "1 h 30 min or more"]
    assert band_words(fair, band_of(fair, 0), USD) == "under 3 jobs in 14 days"
    assert [gap_words(points) for points in (0, 3, 7, 15, 60)] == [
        "less than 2 points",
        "2 to 5 points",
        "5 to 10 points",
        "10 to 20 points",
        "more than 20 points",
    ]


def far_and_dear(count: int):
    columns = {
        "travel_minutes": np.array([7.0, *([31.0] * (count - 1))]),
        "price": np.array([110.0, *([120.0] * (count - 1))]),
        "tier": np.full(count, 1.0),
    }
    return in_memory(columns, {"travel_time": 20, "price": 10, "preferred_tier": 5}, USD)


def test_own_figures_beside_the_firsts_band() -> None:
    page = why_not(far_and_dear(5), FIRST_ID + 4)
    assert page is not None
    assert (page.rank, page.of, page.too_few) == (5, 5, False)
    drive, price, tier = page.rows
    assert (drive.own, drive.band, drive.tone) == ("31 min", "5 min to 10 min", "against")
    assert (price.own, price.band, price.tone) == ("$120", "$100 to $125", "inside")
    assert (tier.own, tier.band) == ("tier 1", "")  # three tiers: a band would say it exactly


def test_with_few_candidates_nothing_is_said_about_the_first() -> None:
    page = why_not(far_and_dear(FEWEST - 1), FIRST_ID + 1)
    assert page is not None
    assert page.too_few
    assert page.headline == "Somebody else was asked first."
    assert all(row.band == "" for row in page.rows)


def test_who_was_first_or_no_candidate_has_no_such_page() -> None:
    decision = far_and_dear(5)
    assert why_not(decision, FIRST_ID) is None
    assert why_not(decision, 1) is None


def test_who_is_left_out_by_a_rule_learns_which_with_the_own_number() -> None:
    columns = {"travel_minutes": np.array([7.0, 31.0]), "price": np.ones(2)}
    near = [{"kind": "must", "condition": "travel_at_most", "value": 20}]
    decision = in_memory(columns, {"travel_time": 20}, USD, near)
    said = left_out_because(decision, FIRST_ID + 1)
    assert said == "Left out by the policy: must at most 20 minutes away; you: 31 min"
    assert left_out_because(decision, FIRST_ID) == ""
