"""A one-tap link from a message: shows the offer to whoever has it; answering needs more.

Mail programs and scanners open links, and some press buttons. So a GET only shows, and a POST needs
the four digits of the same message, or a session of the contractor.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from jobs.actors import Actor
from jobs.errors import DomainError, OfferNoLongerOpen
from jobs.models import Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.offer_links import check_code, codes_left, offer_of_link
from jobs.states import LIVE, AnswerVia, DeclineReason, JobStatus
from portal.access import SESSION_CONTRACTOR, Acting, acting_of
from portal.views.page import moment
from portal.wording import for_reader, to_the_second
from portal.work import asked_offer

_DECLINES = list(DeclineReason.choices)


@require_http_methods(["GET", "HEAD", "POST"])
def tap(request: HttpRequest, token: str) -> HttpResponse:
    """The offer behind a message's link: 404 for a link that is none of ours."""
    offer = offer_of_link(token)
    if offer is None:
        return _page(request, None, status=404)
    acting = _acting_for(request, offer)
    if request.method != "POST":
        return _page(request, offer, acting=acting)
    return _answer(request, offer, acting, token)


def _acting_for(request: HttpRequest, offer: Offer) -> Acting | None:
    """Whoever is signed in, if the offer is theirs to answer."""
    if not request.user.is_authenticated:
        return None
    try:
        acting = acting_of(request.user, offer.contractor_id) or acting_of(
            request.user, request.session.get(SESSION_CONTRACTOR)
        )
    except PermissionDenied:
        return None
    if acting is None or not acting.offers().filter(pk=offer.pk).exists():
        return None
    return acting


def _answer(request: HttpRequest, offer: Offer, acting: Acting | None, token: str) -> HttpResponse:
    says_yes = request.POST.get("answer") == "yes"
    reason = request.POST.get("reason", "")
    if not says_yes and request.POST.get("answer") != "no":
        return _page(request, offer, acting=acting, refusal="Choose Accept or Decline.", status=422)
    if not says_yes and reason not in DeclineReason.values:
        return _page(request, offer, acting=acting, refusal="Say why not.", status=422)
    if acting is None:
        with transaction.atomic():
            check = check_code(offer=offer, token=token, text=request.POST.get("code", ""))
        if not check.is_right:
            return _page(request, offer, refusal=_wrong(check.left), status=422)
    actor = acting.actor if acting else Actor.contractor(offer.contractor)
    try:
        if says_yes:
            accept_offer(offer_id=offer.pk, actor=actor, via=AnswerVia.LINK)
        else:
            decline_offer(offer_id=offer.pk, reason=reason, actor=actor, via=AnswerVia.LINK)
    except OfferNoLongerOpen:
        return redirect("portal:tap", token)  # it says what became of the offer
    except DomainError as error:
        words = for_reader(error.detail, is_firm=False)
        return _page(request, offer, acting=acting, refusal=words, status=409)
    messages.success(request, "It’s yours." if says_yes else "Declined. Thank you for saying so.")
    return redirect("portal:tap", token)


def _wrong(left: int) -> str:
    if left == 0:
        return "The code was wrong too often. Please sign in to answer, or answer by text."
    tries = "one more try" if left == 1 else f"{left} more tries"
    return f"That is not the code of this offer: it stands beside the link. You have {tries}."


def _page(
    request: HttpRequest,
    offer: Offer | None,
    *,
    acting: Acting | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"offer": None, "refusal": refusal}
    if offer is not None:
        now = moment(request)
        asked = asked_offer(offer)
        request.branch = offer.contractor.branch  # type: ignore[attr-defined]
        context |= {
            "offer": asked,
            "contractor": offer.contractor,
            "branch": offer.contractor.branch,
            "is_open": asked.is_open(now),
            "state": asked.state(now),
            "is_taken": offer.job.status in LIVE or offer.job.status == JobStatus.COMPLETED,
            "ended": to_the_second(asked.expires_at, asked.work.time_zone),
            "reasons": _DECLINES,
            "chosen_reason": request.POST.get("reason", ""),
            "signed_in": acting is not None,
            "codes_left": codes_left(offer),
        }
    answer = render(request, "portal/tap.html", context, status=status)
    add_never_cache_headers(answer)
    # The address is a key of its own: it goes to nobody else, and into no index. Not "no-referrer":
    # browsers would then send "Origin: null" with the form, which is refused.
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer
