"""Sick today: the time is off at once, and what happens to each visit is said beforehand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.errors import DomainError
from jobs.services.sick import report_sick, sick_until
from network import display
from portal.access import Acting, contractor_page
from portal.forms import SickForm
from portal.reads import live_visits
from portal.views.page import moment
from portal.wording import for_reader


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def sick(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Who is sick and for how long; a POST takes the time off and passes the visits on."""
    form = SickForm(request.POST or None, technicians=acting.technicians)
    if request.method != "POST" or not form.is_valid():
        return _page(request, acting, form)
    technician = form.cleaned_data["technician"]
    try:
        report = report_sick(
            technician_id=technician.pk, days=form.cleaned_data["days"], actor=acting.actor
        )
    except DomainError as error:
        form.add_error(None, for_reader(error.detail, is_firm=acting.is_firm))
        return _page(request, acting, form)
    parts = []
    if report.swapped:
        parts.append(f"{_visits(report.swapped)} taken over by a colleague.")
    if report.released:
        parts.append(f"{_visits(report.released)} passed on; every appointment stands.")
    if report.withdrawn:
        parts.append("Offers that waited are withdrawn; that does not count.")
    messages.success(request, " ".join(["Get well soon.", *parts]))
    return redirect("portal:calendar")


def _visits(many: int) -> str:
    return "1 visit is" if many == 1 else f"{many} visits are"


def _page(request: HttpRequest, acting: Acting, form: SickForm) -> HttpResponse:
    now = moment(request)
    zone = display.zone(acting.contractor.branch.time_zone)
    today = sick_until(zone=zone, at=now, days=1)
    concerned = [visit for visit in live_visits(acting) if visit.starts_at < today]
    context: dict[str, Any] = {
        "sick_form": form,
        "technicians": acting.technicians,
        "chosen_technician": str(form["technician"].value() or ""),
        "chosen_days": str(form["days"].value() or "1"),
        "visits": [visit for visit in concerned if not visit.arrived_at],
        "is_firm": acting.is_firm,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "nav": "calendar",
    }
    return render(request, "portal/sick.html", context)
