"""One visit: the next step as one button, the time the customer is told, and giving it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.errors import DomainError, InvalidInput
from jobs.models import Booking, ContractorFee, CustomerNote
from jobs.services.visits import (
    LATE_RELEASE,
    arrive,
    complete_visit,
    release_visit,
    set_eta,
    start_travel,
)
from jobs.states import JobStatus, VisitResult
from network import display
from network.downloads import file_response
from portal.access import Acting, contractor_page
from portal.arrival import arrival_choices, time_in_window
from portal.forms import ReleaseForm, ResultForm
from portal.reads import visit_row
from portal.views.page import moment, portal_page
from portal.wording import for_reader
from portal.work import OwnVisit, own_visit


@require_safe
@contractor_page
def visit(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """The visit with its address and its next step."""
    row = _own(acting, public_id)
    own = own_visit(row)
    context = _context(request, own)
    if own.site is not None:
        context["customer_notes"] = list(CustomerNote.objects.filter(job_id=row.job_id))
    context["fees"] = list(ContractorFee.objects.filter(booking_id=row.pk))
    return portal_page(request, acting, "visit", context, nav="today")


@require_safe
@contractor_page
def photo(request: HttpRequest, acting: Acting, public_id: UUID, photo: UUID) -> HttpResponseBase:
    """A picture of the customer's, as an attachment, for whoever has the visit."""
    row = _own(acting, public_id)
    found = CustomerNote.objects.filter(job_id=row.job_id, public_id=photo).first()
    if found is None or not found.is_photo or own_visit(row).site is None:
        raise Http404("There is no such picture.")
    return file_response(found.file_name, found.original_name, found.content_type)


@require_POST
@contractor_page
def start(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """I'm on my way."""
    return _step(
        request,
        acting,
        public_id,
        lambda row: start_travel(booking_id=row.pk, actor=acting.actor),
        "Have a safe drive.",
    )


@require_POST
@contractor_page
def arrived(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """I've arrived."""
    return _step(
        request,
        acting,
        public_id,
        lambda row: arrive(booking_id=row.pk, actor=acting.actor),
        "You are on site.",
    )


@require_POST
@contractor_page
def eta(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Tell the customer when to expect somebody: one of the times offered, or a time of day."""
    row = _own(acting, public_id)
    try:
        moment_told = _told_time(request, row)
        set_eta(booking_id=row.pk, eta=moment_told, actor=acting.actor)
    except DomainError as error:
        messages.error(request, for_reader(error.detail, is_firm=acting.is_firm))
    else:
        who = own_visit(row)
        name = who.site.first_name if who.site else "The customer"
        said = display.phone_clock(moment_told, row.job.time_zone)
        messages.success(request, f"{name} is told: about {said}.")
    return redirect("portal:visit", public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def complete(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Done: fixed, needs another visit, or no access."""
    row = _own(acting, public_id)
    if request.method != "POST":
        if not row.live or row.job.status != JobStatus.ON_SITE:
            return redirect("portal:visit", public_id)
        return _form_page(request, row, "complete", ResultForm())
    form = ResultForm(request.POST)
    if not form.is_valid():
        return _form_page(request, row, "complete", form)
    try:
        complete_visit(
            booking_id=row.pk,
            result=form.cleaned_data["result"],
            note=form.cleaned_data["note"],
            because=form.cleaned_data["because"],
            actor=acting.actor,
        )
    except DomainError as error:
        messages.error(request, for_reader(error.detail, is_firm=acting.is_firm))
        return redirect("portal:visit", public_id)
    said = {
        VisitResult.FIXED: "Done. Well fixed.",
        VisitResult.NEEDS_ANOTHER_VISIT: "Noted. Your branch arranges the next visit.",
        VisitResult.NO_ACCESS: "Noted: no access. Your branch talks to the customer.",
    }
    messages.success(request, said[VisitResult(form.cleaned_data["result"])])
    return redirect("portal:visit", public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def release(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Give the visit back; the consequences stand beside the button."""
    row = _own(acting, public_id)
    if request.method != "POST":
        if not row.live:
            return redirect("portal:visit", public_id)
        return _form_page(request, row, "release", ReleaseForm())
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _form_page(request, row, "release", form)
    try:
        release_visit(
            booking_id=row.pk,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            actor=acting.actor,
        )
    except DomainError as error:
        messages.error(request, for_reader(error.detail, is_firm=acting.is_firm))
    else:
        messages.success(request, "Given back. Somebody else is being asked for the same window.")
    return redirect("portal:visit", public_id)


def _own(acting: Acting, public_id: UUID) -> Booking:
    row = visit_row(acting, public_id)
    if row is None:
        raise Http404("There is no such visit.")
    return row


def _step(
    request: HttpRequest,
    acting: Acting,
    public_id: UUID,
    take: Callable[[Booking], Booking],
    said: str,
) -> HttpResponse:
    """Take one step and show the visit; what stands in its way is said there."""
    row = _own(acting, public_id)
    try:
        taken = take(row)
    except DomainError as error:
        messages.error(request, for_reader(error.detail, is_firm=acting.is_firm))
    else:
        if taken.job.status != row.job.status:  # a second tap says nothing twice
            messages.success(request, said)
    return redirect("portal:visit", public_id)


def _told_time(request: HttpRequest, row: Booking) -> datetime:
    """The arrival time out of the form. Raises InvalidInput."""
    try:
        if chosen := request.POST.get("eta", ""):
            return datetime.fromisoformat(chosen)
        clock = time.fromisoformat(request.POST.get("at", "").strip())
    except ValueError:
        raise InvalidInput({"eta": "Give a time such as 5:10 pm."}) from None
    job = row.job
    return time_in_window(
        clock.replace(tzinfo=None),
        window_start=job.window_start,
        window_end=job.window_end,
        tz=job.time_zone,
    )


def _form_page(
    request: HttpRequest, row: Booking, name: str, form: ResultForm | ReleaseForm
) -> HttpResponse:
    own = own_visit(row)
    context = {**_context(request, own), f"{name}_form": form, "nav": "today"}
    return render(request, f"portal/{name}.html", context)


def _context(request: HttpRequest, own: OwnVisit) -> dict[str, Any]:
    now = moment(request)
    work = own.work
    choices = []
    if own.live and own.status in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        choices = arrival_choices(
            planned=own.starts_at,
            told=own.eta,
            window_start=work.window_start,
            window_end=work.window_end,
            now=now,
            on_the_way=own.status == JobStatus.EN_ROUTE,
        )
    return {
        "now": now,
        "visit": own,
        "is_near": own.is_near(now),
        "choices": choices,
        "leave_at": own.expected_at - timedelta(minutes=ceil(own.travel_minutes)),
        "is_window_over": now > work.window_end,
        "is_late_release": work.window_start - now < LATE_RELEASE,
        "complete_form": ResultForm(),
        "release_form": ReleaseForm(),
    }
