"""What all pages of the portal share: the moment they are rendered at, and their frame."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from network.context import shell
from portal.access import Acting
from portal.reads import count_open_offers
from portal.wording import contact_hours


def moment(request: HttpRequest) -> datetime:
    """Domain time of this page: read once, so that its countdowns and lists agree."""
    now: datetime = shell(request)["shell"].now
    return now


def portal_page(
    request: HttpRequest,
    acting: Acting,
    template: str,
    context: dict[str, Any],
    *,
    nav: str,
    waiting: int | None = None,
) -> HttpResponse:
    """Render a page, or its live part for a refresh.

    ``template`` is ``portal/<name>.html``; a refresh gets ``portal/_<name>.html``. ``waiting`` is
    the number of open offers where the view knows it already.
    """
    if waiting is None:
        waiting = count_open_offers(acting, at=moment(request))
    everything = {
        **context,
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "contact_hours": contact_hours(acting.contractor),
        "nav": nav,
        "nav_offers": waiting,
    }
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return render(request, f"portal/_{template}.html", {**everything, "is_refresh": True})
    return render(request, f"portal/{template}.html", everything)
