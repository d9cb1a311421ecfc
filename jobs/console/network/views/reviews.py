"""Applications that wait: the queue, one with all that was stated, and the three decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.acting import Ask
from jobs.console.fixes import tel
from jobs.console.network.access import find_contractor
from jobs.console.network.acting import Place, act
from jobs.console.network.checks import Check, look_at
from jobs.console.network.forms import ApproveForm, ReasonForm, SendBackForm
from jobs.console.network.history import history_of
from jobs.console.network.places import town_of
from jobs.console.network.rows import load_contractors, skills_of
from jobs.console.network.statement import papers_of, people_of, prices_of, wishes_of
from jobs.console.network.territory_map import territory_map
from jobs.services.contractor_messages import tell_of_decision
from network.context import shell
from network.models import Application, ApplicationState, Contractor, Requirement
from network.services.applications import (
    approve_application,
    reject_application,
    send_application_back,
)

form_page = require_http_methods(["GET", "HEAD", "POST"])
#: Applications on the page; the oldest come first, so the others follow as these are decided.
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Applicant:
    """One application of the queue."""

    application: Application
    contractor: Contractor
    url: str
    does: str
    town: str
    checks: list[Check]


@require_safe
@branch_page
def reviews(request: BranchRequest) -> HttpResponse:
    """Every application that waits, the oldest first, with what is odd about it."""
    at = shell(request)["shell"].now
    branch = request.branch
    waiting = Application.objects.for_branch(branch).to_review()
    applications = {one.contractor_id: one for one in waiting[:SHOWN]}
    contractors = load_contractors(list(applications))
    for contractor in contractors:
        contractor.branch = branch
    checks = look_at(contractors, branch=branch, at=at) if contractors else {}
    listed = [
        Applicant(
            application=applications[contractor.pk],
            contractor=contractor,
            url=application_url(request, contractor),
            does=", ".join(skills_of(contractor)[:4]),
            town=town_of(contractor.base_latitude, contractor.base_longitude),
            checks=checks[contractor.pk],
        )
        for contractor in contractors
    ]
    context = {
        "nav": "contractors",
        "branch": branch,
        "listed": listed,
        "total": waiting.count(),
        "others": Application.objects.for_branch(branch)
        .filter(state=ApplicationState.SENT_BACK)
        .select_related("contractor")
        .order_by("-reviewed_at")[:20],
    }
    return render(request, "console/network/reviews.html", context)


def application_url(request: BranchRequest, contractor: Contractor) -> str:
    return reverse(
        "console:application",
        kwargs={"branch": request.branch.slug, "contractor": contractor.public_id},
    )


@require_safe
@branch_page
def application(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """Everything one applicant has stated, on one page."""
    at: datetime = shell(request)["shell"].now
    branch = request.branch
    found, applied = find_application(request, contractor)
    [loaded] = load_contractors([found.pk])
    loaded.branch = branch
    context = {
        "nav": "contractors",
        "branch": branch,
        "at": at,
        "contractor": found,
        "tel": tel(found.phone),
        "application": applied,
        "is_waiting": applied.state == ApplicationState.SUBMITTED,
        "may_be_rejected": applied.state
        in (ApplicationState.SUBMITTED, ApplicationState.SENT_BACK),
        "checks": look_at([loaded], branch=branch, at=at)[found.pk],
        "people": people_of(found, branch=branch, at=at),
        "prices": prices_of(found, branch=branch, at=at),
        "wishes": wishes_of(found),
        "papers": papers_of(found, branch=branch, at=at),
        "map": territory_map(found, branch=branch),
        "town": town_of(found.base_latitude, found.base_longitude),
        "history": history_of(found),
        "queue": _queue(request, applied),
    }
    is_part = request.htmx and request.htmx.target == "application-live"
    template = "_application.html" if is_part else "application.html"
    return render(request, f"console/network/{template}", context)


def _queue(request: BranchRequest, applied: Application) -> dict[str, Any]:
    """Where this one stands among those that wait, and who comes next."""
    waiting = list(
        Application.objects.for_branch(request.branch)
        .to_review()
        .values_list("pk", "contractor__public_id")
    )
    place = next((n for n, (pk, _) in enumerate(waiting) if pk == applied.pk), None)

    def url(number: int) -> str:
        return reverse(
            "console:application",
            kwargs={"branch": request.branch.slug, "contractor": waiting[number][1]},
        )

    if place is None:
        return {"total": len(waiting), "next_url": url(0) if waiting else ""}
    return {
        "place": place + 1,
        "total": len(waiting),
        "previous_url": url(place - 1) if place else "",
        "next_url": url(place + 1) if place + 1 < len(waiting) else "",
    }


def find_application(request: BranchRequest, key: UUID) -> tuple[Contractor, Application]:
    """The application of a contractor of this branch. Raises Http404 when there is none."""
    contractor = find_contractor(request, key)
    applied = getattr(contractor, "application", None)
    if applied is None:
        raise Http404("This contractor did not come by an application.")
    return contractor, applied


def _place(request: BranchRequest, contractor: Contractor) -> Place:
    return Place(
        contractor.name,
        application_url(request, contractor),
        after=reverse("console:reviews", kwargs={"branch": request.branch.slug}),
    )


@form_page
@branch_page
def approve(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """Take the applicant into the network."""
    found, _ = find_application(request, contractor)
    at = shell(request)["shell"].now
    needs_papers = Requirement.objects.for_branch(request.branch).filter(
        active=True, skill__isnull=True, service_type__isnull=True
    )
    form = ApproveForm(request.POST or None, needs_papers=needs_papers.exists())

    def perform(cleaned: dict[str, Any]) -> str:
        approved = approve_application(
            contractor_id=found.pk,
            actor_id=request.user.pk,
            cleared_until=cleaned["cleared_until"],
        )
        tell_of_decision(approved)
        if approved.contractor.cleared_until is None:
            return f"{found.name} is in the network, and is offered work once the papers are."
        return f"{found.name} is in the network and can be offered work."

    waiting = [
        paper.name for paper in papers_of(found, branch=request.branch, at=at) if paper.waits
    ]
    intro = f"{found.name} is told, and is offered work as soon as the papers are in order."
    if waiting:
        intro += f" Still to be looked at: {', '.join(waiting)}."
    ask = Ask(title=f"Approve {found.name}", button="Approve", intro=intro)
    return act(request, _place(request, found), ask=ask, form=form, perform=perform)


@form_page
@branch_page
def send_back(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """Let the applicant mend it."""
    found, _ = find_application(request, contractor)
    form = SendBackForm(request.POST or None, reader=found.name)

    def perform(cleaned: dict[str, Any]) -> str:
        sent = send_application_back(
            contractor_id=found.pk,
            reason=cleaned["reason"],
            actor_id=request.user.pk,
            steps=[int(step) for step in cleaned["steps"]],
        )
        tell_of_decision(sent)
        return f"{found.name} was asked to mend the application."

    ask = Ask(
        title=f"Send back to {found.name}",
        button="Send back",
        intro="The application opens again, as it is, and can be handed in once more.",
    )
    return act(request, _place(request, found), ask=ask, form=form, perform=perform)


@form_page
@branch_page
def reject(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """Turn the applicant down."""
    found, _ = find_application(request, contractor)
    form = ReasonForm(request.POST or None, reader=found.name)

    def perform(cleaned: dict[str, Any]) -> str:
        rejected = reject_application(
            contractor_id=found.pk, reason=cleaned["reason"], actor_id=request.user.pk
        )
        tell_of_decision(rejected)
        return f"{found.name} was turned down."

    ask = Ask(
        title=f"Reject {found.name}",
        button="Reject for good",
        intro="There is no way back from here: whoever is rejected has to apply anew.",
        danger=True,
    )
    return act(request, _place(request, found), ask=ask, form=form, perform=perform)
