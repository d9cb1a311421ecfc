"""Secret addresses of calendars for other programs: made, shown again, renewed, taken back."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction
from django.utils.crypto import salted_hmac

from network.models import CalendarFeed, Contractor, ContractorUser
from network.services.history import note_event

_SALT = "firstcall.calendar-feed"


@transaction.atomic
def make_feed(*, contractor_id: int, user_id: int) -> tuple[CalendarFeed, str]:
    """A new address for the user's view of the contractor; an older one stops working."""
    Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    nonce = secrets.token_urlsafe(32)
    token = _token(nonce)
    feed, made = CalendarFeed.objects.update_or_create(
        contractor_id=contractor_id,
        user_id=user_id,
        defaults={"nonce": nonce, "token_hash": _hash(token)},
    )
    note_event(
        contractor_id=contractor_id,
        action="calendar-shared" if made else "calendar-address-renewed",
        actor_id=user_id,
    )
    return feed, token


@transaction.atomic
def revoke_feed(*, contractor_id: int, user_id: int) -> bool:
    """Let the address work no more; says whether there was one."""
    removed, _ = CalendarFeed.objects.filter(contractor_id=contractor_id, user_id=user_id).delete()
    if removed:
        note_event(contractor_id=contractor_id, action="calendar-unshared", actor_id=user_id)
    return bool(removed)


def token_of(feed: CalendarFeed) -> str | None:
    """The secret of the address, to be shown to its owner; None after a change of SECRET_KEY.

    The address itself goes on working then, for it is found by its hash.
    """
    token = _token(feed.nonce)
    return token if secrets.compare_digest(_hash(token), feed.token_hash) else None


def find_feed(*, token: str) -> tuple[CalendarFeed, ContractorUser] | None:
    """The feed and what its user may see now; None for an unknown or withdrawn address, and for
    somebody who no longer acts for the contractor.
    """
    feed = CalendarFeed.objects.filter(token_hash=_hash(token)).select_related("user").first()
    if feed is None:
        return None
    link = ContractorUser.objects.for_user(feed.user).filter(contractor=feed.contractor_id).first()
    return None if link is None else (feed, link)


def _token(nonce: str) -> str:
    return salted_hmac(_SALT, nonce, algorithm="sha256").hexdigest()


def _hash(token: str) -> str:
    """The secret has 256 bits, so a plain hash cannot be searched back."""
    return hashlib.sha256(token.encode()).hexdigest()
