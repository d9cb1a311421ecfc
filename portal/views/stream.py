"""The event stream of one contractor's pages."""

from __future__ import annotations

from datetime import UTC, datetime

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from jobs.live import event_stream
from jobs.notices import contractor_channel
from portal.access import SESSION_CONTRACTOR, Acting, acting_of


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Ids of what changes for the contractor. ``since`` is the page's own moment in ms.

    Nobody is sent to a sign-in page from here: a stream cannot follow.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    acting = await sync_to_async(_acting)(request)
    if acting is None:
        return HttpResponse(status=403)
    since = _since(request.GET.get("since", ""))
    return await event_stream(
        request,
        contractor_channel(acting.contractor.pk),
        missed=None if since is None else lambda: has_changed(acting, since=since),
    )


def _acting(request: HttpRequest) -> Acting | None:
    if not request.user.is_authenticated:
        return None
    try:
        return acting_of(request.user, request.session.get(SESSION_CONTRACTOR))
    except PermissionDenied:
        return None


def _since(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def has_changed(acting: Acting, *, since: datetime) -> bool:
    """Whether an offer or visit of these pages changed after ``since``."""
    offers = acting.offers().filter(Q(made_at__gt=since) | Q(closed_at__gt=since))
    return (
        offers.exists() or acting.bookings().filter(job__updated_at__gt=since, live=True).exists()
    )
