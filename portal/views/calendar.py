"""The week, and time off: added in two taps, taken back in one."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network import display
from network.errors import NetworkError
from network.models import CalendarEntry, EntryKind, Technician
from network.services.calendar import add_time_off, remove_time_off
from portal.access import Acting, contractor_page
from portal.forms import TimeOffForm
from portal.views.page import moment, portal_page
from portal.views.pause import pause_context
from portal.week import DAYS, Event, span_text, taken_in, week
from portal.wording import for_reader

#: How far the calendar can be turned, so that no address leads out of it.
REACH = timedelta(days=400)


@require_safe
@contractor_page
def calendar(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Seven days from ``?from=``, of everybody or of ``?technician=``."""
    now = moment(request)
    tz = acting.contractor.branch.time_zone
    today = display.in_zone(now, tz).date()
    first = _first_day(request.GET.get("from", ""), today)
    chosen = _chosen(acting, request.GET.get("technician", ""))
    ids = [chosen.pk] if chosen else [person.pk for person in acting.technicians]
    days = week(acting, ids, first, at=now)
    context = {
        "now": now,
        "days": days,
        "first": first,
        "last": days[-1].date,
        "is_this_week": first == today,
        "chosen": chosen,
        "earlier": _address(first - timedelta(days=DAYS), today, chosen),
        "later": _address(first + timedelta(days=DAYS), today, chosen),
        **_time_off_choices(acting, TimeOffForm(technicians=acting.technicians, now=now, tz=tz)),
        **pause_context(acting, now),
    }
    return portal_page(request, acting, "calendar", context, nav="calendar")


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def time_off(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Add time off. What stands in its way is listed; nothing is cancelled silently."""
    now = moment(request)
    branch = acting.contractor.branch
    technicians = acting.technicians
    if request.method != "POST":
        day = _day(request.GET.get("day", ""), display.in_zone(now, branch.time_zone).date())
        initial = {"first_day": day, "when": TimeOffForm.RANGE} if day else {}
        form = TimeOffForm(technicians=technicians, now=now, tz=branch.time_zone, initial=initial)
        return _form_page(request, acting, form)
    form = TimeOffForm(request.POST, technicians=technicians, now=now, tz=branch.time_zone)
    if not form.is_valid():
        return _form_page(request, acting, form)
    span, technician = form.span, form.cleaned_data["technician"]
    try:
        add_time_off(
            technician_id=technician.pk,
            start=span.start,
            end=span.end,
            note=form.cleaned_data["note"],
        )
    except NetworkError as error:
        if error.code != "overlaps":
            form.add_error(None, for_reader(error.detail, is_firm=acting.is_firm))
            return _form_page(request, acting, form)
        taken = taken_in(acting, technician.pk, span.start, span.end, at=now)
        return _form_page(request, acting, form, taken)
    who = f"{technician.name}: " if acting.is_firm else ""
    text = span_text(span.start, span.end, branch.time_zone)
    messages.success(request, f"{who}time off, {text}. Nobody will call then.")
    today = display.in_zone(now, branch.time_zone).date()
    first = max(today, display.in_zone(span.start, branch.time_zone).date())
    return redirect(_address(first if first - today >= timedelta(days=DAYS) else today, today))


@require_POST
@contractor_page
def remove(request: HttpRequest, acting: Acting, entry_id: int) -> HttpResponse:
    """Take time off back. A second tap finds it gone, which is what was wanted."""
    entry = CalendarEntry.objects.filter(pk=entry_id).first()
    mine = {person.pk for person in acting.technicians}
    if entry is not None and (entry.technician_id not in mine or entry.kind != EntryKind.TIME_OFF):
        raise Http404("There is no such time off.")
    if entry is not None:
        remove_time_off(entry_id=entry_id, technician_id=entry.technician_id)
        messages.success(request, "Time off removed. Offers can come again then.")
    today = display.in_zone(moment(request), acting.contractor.branch.time_zone).date()
    return redirect(_address(_first_day(request.POST.get("from", ""), today), today))


def _form_page(
    request: HttpRequest, acting: Acting, form: TimeOffForm, taken: list[Event] | None = None
) -> HttpResponse:
    context = {
        "acting": acting,
        "is_firm": acting.is_firm,
        "branch": acting.contractor.branch,
        "taken": taken or [],
        "is_off_twice": bool(taken) and all(event.kind == "off" for event in taken or []),
        "nav": "calendar",
        **_time_off_choices(acting, form),
    }
    return render(request, "portal/time_off.html", context)


def _time_off_choices(acting: Acting, form: TimeOffForm) -> dict[str, object]:
    return {
        "time_off_form": form,
        "technicians": acting.technicians,
        "chosen_technician": str(form["technician"].value() or ""),
    }


def _first_day(text: str, today: date) -> date:
    """The day that an address or form names, within reach of the calendar; today for nonsense."""
    return _day(text, today) or today


def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return min(max(day, today - REACH), today + REACH)


def _address(first: date, today: date, chosen: Technician | None = None) -> str:
    query = {}
    if first != today:
        query["from"] = first.isoformat()
    if chosen is not None:
        query["technician"] = str(chosen.pk)
    address = reverse("portal:calendar")
    return f"{address}?{urlencode(query)}" if query else address


def _chosen(acting: Acting, text: str) -> Technician | None:
    """One of the firm's own people; anybody else's id means everybody."""
    if not acting.is_firm:
        return None
    return next((person for person in acting.technicians if str(person.pk) == text), None)
