"""Answering an offer with a price or a time of one's own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.errors import DomainError, InvalidInput
from jobs.models import Offer
from jobs.services.proposals import propose
from network import display
from portal.access import Acting, contractor_page
from portal.propose_form import ProposeForm
from portal.reads import offer_row
from portal.views.page import moment
from portal.wording import for_reader
from portal.work import asked_offer


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def own_terms(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Another price, another start, or both; within the limit it is booked at once."""
    row = offer_row(acting, public_id)
    if row is None:
        raise Http404("There is no such offer.")
    if request.method != "POST":
        asked = asked_offer(row)
        if not asked.is_open(moment(request)) or asked.waits or asked.is_shared:
            return redirect("portal:offer", public_id)
        return _page(request, row, ProposeForm(row))
    form = ProposeForm(row, request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        made = propose(
            offer_id=row.pk,
            pay=form.cleaned_data["pay"],
            starts_at=form.cleaned_data["starts_at"],
            note=form.cleaned_data["note"],
            actor=acting.actor,
        )
    except InvalidInput as error:
        for name, sentence in error.errors.items():
            form.add_error(name if name in form.fields else None, sentence)
        return _page(request, row, form, status=422)
    except DomainError as error:
        messages.error(request, for_reader(error.detail, is_firm=acting.is_firm))
        return redirect("portal:offer", public_id)
    if made.booking is not None:
        clock = display.phone_clock(made.booking.starts_at, row.job.time_zone)
        messages.success(request, f"Agreed, and yours: {clock}. It is in your calendar.")
        return redirect("portal:visit", made.booking.public_id)
    messages.success(request, "Your branch is asked. Your time is held until they decide.")
    return redirect("portal:offer", made.proposal.offer.public_id)


def _page(request: HttpRequest, row: Offer, form: ProposeForm, status: int = 200) -> HttpResponse:
    context = {
        "offer": asked_offer(row),
        "form": form,
        "limit": row.job.not_to_exceed,
        "nav": "offers",
    }
    return render(request, "portal/propose.html", context, status=status)
