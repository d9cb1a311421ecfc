"""A replay's report in words and charts, and one decision under both policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from network.models import Contractor
from ranking.admin import charts
from ranking.context import KM_PER_MILE, DecisionContext
from ranking.criteria import REGISTRY
from ranking.criteria.wording import counted
from ranking.explain import RankedCandidate, explain_under, order_field, whole_field
from ranking.models import Decision, Replay
from ranking.replay.figures import FEWEST
from ranking.rules import Rule, clean_rules
from ranking.services.replays import in_force_for
from ranking.weights import usable_weights

SHOWN = 12
FEW = 100
"""Below so many decisions a figure says from how many it is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a report in words. ``estimated``: nobody saw it, it follows from records."""

    label: str
    change: str
    detail: str
    tone: str
    lines: charts.Lines | None
    columns: list[charts.Column]
    estimated: bool


@dataclass(frozen=True, slots=True)
class Share:
    """One contractor's first calls under both policies."""

    name: str
    before: int
    after: int
    change: int
    because: str
    margin: int
    clear: bool
    bar: tuple[float, float]

    @property
    def said(self) -> str:
        """'+12 ±7', '−3 ±4', '±0'."""
        if not self.change and not self.margin:
            return "±0"
        sign = "+" if self.change > 0 else "−" if self.change < 0 else ""
        return f"{sign}{abs(self.change)} ±{self.margin}"

    @property
    def tone(self) -> str:
        return "" if not self.clear else "is-good" if self.change > 0 else "is-bad"


@dataclass(frozen=True, slots=True)
class Side:
    """One contractor of a decision, with both ranks; None where a rule leaves it out."""

    name: str
    before: RankedCandidate | None
    after: RankedCandidate | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """One decision of the list: who is asked first under both policies."""

    decision: Decision
    before: str
    after: str
    changed: bool


