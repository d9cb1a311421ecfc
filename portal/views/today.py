"""The first page: what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from network import display
from network.models import Application, ContractorStatus
from portal.access import Acting, contractor_page
from portal.reads import live_visits, open_offers, past_visits
from portal.standing_by import standbys_now
from portal.views.page import moment, portal_page
from portal.views.pause import pause_context
from portal.wording import greeting, standing

#: Visits listed under the next one; the rest is one tap away.
LATER_ROWS = 8


@require_safe
@contractor_page
def today(request: HttpRequest, acting: Acting) -> HttpResponse:
    """The next step first, then offers that wait, then what comes later.

    Somebody who is still applying goes to where that stands.
    """
    applies = acting.contractor.status == ContractorStatus.APPLICANT
    if applies and Application.objects.filter(contractor=acting.contractor).exists():
        return redirect("portal:join")
    now = moment(request)
    branch = acting.contractor.branch
    offers = open_offers(acting, at=now)
    visits = live_visits(acting)
    date = display.in_zone(now, branch.time_zone).date()
    left_today = [
        visit
        for visit in visits
        if display.in_zone(visit.expected_at, visit.work.time_zone).date() <= date
    ]
    context = {
        "now": now,
        "greeting": greeting(now, branch.time_zone, acting.user.name or acting.contractor.name),
        "standing": standing(acting.contractor, now),
        "offers": offers,
        "standbys": standbys_now(acting, at=now),
        "visit": visits[0] if visits else None,
        "later": visits[1 : 1 + LATER_ROWS],
        "more": max(0, len(visits) - 1 - LATER_ROWS),
        "is_near": bool(visits) and visits[0].is_near(now),
        "left_today": len(left_today),
        **pause_context(acting, now),
    }
    return portal_page(request, acting, "today", context, nav="today", waiting=len(offers))


@require_safe
@contractor_page
def visits(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Every visit to be made, and the last ones that ended."""
    context = {"upcoming": live_visits(acting), "past": past_visits(acting)}
    return portal_page(request, acting, "visits", context, nav="today")
