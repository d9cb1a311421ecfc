"""The scorecard: what ranking reads about the contractor, where it comes from, and objecting."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from portal.access import Acting, contractor_page
from portal.record import (
    FigureView,
    entry_of,
    facts_behind,
    figure_views,
    jobs_of,
    own_outcomes,
)
from portal.views.page import moment, portal_page
from ranking.errors import DisputeError
from ranking.evidence import FAMILIES, HALF_LIFE_DAYS, WINDOW_DAYS, is_disputed, weight_of
from ranking.mean_score import MeanScore, mean_score
from ranking.models import DueTo, Outcome, OutcomeKind
from ranking.services.disputes import DISPUTE_DAYS, LONGEST_TEXT, open_dispute
from ranking.trend import FIGURES

SCORE_DAYS = 30


class DisputeForm(forms.Form):
    """What happened, in the contractor's words."""

    text = forms.CharField(
        max_length=LONGEST_TEXT,
        error_messages={
            "required": "Say in a few words what happened.",
            "max_length": f"At most {LONGEST_TEXT} characters, please.",
        },
    )


@require_safe
@contractor_page
def scorecard(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Every figure with its number of observations, the branch's usual and its trend."""
    now = moment(request)
    views = figure_views(acting, FIGURES, at=now)
    score = _score(acting, now, 0)
    before = _score(acting, now, SCORE_DAYS)
    change = round(score.mine) - round(before.mine) if score and before else None
    context = {
        "now": now,
        "figures": [view for view in views if view.figure.family != "offers"],
        "answers": _answers(views),
        "score": score,
        "change": change,
        "change_size": abs(change or 0),
        "half_days": round(HALF_LIFE_DAYS),
        "window_days": WINDOW_DAYS,
    }
    return portal_page(request, acting, "scorecard", context, nav="you")


def _score(acting: Acting, now: datetime, days_ago: int) -> MeanScore | None:
    until = now - timedelta(days=days_ago)
    return mean_score(
        contractor_id=acting.contractor.pk,
        branch_id=acting.contractor.branch_id,
        since=until - timedelta(days=SCORE_DAYS),
        until=until,
    )


def _answers(views: list[FigureView]) -> dict[str, object]:
    """How offers were answered, as counts and as a bar of 320."""
    acceptance = next(view for view in views if view.figure.key == "acceptance")
    response = next(view for view in views if view.figure.key == "response")
    counts = {"accepted": 0, "declined": 0, "expired": 0, "not_counted": 0}
    for entry in acceptance.entries:
        counts["not_counted" if entry.why else str(entry.outcome.kind)] += 1
    total = sum(counts.values()) or 1
    bars, left = [], 0.0
    for name, tone in (
        ("accepted", "good"),
        ("declined", "bad"),
        ("expired", "quiet"),
        ("not_counted", "none"),
    ):
        wide = 320 * counts[name] / total
        if wide:
            bars.append({"x": f"{left:.1f}", "width": f"{max(wide - 2, 1):.1f}", "tone": tone})
        left += wide
    return {"acceptance": acceptance, "response": response, "counts": counts, "bars": bars}


@require_safe
@contractor_page
def figure(request: HttpRequest, acting: Acting, key: str) -> HttpResponse:
    """One figure, and every outcome it is made of: to whom it is due, and whether it counts."""
    if key not in FIGURES:
        raise Http404("There is no such figure.")
    now = moment(request)
    (view,) = figure_views(acting, [key], at=now)
    context = {
        "now": now,
        "view": view,
        "keep": FAMILIES[view.figure.family].keep,
        "half_days": round(HALF_LIFE_DAYS),
        "window_days": WINDOW_DAYS,
    }
    return portal_page(request, acting, "figure", context, nav="you")


@require_safe
@contractor_page
def outcome(request: HttpRequest, acting: Acting, outcome_id: int) -> HttpResponse:
    """One outcome: what is on record, whether it counts, its dispute so far."""
    return _outcome_page(request, acting, _own(acting, outcome_id), DisputeForm())


@require_POST
@contractor_page
def dispute(request: HttpRequest, acting: Acting, outcome_id: int) -> HttpResponse:
    """Object to an outcome; until staff decide it counts neither for nor against."""
    found = _own(acting, outcome_id)
    form = DisputeForm(request.POST)
    if not form.is_valid():
        return _outcome_page(request, acting, found, form)
    try:
        open_dispute(
            outcome_id=found.pk,
            contractor_id=acting.contractor.pk,
            text=form.cleaned_data["text"],
            user_id=acting.user.pk,
        )
    except DisputeError as error:
        form.add_error("text" if error.field == "text" else None, error.detail)
        return _outcome_page(request, acting, found, form)
    messages.success(request, "Sent. Until your branch has decided, it does not count.")
    return redirect("portal:outcome", found.pk)


def _own(acting: Acting, outcome_id: int) -> Outcome:
    found = own_outcomes(acting).select_related("dispute").filter(pk=outcome_id).first()
    if found is None:
        raise Http404("There is no such entry on your record.")
    return found


def _outcome_page(
    request: HttpRequest, acting: Acting, found: Outcome, form: DisputeForm
) -> HttpResponse:
    now = moment(request)
    jobs = jobs_of(acting.contractor.branch, [found.job_ref])
    entry = entry_of(
        found,
        jobs,
        acting,
        at=now,
        why=_why_not(found, now),
        weight=weight_of(age=now - found.at),
    )
    facts, source_url = facts_behind(acting, found)
    context = {
        "now": now,
        "entry": entry,
        "facts": facts,
        "source_url": source_url,
        "dispute": getattr(found, "dispute", None),
        "dispute_form": form,
        "dispute_days": DISPUTE_DAYS,
        "belongs_to": [
            view
            for view in FIGURES.values()
            if found.kind in FAMILIES[view.family].kinds and view.worth(found) is not None
        ],
    }
    return portal_page(request, acting, "outcome", context, nav="you")


def _why_not(found: Outcome, now: datetime) -> str:
    if found.due_to != DueTo.CONTRACTOR:
        return f"due to the {found.get_due_to_display().lower()}"
    if is_disputed(found):
        return "disputed, not decided yet"
    if now - found.at >= timedelta(days=WINDOW_DAYS):
        return f"older than {WINDOW_DAYS} days"
    if found.kind == OutcomeKind.NO_ACCESS:
        return "nobody could have done better"
    return ""
