"""The scorecard as staff read it: each figure, what it rests on, the branch's, and its course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils.safestring import SafeString

from jobs.console.network.rows import minutes_words
from network import figures
from network.models import Branch, Contractor
from ranking.models import BranchMeans, Scorecard

#: Weeks behind a sparkline.
WEEKS = 13

_WEEKS = """
SELECT floor(extract(epoch FROM %(at)s - at) / 604800)::int, kind, count(*), avg(value)
FROM ranking_outcome
WHERE contractor_id = %(contractor)s AND due_to = 'contractor'
    AND NOT EXISTS (SELECT FROM ranking_dispute dispute
        WHERE dispute.outcome_id = ranking_outcome.id AND dispute.status = 'open')
    AND at > %(at)s - make_interval(weeks => %(weeks)s) AND at <= %(at)s
GROUP BY 1, 2
"""

_COUNTED = (
    "offers_count", "accepted_count", "expired_count", "visits_count", "fixed_count",
    "on_time_count", "late_count", "commitments_count", "released_count", "no_show_count",
    "rating_count",
)  # fmt: skip


#: Label of a tile → the figure of ``ranking.trend`` whose outcomes stand behind it.
_FIGURES = {
    "Rating": "rating",
    "Fixed first time": "first-time-fix",
    "On time": "on-time",
    "Says yes": "acceptance",
    "Gave no answer": "acceptance",
    "Answers in": "response",
    "Dropped out": "reliability",
    "Accepted lately": "acceptance",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: ``basis`` says on how many it rests and what the branch has."""

    label: str
    value: str
    basis: str
    spark: SafeString

    @property
    def url(self) -> str:
        """The same page with the figure's course and the outcomes it came from."""
        return f"?figure={_FIGURES[self.label]}#outcomes"


@dataclass(slots=True)
class _Week:
    """What happened in one week, by kind: counts and mean values."""

    counts: dict[str, int]
    means: dict[str, float]

    def share(self, of: str, *all_of: str) -> float | None:
        total = sum(self.counts.get(kind, 0) for kind in all_of)
        return self.counts.get(of, 0) / total if total else None


def tiles_of(contractor: Contractor, *, branch: Branch, at: datetime) -> list[Tile]:
    """The tiles of the card; three queries."""
    card: Any = getattr(contractor, "scorecard", None) or Scorecard()
    sums = Scorecard.objects.filter(branch=branch).aggregate(
        **{name: Sum(name) for name in _COUNTED}
    )
    means = BranchMeans.objects.filter(branch=branch).first()
    weeks = _weeks(contractor, at)
    arrivals = card.on_time_count + card.late_count
    dropped = card.released_count + card.no_show_count

    def share(label: str, part: int, total: int, branch_part: Any, branch_total: Any,
              basis: str, course: list[float | None]) -> Tile:  # fmt: skip
        usual = f"branch {_percent(branch_part or 0, branch_total or 0)}" if branch_total else ""
        return Tile(
            label,
            _percent(part, total) if total else "–",
            " · ".join(words for words in (usual, basis) if words),
            _spark(label, course),
        )

    arrived = (sums["on_time_count"] or 0) + (sums["late_count"] or 0)
    fell = (sums["released_count"] or 0) + (sums["no_show_count"] or 0)
    return [
        Tile(
            "Rating",
            f"{card.rating_average:.1f}" if card.rating_average is not None else "–",
            " · ".join(
                words
                for words in (
                    f"branch {means.rating_mean:.1f}" if means and sums["rating_count"] else "",
                    _of(card.rating_count, "rating"),
                )
                if words
            ),
            _spark("Rating", [week.means.get("rating") for week in weeks]),
        ),
        share(
            "Fixed first time", card.fixed_count, card.visits_count, sums["fixed_count"],
            sums["visits_count"], _of(card.visits_count, "visit"),
            [week.share("fixed", "fixed", "needs_another_visit") for week in weeks],
        ),
        share(
            "On time", card.on_time_count, arrivals, sums["on_time_count"], arrived,
            _of(arrivals, "arrival") + (f", {card.late_count} late" if arrivals else ""),
            [week.share("on_time", "on_time", "late") for week in weeks],
        ),
        share(
            "Says yes", card.accepted_count, card.offers_count, sums["accepted_count"],
            sums["offers_count"], _of(card.offers_count, "offer"),
            [week.share("accepted", "accepted", "declined", "expired") for week in weeks],
        ),
        share(
            "Gave no answer", card.expired_count, card.offers_count, sums["expired_count"],
            sums["offers_count"], f"{card.expired_count} of {_of(card.offers_count, 'offer')}",
            [week.share("expired", "accepted", "declined", "expired") for week in weeks],
        ),
        Tile(
            "Answers in",
            minutes_words(card.response_median) if card.response_median is not None else "–",
            " · ".join(
                words
                for words in (
                    f"branch {minutes_words(means.response_minutes)}"
                    if means and means.answers_count
                    else "",
                    f"median of {_of(card.answers_count, 'answer')}",
                )
                if words
            ),
            _spark("Answers in", [week.means.get("accepted") for week in weeks]),
        ),
        share(
            "Dropped out", dropped, card.commitments_count, fell, sums["commitments_count"],
            f"{dropped} of {_of(card.commitments_count, 'accepted job')}",
            [
                week.share(
                    "dropped", "dropped", "fixed", "needs_another_visit"
                )
                for week in weeks
            ],
        ),
        Tile(
            "Accepted lately",
            str(card.recent_accepted),
            "in the last 14 days",
            _spark("Accepted by week", [float(week.counts.get("accepted", 0)) for week in weeks]),
        ),
    ]  # fmt: skip


def _weeks(contractor: Contractor, at: datetime) -> list[_Week]:
    """The last weeks, the oldest first."""
    weeks = [_Week({}, {}) for _ in range(WEEKS)]
    with connection.cursor() as cursor:
        cursor.execute(_WEEKS, {"at": at, "contractor": contractor.pk, "weeks": WEEKS})
        for ago, kind, count, mean in cursor.fetchall():
            if 0 <= ago < WEEKS:
                week = weeks[WEEKS - 1 - ago]
                week.counts[kind] = count
                if mean is not None:
                    week.means[kind] = mean
    for week in weeks:
        week.counts["dropped"] = sum(
            week.counts.get(kind, 0) for kind in ("released_early", "released_late", "no_show")
        )
    return weeks


def _percent(part: int, total: int) -> str:
    return f"{100 * part / total:.0f} %" if total else "–"


def _of(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _spark(label: str, values: list[float | None]) -> SafeString:
    return figures.sparkline(values, label=f"{label}, week by week over {WEEKS} weeks")