def replay_summary(replay: Replay, *, whole: bool = False) -> dict[str, Any]:
    """A finished replay's report, ready to be shown. One query, for the contractors' names.

    Of the contractors those that gain and lose most, or all of them for the ``whole``.
    """
    report = replay.result or {}
    shares = report.get("contractor_shares", [])
    shown = shares if whole else [*shares[: SHOWN // 2], *shares[SHOWN // 2 :][-SHOWN // 2 :]]
    moved = [row for row in shown if whole or row["change"]]
    names = dict(
        Contractor.objects.filter(pk__in=[row["contractor"] for row in moved]).values_list(
            "pk", "name"
        )
    )
    most = max((abs(row["change"]) for row in moved), default=1) or 1
    return {
        "report": report,
        "whole": whole,
        "contractors": len(shares),
        "changed_percent": _percent(report.get("changed_share")),
        "changed_margin": _percent(report.get("changed_margin")),
        "figures": _figures(replay, report) if report.get("decisions") else [],
        "shares": [
            Share(
                name=names.get(row["contractor"], "a former contractor"),
                before=row["before"],
                after=row["after"],
                change=row["change"],
                because=_because(row),
                margin=row.get("margin", 0),
                clear=row.get("clear", True),
                bar=charts.bar(row["change"], most),
            )
            for row in moved
        ],
    }


def _because(row: dict[str, Any]) -> str:
    if row["because"] in REGISTRY:
        return REGISTRY[row["because"]].label
    return "a rule" if row["change"] else ""


def _figures(replay: Replay, report: dict[str, Any]) -> list[Figure]:
    branch = replay.policy.branch
    mile = branch.distance_unit == "mi"
    money = DecisionContext(currency=branch.currency).money
    by_day, first = report["by_day"], report["first_call"]
    distance = 1 / KM_PER_MILE if mile else 1.0

    def far(value: float) -> str:
        return f"{value * distance:.1f} {branch.distance_unit}"

    def share(value: float) -> str:
        return f"{value * 100:.1f} %"

    def points(value: float) -> str:
        return f"{value * 100:.1f} pts"

    def lines(name: str) -> charts.Lines:
        return charts.two_lines(by_day[name]["before"], by_day[name]["after"])

    fairness = report["fairness"]
    return [
        _figure("Average travel", first["travel_km"], far, far, -1, lines("travel_km")),
        _figure("Price of the visit", first["price"], money, money, -1, lines("price")),
        _figure("First-time fix", first["fix_rate"], share, points, 1, lines("fix_rate"), True),
        _figure(
            "Yes on the first call",
            first["accept_rate"],
            share,
            points,
            1,
            lines("accept_rate"),
            True,
        ),
        Figure(
            **{
                **_parts("Fairness, Gini of first calls", fairness, _plain, _plain, -1),
                "detail": _detail(fairness, _plain, _plain)
                + f"; busiest tenth {_percent(fairness['tenths_before'][0])}"
                f" → {_percent(fairness['tenths_after'][0])} %",
            },
            lines=None,
            columns=charts.columns(fairness["tenths_after"], fairness["tenths_before"]),
            estimated=False,
        ),
        _figure(
            "Newcomers’ first calls", report["newcomer_share"], share, points, 0, lines("newcomer")
        ),
    ]


def _figure(
    label: str,
    figure: dict[str, Any],
    value: Any,
    difference: Any,
    better: int,
    lines: charts.Lines,
    estimated: bool = False,
) -> Figure:
    parts = _parts(label, figure, value, difference, better)
    return Figure(**parts, lines=lines, columns=[], estimated=estimated)


def _parts(
    label: str, figure: dict[str, Any], value: Any, difference: Any, better: int
) -> dict[str, Any]:
    """``better``: 1 when more is better, −1 when less is, 0 when neither."""
    change = figure["change"]
    if change is None:
        return {"label": label, "change": "not known", "detail": "no facts logged", "tone": ""}
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    tone = ""
    if figure["clear"] and better:
        tone = "is-good" if change * better > 0 else "is-bad"
    return {
        "label": label,
        "change": f"{sign}{difference(abs(change))}",
        "detail": _detail(figure, value, difference),
        "tone": tone,
    }


def _detail(figure: dict[str, Any], value: Any, difference: Any) -> str:
    text = f"{value(figure['before'])} → {value(figure['after'])}"
    count = figure.get("count", FEW)
    if figure["margin"] is None or count < FEWEST:
        return f"{text} · only {counted(count, 'decision')}: too few to say how sure"
    sure = "" if figure["clear"] else ", no clear change"
    few = f", from {count} decisions" if count < FEW else ""
    return f"{text} · ±{difference(figure['margin'])}{sure}{few}"


def sides(decision: Decision, replay: Replay) -> list[Side]:
    in_force = in_force_for(replay.against)
    old = explain_under(decision, in_force.weights, in_force.rules)
    new = explain_under(
        decision, usable_weights(replay.policy.weights), clean_rules(replay.policy.rules)
    )
    before = {one.contractor_id: one for one in old}
    after = {one.contractor_id: one for one in new}
    ids = list(dict.fromkeys([*after, *before]))
    names = dict(Contractor.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        Side(names.get(one, "a former contractor"), before.get(one), after.get(one)) for one in ids
    ]


def job_rows(decisions: Sequence[Decision], replay: Replay) -> list[JobRow]:
    """Each decision with its first call under both policies; names in one query."""
    in_force = in_force_for(replay.against)
    before = [_first(one, in_force.weights, in_force.rules) for one in decisions]
    weights, rules = usable_weights(replay.policy.weights), clean_rules(replay.policy.rules)
    after = [_first(one, weights, rules) for one in decisions]
    ids = {one for one in [*before, *after] if one is not None}
    names = dict(Contractor.objects.filter(pk__in=ids).values_list("pk", "name"))

    def named(one: int | None) -> str:
        return "nobody" if one is None else names.get(one, "a former contractor")

    return [
        JobRow(decision, named(one), named(two), one != two)
        for decision, one, two in zip(decisions, before, after, strict=True)
    ]


def _first(decision: Decision, weights: Mapping[str, float], rules: Sequence[Rule]) -> int | None:
    everyone = whole_field(decision)
    order = order_field(everyone, weights, rules).order
    return int(everyone.contractor_ids[order[0]]) if len(order) else None


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}"
