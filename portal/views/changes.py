"""Correcting the profile where it was found wrong, and taking a correction back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from jobs.errors import DomainError
from jobs.models import Offer
from jobs.services.standing import VisitsStranded
from jobs.states import DeclineReason, OfferStatus
from network.errors import NetworkError
from network.models import ContractorEvent
from network.services.skills import take_service_in
from network.services.undo import UNDOABLE, can_be_undone, undo_change
from portal.access import Acting, contractor_page
from portal.correcting import Choice, change_text, place_choices, work_choices
from portal.reads import offer_row
from portal.sections import SECTIONS
from portal.views.page import moment
from portal.views.sections import Question, change_with_decision, question_of, said_of
from portal.wording import for_reader
from portal.work import asked_offer

#: Reasons to decline that say something about the profile.
CORRECTABLE = {
    DeclineReason.NOT_MY_KIND_OF_WORK: work_choices,
    DeclineReason.TOO_FAR: place_choices,
}


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def correct(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """After a no that was about the work or the way: correct the profile, or leave it."""
    offer = offer_row(acting, public_id)
    if offer is None:
        raise Http404("There is no such offer.")
    if offer.status != OfferStatus.DECLINED or offer.reason not in CORRECTABLE:
        return redirect("portal:offer", public_id)
    choices = CORRECTABLE[DeclineReason(offer.reason)](acting, offer, at=moment(request))
    if request.method != "POST":
        return _page(request, acting, offer, choices)
    chosen = next((c for c in choices if c.value == request.POST.get("choice", "")), None)
    if chosen is None:
        return _page(request, acting, offer, choices, refusal="Choose what to correct.")
    made: list[ContractorEvent | None] = []
    try:
        stranded = change_with_decision(request, acting, lambda: made.append(chosen.apply()))
    except VisitsStranded as error:
        return _page(request, acting, offer, choices, question=question_of(error))
    except (NetworkError, DomainError) as error:
        detail = for_reader(error.detail, is_firm=acting.is_firm)
        return _page(request, acting, offer, choices, refusal=detail)
    said = said_of(stranded, request.POST.get("visits", ""))
    event = made[-1]
    if event is None:
        messages.success(request, "It was so already.")
        return redirect("portal:offers")
    messages.success(request, f"Corrected. {said}".strip())
    return redirect("portal:change", event.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def change(request: HttpRequest, acting: Acting, event_id: int) -> HttpResponse:
    """What a correction changed; a POST takes it back."""
    event = own_changes(acting).filter(pk=event_id).first()
    if event is None:
        raise Http404("There is no such change.")
    refusal, question = "", None
    if request.method == "POST":
        ids = {
            "event_id": event.pk,
            "contractor_id": acting.contractor.pk,
            "actor_id": acting.user.pk,
        }
        try:
            stranded = change_with_decision(request, acting, lambda: undo_change(**ids))
        except VisitsStranded as error:
            question = question_of(error)
        except (NetworkError, DomainError) as error:
            refusal = error.detail
        else:
            said = said_of(stranded, request.POST.get("visits", ""))
            messages.success(request, f"Undone. It is as it was before. {said}".strip())
            return redirect("portal:you")
    context = {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "you",
        "event": event,
        "text": change_text(event, acting.contractor.branch),
        "can_undo": can_be_undone(event),
        "refusal": refusal,
        "question": question,
        "decision": request.POST.get("visits", ""),
    }
    return render(request, "portal/change.html", context)


@require_POST
@contractor_page
def take_service(request: HttpRequest, acting: Acting, service_id: int) -> HttpResponse:
    """Be asked about a kind of work again that was left out. A second tap changes nothing."""
    if acting.technician_id is not None:
        raise Http404("This is for whoever acts for the whole firm.")
    event = take_service_in(
        contractor_id=acting.contractor.pk,
        service_type_id=service_id,
        actor_id=acting.user.pk,
    )
    if event is not None:
        messages.success(request, "You are asked about it again.")
    return redirect("portal:you")


def _more_url(offer: Offer) -> str:
    """The whole page about it: the area, or the skills; nothing where there is none."""
    key = "where" if offer.reason == DeclineReason.TOO_FAR else "skills"
    is_there = any(section.key == key for section in SECTIONS)
    return reverse("portal:section", args=[key]) if is_there else ""


def own_changes(acting: Acting):  # type: ignore[no-untyped-def]
    """Changes of the profile that this user may look at and take back."""
    found = ContractorEvent.objects.filter(
        contractor=acting.contractor, action__in=list(UNDOABLE), data__has_key="after"
    )
    # Somebody who sees one person's rows takes back their own changes only.
    return found if acting.technician_id is None else found.filter(actor=acting.user)


def _page(
    request: HttpRequest,
    acting: Acting,
    offer: Offer,
    choices: list[Choice],
    *,
    question: Question | None = None,
    refusal: str = "",
) -> HttpResponse:
    chosen = request.POST.get("choice", "")
    context = {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "offers",
        "offer": asked_offer(offer),
        "choices": choices,
        "chosen": chosen,
        "chosen_label": next((row.label for row in choices if row.value == chosen), ""),
        "more_url": _more_url(offer),
        "is_far": offer.reason == DeclineReason.TOO_FAR,
        "question": question,
        "decision": request.POST.get("visits", ""),
        "refusal": refusal,
    }
    return render(request, "portal/correct.html", context)
