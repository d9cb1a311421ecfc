"""Pausing offers, and going on: one tap away from Today and You."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from network import display
from network.errors import NetworkError
from network.services.contractors import pause_offers, resume_offers
from portal.access import Acting, contractor_page
from portal.pausing import day_begins, pause_choices, until_text
from portal.views.page import moment
from portal.wording import for_reader

DAY = "day"


class PauseForm(forms.Form):
    """One of the taps, or the day of coming back."""

    until = forms.CharField(max_length=12, error_messages={"required": "Choose until when."})
    day = forms.DateField(
        label="The day I am back",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give the day you are back."},
    )

    def __init__(self, *args: Any, acting: Acting, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contractor = acting.contractor
        self.zone = acting.contractor.branch.zone
        self.now = now
        self.choices = pause_choices(now, self.zone, acting.contractor.contact_from)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        chosen = {choice.value: choice.until for choice in self.choices}
        if data["until"] in chosen:
            data["moment"] = chosen[data["until"]]
        elif data["until"] == DAY and data.get("day"):
            data["moment"] = day_begins(data["day"], self.zone, self.contractor.contact_from)
        elif data["until"] == DAY:
            self.add_error("day", "Give the day you are back.")
        else:
            self.add_error("until", "Choose until when.")
        return data


def pause_context(acting: Acting, now: datetime) -> dict[str, Any]:
    """What Today and You show: the pause that is on, or the choices; nothing for one person."""
    contractor = acting.contractor
    if acting.technician_id is not None or contractor.status != "active":
        return {}
    tz = contractor.branch.time_zone
    if contractor.paused_until is not None and contractor.paused_until > now:
        return {"paused_until": until_text(contractor.paused_until, now, tz)}
    choices = pause_choices(now, contractor.branch.zone, contractor.contact_from)
    tomorrow = display.in_zone(now, tz).date() + timedelta(days=1)
    return {
        "pause_choices": [
            (choice.value, choice.label, until_text(choice.until, now, tz)) for choice in choices
        ],
        "pause_first_day": tomorrow,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def pause(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Make no new offers until then. Visits and offers that stand stay."""
    _whole_firm(acting)
    now = moment(request)
    if request.method != "POST":
        return _page(request, acting, PauseForm(acting=acting, now=now), now)
    form = PauseForm(request.POST, acting=acting, now=now)
    if not form.is_valid():
        return _page(request, acting, form, now)
    try:
        contractor = pause_offers(
            contractor_id=acting.contractor.pk,
            until=form.cleaned_data["moment"],
            actor_id=acting.user.pk,
        )
    except NetworkError as error:
        detail = for_reader(error.detail, is_firm=acting.is_firm)
        form.add_error("day" if form.cleaned_data["until"] == DAY else None, detail)
        return _page(request, acting, form, now)
    assert contractor.paused_until is not None
    text = until_text(contractor.paused_until, now, acting.contractor.branch.time_zone)
    messages.success(request, f"Paused. No offers until {text}; then by itself again.")
    return redirect(_back(request))


@require_POST
@contractor_page
def resume(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Offers come again from now on. A second tap changes nothing."""
    _whole_firm(acting)
    resume_offers(contractor_id=acting.contractor.pk, actor_id=acting.user.pk)
    messages.success(request, "Offers can come again.")
    return redirect(_back(request))


def _page(request: HttpRequest, acting: Acting, form: PauseForm, now: datetime) -> HttpResponse:
    context = {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "you",
        "pause_form": form,
        "next": _back(request),
        **pause_context(acting, now),
    }
    return render(request, "portal/pause.html", context)


def _whole_firm(acting: Acting) -> None:
    if acting.technician_id is not None:
        raise Http404("Only whoever acts for the whole firm pauses its offers.")


def _back(request: HttpRequest) -> str:
    """Where the tap came from, if that is a page of ours."""
    back = request.POST.get("next", "") or request.GET.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("portal:you")
