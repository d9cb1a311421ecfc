"""Who may open a customer's page: whoever has its link.

The answers stay out of caches, search engines and other sites' logs. A link that is wrong, revoked
or too old leads to a calm page that says what to do. Guessing is slowed down by address, and one
link by its own count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from jobs.actors import Actor
from jobs.customer.visitor import Visitor
from jobs.limits import seconds_to_wait
from jobs.services.customer_links import find_link
from network.context import shell

P = ParamSpec("P")

#: Requests a minute for one link, and wrong links a minute from one address (ours).
REQUESTS_A_MINUTE = 120
WRONG_LINKS_A_MINUTE = 30


def customer_page(
    view: Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
    """Give the view the ``Visitor`` whose link it is, or say calmly why there is none."""

    @wraps(view)
    def page(
        request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        return _private(_answer(request, token, *args, **kwargs))

    def _answer(
        request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        named = hashlib.sha256(token.encode()).hexdigest()[:32]
        if wait := seconds_to_wait("customer-rate", named, limit=REQUESTS_A_MINUTE):
            return _too_many(request, wait)
        now = shell(request)["shell"].now
        found = find_link(token, at=now)
        if found is not None and found.works:
            request.branch = found.job.branch  # type: ignore[attr-defined]
            visitor = Visitor(job=found.job, token=token, now=now, visit=found.visit)
            return view(request, visitor, *args, **kwargs)
        if wait := seconds_to_wait("customer-wrong", _address(request), limit=WRONG_LINKS_A_MINUTE):
            return _too_many(request, wait)
        why = "wrong" if found is None else "revoked" if found.is_revoked else "expired"
        status = 404 if found is None else 410
        office = None if found is None else found.job.branch
        context = {"why": why, "office": office}
        return render(request, "customer/closed.html", context, status=status)

    return page


def customer_actor(visitor: Visitor) -> Actor:
    """The customer, as the author of what happens next."""
    return Actor("customer", visitor.job.customer_name[:120] or "the customer")


def _private(answer: HttpResponseBase) -> HttpResponseBase:
    answer["X-Robots-Tag"] = "noindex, nofollow"
    # Not "no-referrer": browsers would then send "Origin: null" with forms, which are refused.
    answer["Referrer-Policy"] = "same-origin"
    add_never_cache_headers(answer)
    return answer


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    answer = render(request, "customer/closed.html", {"why": "busy"}, status=429)
    answer["Retry-After"] = str(wait)
    return answer


def _address(request: HttpRequest) -> str:
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return "unknown"
