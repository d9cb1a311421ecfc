"""Papers: the queue of those handed in, their files, and the decisions on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.acting import Ask
from jobs.console.network.access import find_contractor, find_document, first_or_404
from jobs.console.network.acting import Place, act, at_once
from jobs.console.network.consequences import if_cleared_until
from jobs.console.network.forms import AskPaperForm, PaperApproveForm, ReasonForm
from jobs.console.network.rows import contractor_url
from jobs.console.network.states import clearance
from jobs.services.contractor_messages import tell_of_paper, tell_of_requests
from network.context import shell
from network.downloads import document_response
from network.models import Contractor, Document, DocumentRequest
from network.services.clearance import cleared_without
from network.services.documents import approve_document, reject_document
from network.services.requests import ask_for_document, take_request_back

form_page = require_http_methods(["GET", "HEAD", "POST"])
#: Papers on the page; the oldest come first, so the others follow as these are decided.
SHOWN = 100


@require_safe
@branch_page
def papers(request: BranchRequest) -> HttpResponse:
    """Every paper that waits, the oldest first."""
    at = shell(request)["shell"].now
    branch = request.branch
    waiting = Document.objects.for_branch(branch).to_review().of_members()
    listed = [
        {
            "document": document,
            "contractor": document.contractor,
            "url": contractor_url(branch, document.contractor),
            "name": document.requirement or f"Certificate, {document.skill}",
            "clearance": clearance(document.contractor, branch=branch, at=at),
        }
        for document in waiting.select_related("contractor", "requirement", "skill", "technician")[
            :SHOWN
        ]
    ]
    context = {
        "nav": "contractors",
        "branch": branch,
        "listed": listed,
        "total": waiting.count(),
        "asked": DocumentRequest.objects.open()
        .filter(contractor__branch=branch)
        .exclude(contractor__status="left")
        .select_related("contractor", "requirement", "asked_by")[:SHOWN],
    }
    is_part = request.htmx and request.htmx.target == "papers-live"
    template = "_papers.html" if is_part else "papers.html"
    return render(request, f"console/network/{template}", context)


@require_safe
@branch_page
def paper_file(request: BranchRequest, document: UUID) -> HttpResponse:
    """The file, as an attachment."""
    return document_response(find_document(request, document))  # type: ignore[return-value]


def _place(request: BranchRequest, contractor: Contractor) -> Place:
    """The page of the contractor, or of the application while it is one."""
    if contractor.status == "applicant":
        url = reverse(
            "console:application",
            kwargs={"branch": request.branch.slug, "contractor": contractor.public_id},
        )
    else:
        url = contractor_url(request.branch, contractor)
    return Place(contractor.name, url)


@form_page
@branch_page
def approve_paper(request: BranchRequest, document: UUID) -> HttpResponse:
    """Let the paper count, through the day that is printed on it."""
    found = find_document(request, document)
    name = str(found.requirement or f"certificate for {found.skill}")
    form = PaperApproveForm(request.POST or None, initial={"expires_on": found.expires_on})

    def perform(cleaned: dict[str, Any]) -> str:
        approved = approve_document(
            document_id=found.pk,
            actor_id=request.user.pk,
            expires_on=cleaned["expires_on"],
            without_end=cleaned["expires_on"] is None,
        )
        tell_of_paper(approved)
        return f"{found.contractor.name}: {name} counts now."

    ask = Ask(
        title=f"Approve {name}",
        button="Approve",
        intro=f"{found.contractor.name} sent {found.original_name}. Compare the day with it.",
        template="console/network/_paper_form.html",
        context={"document": found},
    )
    return act(request, _place(request, found.contractor), ask=ask, form=form, perform=perform)


@form_page
@branch_page
def reject_paper(request: BranchRequest, document: UUID) -> HttpResponse:
    """Send the paper back with a reason."""
    found = find_document(request, document)
    name = str(found.requirement or f"certificate for {found.skill}")
    form = ReasonForm(request.POST or None, reader=found.contractor.name)

    def perform(cleaned: dict[str, Any]) -> str:
        rejected = reject_document(
            document_id=found.pk, reason=cleaned["reason"], actor_id=request.user.pk
        )
        tell_of_paper(rejected)
        return f"{found.contractor.name} was asked for another {name[:1].lower()}{name[1:]}."

    intro = f"{found.contractor.name} is told why and can send another."
    context: dict[str, Any] = {"document": found}
    if found.state == "approved":
        intro += " It counts no more from now on: visits that need it are re-dispatched."
        if found.requirement is not None and found.requirement.is_for_all_work:
            at = shell(request)["shell"].now
            context["consequences"] = if_cleared_until(
                found.contractor, cleared_without(found), branch=request.branch, at=at
            )
    ask = Ask(
        title=f"Reject {name}",
        button="Reject",
        intro=intro,
        danger=True,
        template="console/network/_paper_form.html",
        context=context,
    )
    return act(request, _place(request, found.contractor), ask=ask, form=form, perform=perform)


@form_page
@branch_page
def ask_paper(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """Ask one contractor for a paper."""
    found = find_contractor(request, contractor)
    form = AskPaperForm(request.POST or None, branch=request.branch)

    def perform(cleaned: dict[str, Any]) -> str:
        asked = ask_for_document(
            branch_id=request.branch.pk,
            contractor_ids=[found.pk],
            requirement_id=cleaned["requirement"].pk,
            note=cleaned["note"],
            due_on=cleaned["due_on"],
            actor_id=request.user.pk,
        )
        tell_of_requests(asked, branch=request.branch)
        if not asked:
            return f"{found.name} has left and was not asked."
        return f"{found.name} was asked for: {cleaned['requirement']}."

    ask = Ask(
        title=f"Ask {found.name} for a paper",
        button="Ask",
        intro="It is asked for by message, and stands in the portal until it has been sent.",
    )
    return act(request, _place(request, found), ask=ask, form=form, perform=perform)


@require_POST
@branch_page
def take_back(request: BranchRequest, asked: int) -> HttpResponse:
    """The paper is no longer wanted."""
    found = first_or_404(
        DocumentRequest.objects.filter(pk=asked, contractor__branch=request.branch).select_related(
            "contractor", "requirement"
        ),
        "There is no such request in this branch.",
    )

    def perform() -> str:
        take_request_back(request_id=found.pk, actor_id=request.user.pk)
        return f"{found.requirement} is no longer asked of {found.contractor.name}."

    return at_once(request, _place(request, found.contractor), perform)
