"""Whose pages these are: every page of the portal acts for one contractor of the signed-in user.

Nobody sees another firm's rows: what is not the asker's is not found (404). Somebody without a
contractor gets 403. A user of several contractors chooses one and can change over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from jobs.actors import Actor
from jobs.models import Booking, Offer
from jobs.querysets import BookingQuerySet, OfferQuerySet
from network.models import Contractor, ContractorUser, Technician, User

SESSION_CONTRACTOR = "portal_contractor_id"

P = ParamSpec("P")


class Acting:
    """A user acting for a contractor: for all of it, or as one of its technicians only."""

    def __init__(self, user: User, link: ContractorUser, links: list[ContractorUser]) -> None:
        self.user = user
        self.contractor: Contractor = link.contractor
        self.technician_id: int | None = link.technician_id
        self.has_choice = len(links) > 1

    @property
    def actor(self) -> Actor:
        """The author of what this user does here."""
        return Actor.contractor(self.contractor, self.user)

    @cached_property
    def technicians(self) -> list[Technician]:
        """The active technicians this user plans for, by name; one query."""
        mine = Technician.objects.active().of_contractor(self.contractor.pk)
        if self.technician_id is not None:
            mine = mine.filter(pk=self.technician_id)
        return list(mine.order_by("name", "pk"))

    @cached_property
    def is_firm(self) -> bool:
        """Whether there are several people to tell apart; a sole trader never sees the word."""
        return len(self.technicians) > 1

    def offers(self) -> OfferQuerySet:
        """The offers this user may see."""
        mine = Offer.objects.of_contractor(self.contractor)
        return mine if self.technician_id is None else mine.filter(technician=self.technician_id)

    def bookings(self) -> BookingQuerySet:
        """The visits this user may see."""
        mine = Booking.objects.of_contractor(self.contractor)
        return mine if self.technician_id is None else mine.filter(technician=self.technician_id)


def links_of(user: Any) -> list[ContractorUser]:
    """The contractors a user may act for, by name."""
    return list(ContractorUser.objects.for_user(user).order_by("contractor__name", "pk"))


def acting_of(user: Any, chosen: int | None) -> Acting | None:
    """Who the user acts for; None when they must choose first. Raises PermissionDenied."""
    links = links_of(user)
    if not links:
        raise PermissionDenied(
            "These pages are for contractors. Ask your branch to connect this account to your firm."
        )
    link = links[0] if len(links) == 1 else _link(links, chosen)
    return None if link is None else Acting(cast(User, user), link, links)


def _link(links: list[ContractorUser], chosen: int | None) -> ContractorUser | None:
    return next((link for link in links if link.contractor_id == chosen), None)


def contractor_page(
    view: Callable[Concatenate[HttpRequest, Acting, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Give the view an ``Acting``, or send its visitor to sign in or to choose a contractor.

    Pages are never cached: a phone that goes back must not show an offer as it was.
    """

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        acting = acting_of(request.user, request.session.get(SESSION_CONTRACTOR))
        if acting is None:
            return redirect(choose_url(request))
        request.branch = acting.contractor.branch  # type: ignore[attr-defined]
        answer = view(request, acting, *args, **kwargs)
        add_never_cache_headers(answer)
        return answer

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], page)


def choose_url(request: HttpRequest) -> str:
    """The page to choose a contractor on, which leads back to this one."""
    back = request.get_full_path() if request.method == "GET" else reverse("portal:today")
    return f"{reverse('portal:choose')}?{urlencode({'next': back})}"
