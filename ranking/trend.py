"""A figure of the scorecard as it rolled along, outcome by outcome.

Each point is what the card's figure was once that outcome had come in: the same window, fading and
smoothing as ``services.scorecards`` uses, so that the last point is the card's own figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from ranking.criteria.wording import amount, minutes, percent
from ranking.evidence import FAMILIES, STRIKES, WINDOW_DAYS, Counted, weight_of
from ranking.models import Outcome, OutcomeKind, Scorecard
from ranking.smoothing import smoothed


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a scorecard.

    ``field`` names it on the card, in the branch's means and among the facts; ``counts`` are the
    card's numbers of observations, to be added up. ``better`` is 1 when more is better, −1 when
    less is. ``worth`` gives the number an outcome brings in, None where it brings none.
    """

    key: str
    label: str
    family: str
    field: str
    counts: tuple[str, ...]
    better: int
    says: Callable[[float], str]
    worth: Callable[[Outcome], float | None]
    is_median: bool = False

    def count_on(self, card: Scorecard) -> int:
        return sum(getattr(card, name) for name in self.counts)


def _is(kind: str) -> Callable[[Outcome], float | None]:
    return lambda outcome: float(outcome.kind == kind)


def _minutes_to_answer(outcome: Outcome) -> float | None:
    return None if outcome.kind == OutcomeKind.EXPIRED else outcome.value


_ALL = (
    Figure(
        "on-time",
        "On time",
        "arrivals",
        "on_time_rate",
        ("on_time_count", "late_count"),
        1,
        percent,
        _is(OutcomeKind.ON_TIME),
    ),
    Figure(
        "first-time-fix",
        "Fixed at the first visit",
        "visits",
        "fix_rate",
        ("visits_count",),
        1,
        percent,
        _is(OutcomeKind.FIXED),
    ),
    Figure(
        "rating",
        "Customer rating",
        "ratings",
        "rating_mean",
        ("rating_count",),
        1,
        lambda value: f"{value:.1f}",
        lambda outcome: outcome.value,
    ),
    Figure(
        "reliability",
        "Strikes in 10 jobs",
        "commitments",
        "strikes_rate",
        ("commitments_count",),
        -1,
        lambda value: amount(10 * value),
        lambda outcome: STRIKES.get(outcome.kind, 0.0),
    ),
    Figure(
        "acceptance",
        "Offers accepted",
        "offers",
        "accept_rate",
        ("offers_count",),
        1,
        percent,
        _is(OutcomeKind.ACCEPTED),
    ),
    Figure(
        "response",
        "Time to answer",
        "offers",
        "response_minutes",
        ("answers_count",),
        -1,
        minutes,
        _minutes_to_answer,
        is_median=True,
    ),
)

FIGURES: Mapping[str, Figure] = {figure.key: figure for figure in _ALL}
"""Key → figure, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figure once ``outcome`` had come in."""

    outcome: Outcome
    value: float


def trend(figure: Figure, counted: Sequence[Counted], *, usual: float) -> list[Point]:
    """One point per outcome that counts, oldest first; ``counted`` is newest first.

    ``usual`` is the branch's figure, towards which few outcomes are pulled.
    """
    rows = [entry.outcome for entry in reversed(counted) if not entry.why]
    return [
        Point(outcome, _figure_at(figure, rows[: place + 1], outcome.at, usual))
        for place, outcome in enumerate(rows)
        if figure.worth(outcome) is not None
    ]


def _figure_at(figure: Figure, rows: Sequence[Outcome], at: datetime, usual: float) -> float:
    since = at - timedelta(days=WINDOW_DAYS)
    newest = [row for row in rows if row.at > since][-FAMILIES[figure.family].keep :]
    pairs = [
        (worth, weight_of(age=at - row.at))
        for row in newest
        if (worth := figure.worth(row)) is not None
    ]
    evidence = sum(weight for _, weight in pairs)
    if figure.is_median:
        middle = median(worth for worth, _ in pairs) if pairs else usual
        return smoothed(total=middle * evidence, count=evidence, prior=usual)
    total = sum(worth * weight for worth, weight in pairs)
    return smoothed(total=total, count=evidence, prior=usual)
