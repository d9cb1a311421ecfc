"""Leaving the network for good: what it means, which visits go, and the question."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.errors import DomainError
from jobs.services.standing import KEEP, VisitsStranded, change_profile
from jobs.states import JobStatus
from network.errors import NetworkError
from network.models import ContractorStatus
from network.services.contractors import set_status
from portal.access import Acting, contractor_page
from portal.reads import count_open_offers, live_visits
from portal.views.page import moment
from portal.views.sections import said_of, shown_visits

#: Who has something to leave; an applicant's way out is the application.
MAY_LEAVE = frozenset(
    {ContractorStatus.ACTIVE, ContractorStatus.PAUSED, ContractorStatus.SUSPENDED}
)


class LeaveForm(forms.Form):
    sure = forms.BooleanField(error_messages={"required": "Tick that you mean it."})
    note = forms.CharField(
        required=False,
        max_length=400,
        error_messages={"max_length": "Say it in 400 characters at most."},
    )


def may_leave(acting: Acting) -> bool:
    """Whether this user has the page: somebody of the firm's people does not leave for it."""
    return acting.technician_id is None and acting.contractor.status in MAY_LEAVE


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def leave(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Say what goes; a POST that has seen every such visit ends it."""
    if acting.technician_id is not None:
        raise Http404("Only whoever acts for the whole firm can leave for it.")
    if not may_leave(acting):
        return redirect("portal:you")
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, acting, form)
    note = form.cleaned_data["note"].strip()
    try:
        gone = change_profile(
            contractor_id=acting.contractor.pk,
            change=lambda: set_status(
                contractor_id=acting.contractor.pk,
                status=ContractorStatus.LEFT,
                actor_id=acting.user.pk,
                note=f"Left in the portal. {note}".strip(),
            ),
            actor=acting.actor,
            decision=KEEP,
            shown=shown_visits(request),
        )
    except VisitsStranded:
        return _page(request, acting, form, is_new=True)
    except (NetworkError, DomainError) as error:
        return _page(request, acting, form, refusal=error.detail)
    text = f"You have left {acting.contractor.branch.name}. {said_of(gone, KEEP)}"
    messages.success(request, text.strip())
    return redirect("portal:you")


def _page(
    request: HttpRequest,
    acting: Acting,
    form: LeaveForm,
    *,
    is_new: bool = False,
    refusal: str = "",
) -> HttpResponse:
    visits = live_visits(acting)
    context = {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "you",
        "leave_form": form,
        "goes": [visit for visit in visits if visit.status != JobStatus.ON_SITE],
        "stays": [visit for visit in visits if visit.status == JobStatus.ON_SITE],
        "offers": count_open_offers(acting, at=moment(request)),
        "is_new": is_new,
        "refusal": refusal,
    }
    return render(request, "portal/leave.html", context)
