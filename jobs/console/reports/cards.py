"""What one card of the report says: the figure, how it changed, and where its list is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from jobs.console.reports import charts
from jobs.console.reports.figures import Figure, Result
from jobs.console.reports.firms import Churn, Work
from jobs.console.reports.listing import value_text
from jobs.console.reports.measures import WORK, Kind, Measure
from jobs.console.reports.period import Period
from network import figures
from network.models import Branch


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of lists: they carry the period as days, so that a link keeps its meaning."""

    branch: Branch
    period: Period
    trade: str | None

    def list(self, key: str, *, period: Period | None = None, **more: Any) -> str:
        of = period or self.period
        asked: dict[str, Any] = {"first": of.first.isoformat(), "last": of.last.isoformat()}
        trade = more.pop("trade", self.trade)
        if trade:
            asked["trade"] = trade
        asked.update(more)
        address = reverse("console:report", kwargs={"branch": self.branch.slug, "measure": key})
        return f"{address}?{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure on the report's page."""

    title: str
    explains: str
    value: str
    counted: str
    few: bool
    url: str
    good_text: str
    good_url: str
    before: str
    before_url: str
    change: str
    tone: str
    spark: SafeString


def change_text(result: Result) -> str:
    """``up 3.2 points``, ``down 12 min``, ``no change that could not be chance``."""
    change = result.change
    if change is None:
        return ""
    measure = result.measure
    if measure.kind is not Kind.MEDIAN and not result.matters:
        return "no more than chance"
    if abs(change) < 0.005:
        return "the same"
    way = "up" if change > 0 else "down"
    if measure.unit == "%":
        return f"{way} {abs(change):.1f} points"
    return f"{way} {value_text(measure, abs(change))}"


def card_of(result: Result, links: Links) -> Card:
    """The card of a measure."""
    measure, now, before = result.measure, result.now, result.before
    is_share = measure.kind is Kind.SHARE
    return Card(
        title=measure.title,
        explains=measure.explains,
        value=value_text(measure, now.value),
        counted=_counted(now, measure.counted),
        few=now.few,
        url=links.list(measure.key),
        good_text=f"{now.good:,} {measure.yes}" if is_share and now.n else "",
        good_url=links.list(measure.key, only="yes") if is_share else "",
        before=value_text(measure, before.value) if before.n else "",
        before_url=links.list(measure.key, period=links.period.before),
        change=change_text(result),
        tone=result.tone,
        spark=figures.sparkline(
            [column.figure.value for column in result.columns],
            label=f"{measure.title}, by {links.period.unit}",
        ),
    )


def _counted(figure: Figure, what: str) -> str:
    if not figure.n:
        return f"no {what} in these days"
    noun = what[:-1] if figure.n == 1 else what
    return f"from {figure.n:,} {noun}"


def work_card(work: Work, links: Links) -> Card:
    """The card of how the work is spread."""
    return Card(
        title=WORK.title,
        explains=WORK.explains,
        value=value_text(WORK, work.now.value),
        counted=f"of {work.now.n:,} visits, by the busiest tenth of {len(work.firms):,} firms"
        if work.now.n
        else "no visits in these days",
        few=work.now.few,
        url=links.list(WORK.key),
        good_text=f"{work.without:,} had none" if work.now.n else "",
        good_url=links.list(WORK.key),
        before=value_text(WORK, work.before.value) if work.before.n else "",
        before_url=links.list(WORK.key, period=links.period.before),
        change="",
        tone="is-quiet",
        spark=SafeString(""),
    )


CHURN = Measure(
    key="churn",
    title="Contractors who left",
    explains="Of the firms in the network when the period began, those that left in it.",
    kind=WORK.kind,
    better=WORK.better,
    unit="%",
    rows="",
    counted="firms",
)


def churn_card(churn: Churn, links: Links) -> Card:
    """The card of who left and who joined."""
    return Card(
        title=CHURN.title,
        explains=CHURN.explains,
        value=value_text(CHURN, churn.now.value),
        counted=_counted(churn.now, CHURN.counted),
        few=churn.now.few,
        url=links.list(CHURN.key),
        good_text=f"{len(churn.left):,} left, {len(churn.joined):,} joined",
        good_url=links.list(CHURN.key),
        before=value_text(CHURN, churn.before.value) if churn.before.n else "",
        before_url=links.list(CHURN.key, period=links.period.before),
        change="",
        tone="is-quiet",
        spark=SafeString(""),
    )


def bars_of(result: Result, links: Links) -> SafeString:
    """The measure's trend: each column opens the list of its days."""
    measure = result.measure
    return charts.columns(
        [
            charts.Bar(
                label=f"{column.part.first.day} {column.part.first:%b}"
                if links.period.unit != "month"
                else f"{column.part.first:%b}",
                words=f"{column.part.label}: {value_text(measure, column.figure.value)}, "
                + _counted(column.figure, measure.counted),
                value=column.figure.value,
                text=value_text(measure, column.figure.value),
                url=links.list(measure.key, period=column.part),
                few=column.figure.few,
            )
            for column in result.columns
        ],
        top=100.0 if measure.kind is Kind.SHARE and _reaches_half(result) else None,
    )


def _reaches_half(result: Result) -> bool:
    # Small shares (cancellations) would be flat against an axis of a hundred per cent.
    return any((column.figure.value or 0) >= 50 for column in result.columns)
