"""How one figure of a contractor came about: its course, and the outcomes behind every point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.console.network.outcomes import OutcomeLine, lines_of
from network import display
from network.models import Branch, Contractor
from ranking.evidence import outcomes_behind
from ranking.models import BranchMeans
from ranking.smoothing import Means
from ranking.trend import FIGURES, Point, trend
from ranking.trend_plot import Plot, Reading, plot


@dataclass(frozen=True, slots=True)
class Course:
    """What the page shows of the figure asked for; each dot of ``plot`` leads to its line."""

    label: str
    plot: Plot | None
    lines: Sequence[OutcomeLine]


def course_of(contractor: Contractor, key: str, *, branch: Branch, at: datetime) -> Course | None:
    """The figure ``key`` of ``ranking.trend.FIGURES``; None for another; three queries."""
    figure = FIGURES.get(key)
    if figure is None:
        return None
    counted = outcomes_behind(contractor_id=contractor.pk, family=figure.family, at=at)
    means = BranchMeans.objects.filter(branch=branch).first() or Means()
    usual: float = getattr(means, figure.field)
    shown = [one for one in counted if one.why or figure.worth(one.outcome) is not None]
    lines = lines_of([one.outcome for one in shown], contractor=contractor, branch=branch)
    by_outcome = {line.pk: line for line in lines}

    def reading(point: Point) -> Reading:
        line = by_outcome[point.outcome.pk]
        when = display.day(line.at, branch.time_zone)
        return Reading(
            value=point.value,
            url=f"#{line.anchor}",
            label=f"{figure.says(point.value)} after: {line.state.text.lower()}, {when}",
            when=when,
            tone="bad" if line.state.tone in ("bad", "warn") else "",
        )

    points = trend(figure, counted, usual=usual)
    return Course(
        label=figure.label,
        plot=plot([reading(point) for point in points], usual=usual, says=figure.says),
        lines=lines,
    )
