"""Stand by for somebody else's visit: look, and say yes or no. Looking never decides anything."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jobs.errors import DomainError
from jobs.services.standby import answer_standby
from portal.access import Acting, contractor_page
from portal.standing_by import AskedStandby, standby_row
from portal.views.page import moment, portal_page
from portal.wording import for_reader


@require_safe
@contractor_page
def standby(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """What standing by means, and the answer; afterwards what became of it."""
    own = _own(acting, public_id)
    now = moment(request)
    context = {"standby": own, "is_open": own.is_open(now), "now": now}
    return portal_page(request, acting, "standby", context, nav="today")


@require_POST
@contractor_page
def answer(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Yes or no. A second tap changes nothing, a late one is told so."""
    own = _own(acting, public_id)
    yes = request.POST.get("answer") == "yes"
    try:
        answer_standby(standby_id=own.id, yes=yes, actor=acting.actor)
    except DomainError as error:
        messages.error(request, for_reader(error.detail, is_firm=acting.is_firm))
    else:
        said = (
            "Thank you. The time is held for you, and you hear from us when it is over."
            if yes
            else "Noted. We ask somebody else."
        )
        messages.success(request, said)
    return redirect("portal:standby", public_id)


def _own(acting: Acting, public_id: UUID) -> AskedStandby:
    own = standby_row(acting, public_id)
    if own is None:
        raise Http404("There is no such standby.")
    return own
