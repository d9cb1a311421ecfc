"""The calendar for other programs: its secret address, and the feed itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from network.clock import app_now
from network.models import CalendarFeed
from network.services.feeds import find_feed, make_feed, revoke_feed, token_of
from portal.access import Acting, contractor_page
from portal.feed import calendar_of


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind an address. Nothing is changed, and nothing is told to a wrong one."""
    found = find_feed(token=token)
    if found is None:
        raise Http404("There is no such calendar.")
    row, link = found
    acting = Acting(row.user, link, [link])
    text = calendar_of(acting, at=app_now(), site_url=request.build_absolute_uri("/").rstrip("/"))
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="firstcall.ics"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def settings(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Make the address, show it again, make a new one, or take it back."""
    ids = {"contractor_id": acting.contractor.pk, "user_id": acting.user.pk}
    if request.method == "POST":
        match request.POST.get("do", ""):
            case "make":
                make_feed(**ids)
                messages.success(request, "This is your calendar’s address. Keep it to yourself.")
            case "renew":
                make_feed(**ids)
                messages.success(request, "A new address. The old one works no more.")
            case "revoke":
                revoke_feed(**ids)
                messages.success(request, "The address works no more.")
            case _:
                messages.error(request, "Choose what to do with the address.")
        return redirect("portal:calendar_feed")
    row = CalendarFeed.objects.filter(**ids).first()
    token = None if row is None else token_of(row)
    address = request.build_absolute_uri(reverse("portal:feed", args=[token])) if token else ""
    context = {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "you",
        "feed": row,
        "address": address,
        "subscribe": address.replace("https://", "webcal://").replace("http://", "webcal://"),
    }
    return render(request, "portal/calendar_feed.html", context)
