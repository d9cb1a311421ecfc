"""What people choose against the ranking, month by month, and what the ranking could learn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.console import words
from jobs.console.access import BranchRequest, branch_page
from jobs.models import Job
from network import display
from network.admin.access import admin_branches
from network.clock import app_now
from network.context import shell
from network.models import Branch, Contractor
from ranking.errors import PolicyError
from ranking.models import Dispute, DisputeStatus, Override
from ranking.services.patterns import draft_of_suggestion, month_of
from ranking.services.replays import request_replay

#: Single overrides listed under the patterns.
LISTED = 100
REPLAY_DAYS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One override, with its job and the names of whom it passed over."""

    override: Override
    job: Job | None
    first: str
    others: int
    reason: str


@require_safe
@branch_page
def ranking_page(request: BranchRequest) -> HttpResponse:
    """The patterns of a month and every override in it. A fixed number of queries per pattern."""
    branch = request.branch
    now = shell(request)["shell"].now
    start, end = month_bounds(request.GET.get("month", ""), branch, now)
    month = month_of(branch_id=branch.pk, start=start, end=end)
    may_tune = _may_tune(request)
    context = {
        "nav": "ranking",
        "branch": branch,
        "at": now,
        "month": month,
        "lines": _lines(branch, month.overrides[:LISTED]),
        "more": max(0, len(month.overrides) - LISTED),
        "start": start,
        "before": _slug(start - timedelta(days=1), branch),
        "after": _slug(end, branch) if end <= now else "",
        "may_tune": may_tune,
        "disputes": Dispute.objects.filter(branch=branch, status=DisputeStatus.OPEN).count()
        if may_tune
        else 0,
    }
    return render(request, "console/ranking.html", context)


@require_POST
@branch_page
def try_suggestion(request: BranchRequest) -> HttpResponse:
    """Make the suggested draft, replay the last month under it, and go there. For admins."""
    if not _may_tune(request):
        raise PermissionDenied("Only an admin of this branch can change its ranking.")
    here = reverse("console:branch_ranking", kwargs={"branch": request.branch.slug})
    kind, weight = request.POST.get("kind", ""), request.POST.get("weight", "")
    if not weight.isdecimal() or (kind and not kind.isdecimal()):
        messages.error(request, "That suggestion is not there any more.")
        return HttpResponseRedirect(here)
    try:
        draft = draft_of_suggestion(
            branch_id=request.branch.pk,
            service_type_id=int(kind) if kind else None,
            criterion=request.POST.get("criterion", ""),
            weight=int(weight),
            note=f"From the overrides of {request.POST.get('month', '')[:20]}".strip(),
            user_id=request.user.pk,
        )
    except PolicyError as error:
        messages.error(request, error.detail)
        return HttpResponseRedirect(here)
    now = app_now()
    try:
        request_replay(
            policy_id=draft.pk,
            start=now - timedelta(days=REPLAY_DAYS),
            end=now,
            user_id=request.user.pk,
        )
    except PolicyError as error:
        messages.warning(request, error.detail)
    return redirect("admin:ranking_rankingpolicy_replay", draft.pk)


def month_bounds(asked: str, branch: Branch, now: datetime) -> tuple[datetime, datetime]:
    """First moment of the month asked for (``2026-11``) and of the next, by the branch's clock.

    Anything else, or a month to come, is the present one.
    """
    zone = display.zone(branch.time_zone)
    today = now.astimezone(zone)
    first = datetime(today.year, today.month, 1, tzinfo=zone)
    try:
        wanted = datetime.strptime(asked, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        wanted = first
    start = min(wanted, first)
    year, month = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)
    return start, datetime(year, month, 1, tzinfo=zone)


def _slug(moment: datetime, branch: Branch) -> str:
    return f"{moment.astimezone(display.zone(branch.time_zone)):%Y-%m}"


def _may_tune(request: BranchRequest) -> bool:
    return admin_branches(request).filter(pk=request.branch.pk).exists()


def _lines(branch: Branch, overrides: list[Override]) -> list[Line]:
    jobs = {
        job.public_id: job
        for job in Job.objects.filter(
            branch=branch, public_id__in=[one.job_ref for one in overrides]
        )
    }
    names = dict(
        Contractor.objects.filter(pk__in=[one.passed_over[0] for one in overrides]).values_list(
            "pk", "name"
        )
    )
    return [
        Line(
            override=one,
            job=jobs.get(one.job_ref),
            first=names.get(one.passed_over[0], "a former contractor"),
            others=len(one.passed_over) - 1,
            reason=words.override(one.reason),
        )
        for one in overrides
    ]
