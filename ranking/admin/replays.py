"""Replaying a draft in the admin: asked for, watched, read, looked into decision by decision."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from network.clock import app_now
from network.models import Contractor
from network.spreadsheet import neutral
from ranking.admin import charts
from ranking.admin.forms import ReplayForm
from ranking.context import KM_PER_MILE, DecisionContext
from ranking.criteria import REGISTRY
from ranking.errors import PolicyError
from ranking.explain import RankedCandidate, explain_under
from ranking.fingerprint import fingerprint
from ranking.models import Decision, Replay, ReplayStatus
from ranking.rules import clean_rules
from ranking.services import replays
from ranking.weights import usable_weights

if TYPE_CHECKING:
    from ranking.admin.access import BranchAdmin as _Base
else:
    _Base = object

SHOWN = 12
PAGE = 50


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
    bar: tuple[float, float]

    @property
    def lost(self) -> int:
        return max(0, -self.change)


@dataclass(frozen=True, slots=True)
class Side:
    """One contractor of a decision, with both ranks; None where a rule leaves it out."""

    name: str
    before: RankedCandidate | None
    after: RankedCandidate | None


class ReplayViews(_Base):
    """The addresses of replays under a policy; mixed into its admin."""

    def replay_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:policy_id>/replay/",
                view(self.replay_view),
                name="ranking_rankingpolicy_replay",
            ),
            path(
                "<int:policy_id>/replay/<int:replay_id>/contractors.csv",
                view(self.replay_csv_view),
                name="ranking_rankingpolicy_replay_csv",
            ),
            path(
                "<int:policy_id>/replay/<int:replay_id>/jobs/",
                view(self.replay_jobs_view),
                name="ranking_rankingpolicy_replay_jobs",
            ),
            path(
                "<int:policy_id>/replay/<int:replay_id>/jobs/<int:decision_id>/",
                view(self.replay_job_view),
                name="ranking_rankingpolicy_replay_job",
            ),
        ]

    @method_decorator(csrf_protect)
    def replay_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """GET shows the newest replay and how far it is, POST starts one."""
        policy = self._own(request, policy_id)  # type: ignore[attr-defined]
        form = ReplayForm(request.POST or None, branch=policy.branch)
        here = reverse("admin:ranking_rankingpolicy_replay", args=[policy.pk])
        if request.method == "POST" and form.is_valid():
            start, end = form.period(app_now())
            try:
                replays.request_replay(
                    policy_id=policy.pk,
                    start=start,
                    end=end,
                    trade=form.cleaned_data["trade"],
                    user_id=request.user.pk,
                )
            except PolicyError as error:
                self.message_user(request, error.detail, messages.WARNING)
            return HttpResponseRedirect(here)
        replay = policy.replays.select_related("against").order_by("-id").first()
        done = replay is not None and replay.status == ReplayStatus.DONE
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/replay.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Replay of revision {policy.revision}",
                "opts": self.opts,
                "policy": policy,
                "form": form,
                "replay": replay,
                "matches": replay is not None and replay.digest == fingerprint(policy),
                "summary": replay_summary(replay, whole="all" in request.GET)
                if replay is not None and done
                else None,
                "media": self.media,
            },
        )

    def replay_csv_view(self, request: HttpRequest, policy_id: int, replay_id: int) -> HttpResponse:
        """Every contractor's first calls under both policies, for spreadsheets (UTF-8)."""
        replay = self._replay(request, policy_id, replay_id)
        text = io.StringIO()
        text.write("\ufeff")
        writer = csv.writer(text)
        live, draft = replay.against.revision, replay.policy.revision
        writer.writerow(
            ["contractor", f"revision {live}", f"revision {draft}", "change", "mostly because of"]
        )
        for share in replay_summary(replay, whole=True)["shares"]:
            writer.writerow(
                [neutral(share.name), share.before, share.after, share.change, share.because]
            )
        response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"{replay.policy.branch.slug}-replay-{draft}-against-{live}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def replay_jobs_view(
        self, request: HttpRequest, policy_id: int, replay_id: int
    ) -> HttpResponse:
        """The decisions whose first call changes hands, newest first."""
        replay = self._replay(request, policy_id, replay_id)
        ids = (replay.result or {}).get("changed_ids", [])
        page = Paginator(ids, PAGE).get_page(request.GET.get("page"))
        found = Decision.objects.in_bulk(list(page.object_list))
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/replay_jobs.html",
            {
                **self.admin_site.each_context(request),
                "title": "First calls that change hands",
                "opts": self.opts,
                "policy": replay.policy,
                "replay": replay,
                "page": page,
                "decisions": [found[one] for one in page.object_list if one in found],
                "media": self.media,
            },
        )

    def replay_job_view(
        self, request: HttpRequest, policy_id: int, replay_id: int, decision_id: int
    ) -> HttpResponse:
        """One decision under both policies, side by side."""
        replay = self._replay(request, policy_id, replay_id)
        decision = Decision.objects.filter(pk=decision_id, branch_id=replay.branch_id).first()
        if decision is None:
            raise Http404("No such decision.")
        try:
            sides = _sides(decision, replay)
        except PolicyError as error:
            raise Http404(error.detail) from error
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/replay_job.html",
            {
                **self.admin_site.each_context(request),
                "title": "One decision under both policies",
                "opts": self.opts,
                "policy": replay.policy,
                "replay": replay,
                "decision": decision,
                "sides": sides,
                "media": self.media,
            },
        )

    def _replay(self, request: HttpRequest, policy_id: int, replay_id: int) -> Replay:
        policy = self._own(request, policy_id)  # type: ignore[attr-defined]
        done = policy.replays.filter(pk=replay_id, status=ReplayStatus.DONE)
        replay = done.select_related("against").first()
        if replay is None:
            raise Http404("No such replay.")
        replay.policy = policy
        return replay


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
    if figure["margin"] is None:
        return f"{text} · too few to say how sure"
    sure = "" if figure["clear"] else ", no clear change"
    return f"{text} · ±{difference(figure['margin'])}{sure}"


def _sides(decision: Decision, replay: Replay) -> list[Side]:
    old = explain_under(
        decision, usable_weights(replay.against.weights), clean_rules(replay.against.rules)
    )
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


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}"
