"""The trend of a figure ends where the scorecard stands, for every figure there is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ranking.evidence import outcomes_behind
from ranking.models import BranchMeans, Outcome
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from ranking.trend import FIGURES, trend
from tests.ranking.conftest import NOW, outcome

DAY = timedelta(days=1)
HAPPENED = [
    ("accepted", 4.0, 40), ("declined", 9.0, 35), ("expired", 60.0, 33), ("accepted", 2.0, 9),
    ("fixed", None, 39), ("needs_another_visit", None, 20), ("fixed", None, 8),
    ("no_show", None, 6),
    ("on_time", None, 39), ("late", None, 20), ("on_time", None, 8),
    ("rating", 5.0, 38), ("rating", 2.0, 19), ("released_early", None, 3),
]  # fmt: skip


@pytest.fixture
def harold(make_contractor):
    contractor = make_contractor("Harold")
    record_outcomes(
        [
            outcome(contractor, kind, value=value, at=NOW - days * DAY)
            for kind, value, days in HAPPENED
        ]
    )
    return contractor


@pytest.mark.parametrize("key", FIGURES)
def test_the_last_point_is_the_cards_figure(harold, key: str) -> None:
    figure = FIGURES[key]
    newest = Outcome.objects.filter(contractor=harold, kind__in=kinds_of(figure)).latest("at").at
    refresh_scorecards(at=newest)
    usual = getattr(BranchMeans.objects.get(branch=harold.branch), figure.field)
    behind = outcomes_behind(contractor_id=harold.pk, family=figure.family, at=newest)
    points = trend(figure, behind, usual=usual)
    harold.scorecard.refresh_from_db()
    assert points[-1].value == pytest.approx(getattr(harold.scorecard, figure.field))
    assert figure.count_on(harold.scorecard) == len(points)
    assert [point.outcome.at for point in points] == sorted(p.outcome.at for p in points)


def kinds_of(figure) -> list[str]:
    from ranking.evidence import FAMILIES

    return [str(kind) for kind in FAMILIES[figure.family].kinds]


def test_what_does_not_count_has_no_point(harold) -> None:
    Outcome.objects.filter(kind="late").update(due_to="customer")
    figure = FIGURES["on-time"]
    behind = outcomes_behind(contractor_id=harold.pk, family="arrivals", at=NOW)
    assert len(trend(figure, behind, usual=0.9)) == 2
    assert len(behind) == 3


def test_without_outcomes_there_is_no_point() -> None:
    assert trend(FIGURES["rating"], [], usual=4.5) == []
