"""Few observations are pulled towards the branch, many speak for themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.smoothing import PRIOR_STRENGTH, smoothed

COUNTS = st.integers(min_value=1, max_value=10_000)
RATES = st.floats(min_value=0, max_value=1)


@given(COUNTS, RATES, st.data())
def test_it_rises_with_what_was_observed(count, prior, data) -> None:
    less = data.draw(st.integers(min_value=0, max_value=count - 1))
    more = data.draw(st.integers(min_value=less + 1, max_value=count))
    low = smoothed(total=less, count=count, prior=prior)
    high = smoothed(total=more, count=count, prior=prior)
    assert low < high


@given(COUNTS, RATES, st.data())
def test_it_lies_between_the_prior_and_what_was_observed(count, prior, data) -> None:
    total = data.draw(st.integers(min_value=0, max_value=count))
    low, high = sorted([prior, total / count])
    assert low - 1e-9 <= smoothed(total=total, count=count, prior=prior) <= high + 1e-9


@given(COUNTS, RATES, RATES)
def test_more_of_the_same_moves_it_away_from_the_prior(count, rate, prior) -> None:
    one = smoothed(total=rate * count, count=count, prior=prior)
    many = smoothed(total=rate * (count + 1), count=count + 1, prior=prior)
    assert abs(many - rate) <= abs(one - rate) + 1e-9


def test_a_newcomer_stands_at_the_prior() -> None:
    assert smoothed(total=0, count=0, prior=0.7) == pytest.approx(0.7)


def test_one_refusal_is_not_a_zero() -> None:
    expected = PRIOR_STRENGTH * 0.7 / (PRIOR_STRENGTH + 1)
    assert smoothed(total=0, count=1, prior=0.7) == pytest.approx(expected)
    assert expected > 0.6
