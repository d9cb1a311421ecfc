"""Specimen pages: every part of the visual language with made-up contents, for tests only.

``SPECIMEN`` is a URL configuration that stands in for the site's, so that the look can be tested
without the pages that use it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path

NOW = datetime(2026, 11, 17, 20, 41, tzinfo=UTC)  # 15:41 in Boston
TZ = "America/New_York"
HOUR = timedelta(hours=1)
TEMPLATES = [
    {
        **settings.TEMPLATES[0],
        "DIRS": [*settings.TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"],
    }
]


def specimen_shell(*, scaled: bool = False, branches: int = 1) -> Thing:
    branch = Thing(
        name="Greater Boston",
        slug="boston",
        time_zone=TZ,
        currency="USD",
        distance_unit="mi",
        latitude=42.34,
        longitude=-71.09,
    )
    return Thing(
        now=NOW,
        now_ms=int(NOW.timestamp() * 1000),
        scale=60.0 if scaled else 1.0,
        is_scaled=scaled,
        branch=branch,
        branches=[branch, Thing(name="Worcester", slug="worcester")][:branches],
        role="dispatcher",
        may_administer=True,
        contractor=None,
        map_tile_url="",
        map_attribution="",
    )


def job(number: int, status: str, priority: str, start: float, rounds: int = 1) -> Thing:
    return Thing(
        public_id=f"0190-{number}",
        reference=f"BOS-{number:06d}",
        status=status,
        priority=priority,
        round_number=rounds,
        area="Jamaica Plain",
        postcode="02130",
        window_start=NOW.replace(minute=0) + start * HOUR,
        window_end=NOW.replace(minute=0) + (start + 4) * HOUR,
        time_zone=TZ,
        duration_minutes=90,
    )


def offer(rank: int, status: str, minutes_left: float = 6) -> Thing:
    return Thing(
        rank=rank,
        status=status,
        expires_at=NOW + timedelta(minutes=minutes_left),
        pay="246.00",
        currency="USD",
        travel_minutes=9.2,
        travel_km=3.8,
    )


def parts(*points: float) -> list[dict[str, Any]]:
    labels = [
        "Travel",
        "Skill",
        "Rating",
        "Acceptance",
        "Answers fast",
        "Price",
        "Fair share",
        "Tier",
    ]
    sentences = ["9 min away, closest of 7", "skill level 3 of 3", "rated 4.8 from 31 visits"]
    return [
        {"points": value, "label": labels[i], "sentence": sentences[i % 3]}
        for i, value in enumerate(points)
    ]


class IntakeForm(forms.Form):
    address = forms.CharField()
    postcode = forms.CharField(label="ZIP", max_length=10)
    latitude = forms.FloatField(widget=forms.HiddenInput, required=False)
    longitude = forms.FloatField(widget=forms.HiddenInput, required=False)
    window = forms.ChoiceField(choices=[("a", "08–12"), ("b", "12–16")])
    note = forms.CharField(widget=forms.Textarea, required=False, help_text="For the contractor.")


def console(request: HttpRequest) -> HttpResponse:
    messages.success(request, "BOS-000431 goes to the next contractor.")
    form = IntakeForm({"address": "", "postcode": "02130", "window": "a"})
    context = {
        "shell": specimen_shell(scaled="scaled" in request.GET, branches=2),
        "nav": "board",
        "nav_needs": 2,
        "live_url": "/console/stream" if "live" in request.GET else "",
        "job_a": job(402, "offering", "urgent", 1, rounds=2),
        "job_b": job(440, "offering", "emergency", -1),
        "job_c": job(418, "booked", "standard", 1),
        "job_d": job(352, "on_site", "low", -3),
        "offers_a": [offer(1, "withdrawn"), offer(2, "expired"), offer(3, "pending")],
        "offers_c": [offer(1, "declined"), offer(2, "accepted")],
        "pending": offer(3, "pending", 12),
        "hurry": offer(1, "pending", 1),
        "escalation_a": Thing(pk=1, kind="everyone_asked", opened_at=NOW - timedelta(minutes=6)),
        "escalation_b": Thing(pk=2, kind="no_check_in", opened_at=NOW - timedelta(minutes=31)),
        "fixes": [
            {
                "label": "Search again",
                "icon": "refresh",
                "action": "#",
                "main": True,
                "fields": {"kind": "again"},
                "hint": "adds 3",
            },
            {"label": "Call the customer", "icon": "phone", "url": "#", "hint": "(617) 555-0188"},
        ],
        "candidate_a": Thing(rank=1, score=86.2, parts=parts(24, 22, 12, 9, 8, 6, 3, 2)),
        "candidate_b": Thing(rank=2, score=71.4, parts=parts(14, 18, 12, 9, 8, 6, 3, 1.4)),
        "visit_start": NOW + 1.5 * HOUR,
        "visit_end": NOW + 3 * HOUR,
        "form": form,
    }
    return render(request, "specimen/console.html", context)


def portal(request: HttpRequest) -> HttpResponse:
    work = job(418, "offering", "emergency", 1)
    context = {
        "shell": specimen_shell(),
        "nav": "offers",
        "nav_offers": 1,
        "job": work,
        "offer": offer(1, "pending", 9),
        "branch": specimen_shell().branch,
        "at": NOW + HOUR,
    }
    return render(request, "specimen/portal.html", context)


def live_region(request: HttpRequest) -> HttpResponse:
    """A page whose live region says how often it was fetched."""
    count = int(request.session.get("fetched", 0)) + 1
    request.session["fetched"] = count
    context = {"shell": specimen_shell(scaled=True), "nav": "board", "count": count}
    return render(request, "specimen/live.html", context)


def no_stream(_: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


def echo(request: HttpRequest) -> HttpResponse:
    count = int(request.session.get("posted", 0)) + 1
    request.session["posted"] = count
    return HttpResponse(f"posted {count}")


def zip_lookup(request: HttpRequest) -> JsonResponse:
    if request.GET.get("zip") == "02130":
        return JsonResponse(
            {"latitude": 42.3097, "longitude": -71.1151, "place": "Jamaica Plain, MA"}
        )
    return JsonResponse({"detail": "There is no such ZIP."}, status=404)


def broken(_: HttpRequest) -> HttpResponse:
    raise RuntimeError("for the page of a fault")


_console = [
    path("", console, name="board"),
    path("messages", console, name="messages"),
    path("new", console, name="new_job"),
    path("branch", echo, name="choose_branch"),
    path("zip", zip_lookup, name="zip_lookup"),
    path("stream", no_stream, name="stream"),
    path("live", live_region, name="live"),
    path("<slug:branch>/", console, name="branch_board"),
    path("<slug:branch>/messages/", console, name="branch_messages"),
    path("<slug:branch>/contractors/", console, name="contractors"),
    path("<slug:branch>/coverage/", console, name="branch_coverage"),
    path("<slug:branch>/ranking/", console, name="branch_ranking"),
    path("<slug:branch>/reports/", console, name="branch_reports"),
    path("<slug:branch>/new/", console, name="branch_new_job"),
]
_portal = [path(name, portal, name=name) for name in ("today", "offers", "calendar", "you")]

urlpatterns = [
    path("", console, name="home"),
    path("echo", echo, name="echo"),
    path("broken", broken),
    path("mailbox/", console, name="mailbox"),
    path("console/", include((_console, "console"))),
    path("portal/", include((_portal, "portal"))),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
