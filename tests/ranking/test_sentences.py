"""Each sentence says its number, from how many observations, and where it stands."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, Field
from ranking.criteria.wording import minutes, ordinal
from tests.ranking.test_scoring import CONTEXTS, facts, ranked

NAN = float("nan")
USD = DecisionContext(not_to_exceed=Decimal(250))


def sentences(key: str, context: DecisionContext = USD, **columns: list[float]) -> list[str]:
    """What the criterion says about each candidate, in the order given."""
    criterion = REGISTRY[key]
    count = len(next(iter(columns.values())))
    arrays = {name: np.array(columns.get(name, [NAN] * count), float) for name in criterion.facts}
    values = np.round(criterion.values(arrays, context), 6)
    values = np.where(np.isnan(values), 0.5, values)
    return [
        criterion.sentence(
            {name: float(array[row]) for name, array in arrays.items()},
            Field(
                place=1 + int(np.count_nonzero(values > values[row])),
                tied=int(np.count_nonzero(values == values[row])),
                of=count,
                columns=arrays,
            ),
            context,
        )
        for row in range(count)
    ]


def test_skill_level() -> None:
    assert sentences("skill_level", skill_level=[3, 2, 2], required_level=[2, 2, 2]) == [
        "Skill level 3, one above the 2 asked for, the highest of 3",
        "Skill level 2, exactly what the job asks for",
        "Skill level 2, exactly what the job asks for",
    ]
    assert sentences("skill_level", skill_level=[NAN], required_level=[0]) == [
        "This work asks for no particular skill"
    ]


def test_travel_time() -> None:
    said = sentences("travel_time", travel_minutes=[12.2, 41, 18, 105], travel_km=[5.1, 21, 8, 70])
    assert said == [
        "12 min away (3.2 mi), closest of 4",
        "41 min away (13 mi), 3rd closest of 4",
        "18 min away (5 mi), 2nd closest of 4",
        "1 h 45 min away (43 mi), furthest of 4",
    ]
    assert sentences("travel_time", travel_minutes=[0.2], travel_km=[0.1]) == [
        "Under a minute away (0.1 mi)"
    ]
    assert sentences("travel_time", travel_minutes=[9, 9, 20], travel_km=[NAN] * 3)[0] == (
        "9 min away, joint closest of 3"
    )
    km = DecisionContext(distance_unit="km")
    assert sentences("travel_time", km, travel_minutes=[9], travel_km=[3.2]) == [
        "9 min away (3.2 km)"
    ]


def test_price_against_the_limit() -> None:
    assert sentences("price", price=[228, 118, 250, 262.5, 100]) == [
        "$228, $22 below the limit, 3rd cheapest of 5",
        "$118, $132 below the limit, 2nd cheapest of 5",
        "$250, right at the limit, 4th cheapest of 5",
        "$262.50, $12.50 over the limit, dearest of 5",
        "$100, $150 below the limit, cheapest of 5",
    ]


def test_price_without_a_limit() -> None:
    free = DecisionContext(not_to_exceed=None, currency="GBP")
    assert sentences("price", free, price=[90, 100, 130]) == [
        "£90, £10 below the middle price, cheapest of 3",
        "£100, the middle price, no limit set, 2nd cheapest of 3",
        "£130, £30 above the middle price, dearest of 3",
    ]
    assert sentences("price", free, price=[90]) == ["£90, no limit set"]
    kronor = DecisionContext(currency="SEK")
    assert sentences("price", kronor, price=[1200]) == ["1,200 SEK, no limit set"]


def test_customer_rating_says_when_it_knows_little() -> None:
    said = sentences(
        "customer_rating",
        rating_mean=[4.8, 4.5, 4.58, 4.1],
        rating_average=[4.86, NAN, 5, 3.9],
        rating_count=[34, 0, 2, 12],
    )
    assert said == [
        "Rated 4.9 by 34 customers, best of 4",
        "No ratings yet, counted as the branch's usual 4.5",
        "Rated 5.0 by 2 customers: too few to tell, counted as 4.6",
        "Rated 3.9 by 12 customers, lowest of 4",
    ]


def test_acceptance_says_when_it_knows_little() -> None:
    said = sentences(
        "acceptance",
        accept_rate=[0.78, 0.7, 0.692, 0.64, 0.8, 0.35],
        accepted_count=[19, 0, 2, 0, 6, 0],
        offers_count=[24, 0, 3, 1, 6, 10],
    )
    assert said == [
        "Accepted 19 of 24 offers (79 %), 2nd most willing of 6",
        "No offers yet, counted as the branch's usual 70 %",
        "Accepted 2 of 3 offers: too few to tell, counted as 69 %",
        "Passed up the only offer so far: too few to tell, counted as 64 %",
        "Accepted all of 6 offers, most willing of 6",
        "Accepted none of 10 offers, least willing of 6",
    ]


def test_response_speed_says_when_it_knows_little() -> None:
    said = sentences(
        "response_speed",
        response_minutes=[4.6, 10, 8.2],
        response_median=[4.1, NAN, 2.5],
        answers_count=[31, 0, 2],
    )
    assert said == [
        "Usually answers in 4 min (31 answers), quickest of 3",
        "Has not answered an offer yet, counted as the branch's usual 10 min",
        "Answered twice, in 2 min: too few to tell, counted as 8 min",
    ]


def test_fair_share_counts_per_technician() -> None:
    assert sentences("fair_share", recent_jobs=[0, 2, 12], technicians=[1, 1, 3]) == [
        "No jobs in the last 14 days; the 3 here average 2 per technician",
        "2 jobs in the last 14 days; the 3 here average 2 per technician",
        "12 jobs in the last 14 days for 3 technicians (4 each); "
        "the 3 here average 2 per technician",
    ]
    assert (
        sentences("fair_share", recent_jobs=[0, 0], technicians=[1, 2])
        == [
            "No jobs in the last 14 days, like all 2",
        ]
        * 2
    )
    assert sentences("fair_share", recent_jobs=[1], technicians=[1]) == [
        "1 job in the last 14 days"
    ]


def test_preferred_tier() -> None:
    said = sentences("preferred_tier", tier=[1, 2, 2, 3], client_preferred=[0, 1, 0, 0])
    assert said == [
        "Preferred tier, the only one of 4",
        "Preferred by this client, the only one of 4",
        "Standard tier, like 1 of the other 3",
        "Backup tier, the only one of 4",
    ]


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (23, "23rd")],
)
def test_ordinals(number: int, said: str) -> None:
    assert ordinal(number) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [(0.3, "under a minute"), (1, "1 min"), (89, "89 min"), (90, "1 h 30 min"), (180, "3 h")],
)
def test_minutes(amount: float, said: str) -> None:
    assert minutes(amount) == said


@given(facts(), CONTEXTS)
def test_whatever_is_unknown_there_is_a_sentence_without_gaps(columns, context) -> None:
    for key, criterion in REGISTRY.items():
        values = ranked(columns, {key: 1}, context).values[:, 0]
        for row in range(len(values)):
            field = Field(
                place=1 + int(np.count_nonzero(values > values[row])),
                tied=int(np.count_nonzero(values == values[row])),
                of=len(values),
                columns={name: columns[name] for name in criterion.facts},
            )
            said = criterion.sentence(
                {name: float(columns[name][row]) for name in criterion.facts}, field, context
            )
            assert said
            assert said == said.strip()
            assert said[0].isupper() or said[0] in "0123456789$"
            assert "nan" not in said
            assert "None" not in said
            assert not said.endswith(".")


def test_first_time_fix() -> None:
    assert sentences(
        "first_time_fix",
        fix_rate=[0.85, 0.7, 0.77, 0.72],
        fixed_count=[27, 20, 0, 2],
        visits_count=[30, 30, 0, 3],
    ) == [
        "Fixed 27 of the last 30 jobs at the first visit, best of 4",
        "Fixed 20 of the last 30 jobs at the first visit, lowest of 4",
        "No visits yet, counted as the branch's usual 77 %",
        "Fixed 2 of the last 3 jobs at the first visit: too few to tell, counted as 72 %",
    ]


def test_on_time() -> None:
    assert sentences(
        "on_time",
        on_time_rate=[0.97, 0.8, 0.9, 0.88],
        on_time_count=[30, 22, 0, 0],
        arrivals_count=[30, 30, 0, 1],
    ) == [
        "On time at all of the last 30 visits, most punctual of 4",
        "On time at 22 of the last 30 visits, least punctual of 4",
        "No arrivals yet, counted as the branch's usual 90 % on time",
        "Late at the only visit so far: too few to tell, counted as 88 %",
    ]


def test_reliability() -> None:
    assert sentences(
        "reliability",
        strikes_rate=[0.02, 0.2, 0.08, 0.5],
        released_early_count=[0, 1, 0, 0],
        released_late_count=[0, 2, 0, 0],
        no_show_count=[0, 1, 0, 1],
        commitments_count=[30, 30, 0, 2],
    ) == [
        "Kept all of the last 30 jobs, most reliable of 4",
        "Kept 26 of the last 30 jobs (1 given back early, 2 given back late, 1 no-show),"
        " 3rd most reliable of 4",
        "No accepted jobs yet, counted as usual in the branch",
        "Kept 1 of the last 2 jobs (1 no-show): too few to tell, counted as 5 strikes in 10 jobs",
    ]


def test_continuity() -> None:
    assert sentences("continuity", earlier_visits=[3, 0, NAN], days_since_visit=[12.4, NAN, 3]) == [
        "Served this customer or site 3 times, last 12 days ago, the only one of 3",
        "Has not served this customer or site before",
        "Earlier visits not known, counted as average",
    ]
    assert sentences("continuity", earlier_visits=[1], days_since_visit=[0.2]) == [
        "Served this customer or site once, today"
    ]


def test_route_density() -> None:
    assert sentences("route_density", stops_nearby=[2, 1, 0, NAN]) == [
        "2 other stops within 3.1 mi that day, most of 4",
        "1 other stop within 3.1 mi that day, joint 2nd most of 4",
        "No other stops within 3.1 mi that day",
        "Stops nearby not known, counted as average",
    ]
