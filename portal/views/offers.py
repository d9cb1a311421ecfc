"""Offers: look at them, say yes or no. Looking never decides anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.errors import DomainError, InvalidInput, OfferNoLongerOpen
from jobs.models import Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.states import LIVE, AnswerVia, JobStatus, OfferStatus
from network import display
from network.clock import app_now
from portal.access import Acting, contractor_page
from portal.area_map import area_map
from portal.forms import DeclineForm
from portal.plans import chosen_plan, plans_for
from portal.reads import offer_row, open_offers, past_offers
from portal.views.changes import CORRECTABLE
from portal.views.page import moment, portal_page
from portal.wording import for_reader, how_late, to_the_second
from portal.work import asked_offer
from ranking.explain import Part
from ranking.whynot import own_reasons

#: Reasons shown under "why you were asked".
REASONS = 4


@require_safe
@contractor_page
def offers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Offers that wait for an answer, and what became of the last ones."""
    now = moment(request)
    waiting = open_offers(acting, at=now)
    context = {"offers": waiting, "past": past_offers(acting, at=now), "now": now}
    return portal_page(request, acting, "offers", context, nav="offers", waiting=len(waiting))


@require_safe
@contractor_page
def offer(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """One offer: while it is open with everything to decide by, afterwards what became of it."""
    row = _own(acting, public_id)
    if (replaced_by := asked_offer(row).replaced_by) is not None:
        return redirect("portal:offer", replaced_by)  # they answered with terms of their own
    return _offer_page(request, acting, row)


@require_POST
@contractor_page
def accept(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Say yes. A second tap lands on the visit, a late one on a page that says how late."""
    row = _own(acting, public_id)
    try:
        technician_id, starts_at = chosen_plan(request.POST.get("plan", ""))
        if technician_id is not None and acting.technician_id not in (None, technician_id):
            raise InvalidInput({"plan": "You can take this visit only yourself."})
        booking = accept_offer(
            offer_id=row.pk,
            actor=acting.actor,
            via=AnswerVia.PORTAL,
            technician_id=technician_id,
            starts_at=starts_at,
        )
    except OfferNoLongerOpen:
        return _too_late(request, acting, public_id)
    except DomainError as error:
        return _offer_page(request, acting, _own(acting, public_id), refusal=error)
    if row.status == OfferStatus.PENDING:
        job = row.job
        when = display.window_phone(
            job.window_start, job.window_end, job.time_zone, moment(request)
        )
        messages.success(request, f"It’s yours: {when}. It is in your calendar.")
    return redirect("portal:visit", booking.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def decline(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Say no, with a reason; the next contractor is asked at once."""
    row = _own(acting, public_id)
    if request.method != "POST":
        if not asked_offer(row).is_open(moment(request)):
            return redirect("portal:offer", public_id)
        return _decline_page(request, acting, row, DeclineForm())
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _decline_page(request, acting, row, form)
    try:
        decline_offer(
            offer_id=row.pk,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            actor=acting.actor,
            via=AnswerVia.PORTAL,
        )
    except OfferNoLongerOpen:
        return _too_late(request, acting, public_id)
    except DomainError as error:
        form.add_error(None, for_reader(error.detail, is_firm=acting.is_firm))
        return _decline_page(request, acting, row, form)
    if form.cleaned_data["reason"] in CORRECTABLE:
        return redirect("portal:correct", public_id)
    messages.success(request, "Declined. Thank you for saying so: we ask somebody else now.")
    return redirect("portal:offers")


def _own(acting: Acting, public_id: UUID) -> Offer:
    row = offer_row(acting, public_id)
    if row is None:
        raise Http404("There is no such offer.")
    return row


def _offer_page(
    request: HttpRequest, acting: Acting, row: Offer, refusal: DomainError | None = None
) -> HttpResponse:
    now = moment(request)
    asked = asked_offer(row)
    if not asked.is_open(now):
        return portal_page(request, acting, "offer", _closed(row, now, None), nav="offers")
    technicians = {person.pk: person.name for person in acting.technicians}
    context = {
        "offer": asked,
        "is_open": True,
        "reasons": _reasons(row),
        "map": area_map(
            cell=row.job.cell, area=row.job.area, unit=acting.contractor.branch.distance_unit
        ),
        "plans": plans_for(row, technicians, at=now),
        "decline_form": DeclineForm(),
        "own_start": _own_start(row, now),
        "refusal": for_reader(refusal.detail, is_firm=acting.is_firm) if refusal else "",
    }
    return portal_page(request, acting, "offer", context, nav="offers")


def _own_start(row: Offer, now: datetime) -> str:
    """When they would arrive by a proposal that waits for the branch; '' as planned."""
    proposal = getattr(row, "proposal", None)
    if proposal is None or proposal.starts_at is None:
        return ""
    tz = row.job.time_zone
    clock = display.phone_clock(proposal.starts_at, tz)
    return f"{display.day(proposal.starts_at, tz, now)} at {clock}"


def _decline_page(
    request: HttpRequest, acting: Acting, row: Offer, form: DeclineForm
) -> HttpResponse:
    context = {"offer": asked_offer(row), "decline_form": form, "nav": "offers"}
    return render(request, "portal/decline.html", context)


def _reasons(row: Offer) -> list[Part]:
    """What put this contractor in its place, in own figures; nothing when a person chose it."""
    decision = row.round.decision
    return [] if decision is None else own_reasons(decision, row.contractor_id, REASONS)


def _too_late(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """What a tap meets that came too late. Not an error: 200, and what happened in words."""
    tapped_at = app_now()
    row = _own(acting, public_id)
    asked = asked_offer(row)
    if asked.visit_url:
        return redirect(asked.visit_url)
    context = _closed(row, moment(request), tapped_at)
    return portal_page(request, acting, "offer", context, nav="offers")


def _closed(row: Offer, now: datetime, tapped_at: datetime | None) -> dict[str, Any]:
    asked = asked_offer(row)
    late = None
    if tapped_at is not None and tapped_at >= asked.expires_at:
        late = tapped_at - asked.expires_at
    tz = asked.work.time_zone
    taken = row.job.status in LIVE or row.job.status == JobStatus.COMPLETED
    return {
        "offer": asked,
        "is_open": False,
        "state": asked.state(now if tapped_at is None else max(now, tapped_at)),
        "is_taken": taken,
        "ended": to_the_second(asked.expires_at, tz),
        "tapped": to_the_second(tapped_at, tz) if tapped_at else "",
        "late": how_late(late) if late is not None else "",
    }
