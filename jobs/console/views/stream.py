"""The branch's event stream."""

from __future__ import annotations

from datetime import UTC, datetime

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)

from jobs.console.access import branch_of
from jobs.live import event_stream
from jobs.models import Job
from jobs.notices import branch_channel


async def stream(request: HttpRequest, branch: str) -> HttpResponseBase:
    """Ids of jobs of the branch that changed.

    ``since`` is the domain time (ms) at which the page was rendered: if something changed
    between that and the subscription, the page is told so at once.
    """
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    user = await request.auser()
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    try:
        found = await sync_to_async(branch_of)(user, branch)
    except (Http404, PermissionDenied) as error:
        # Answered here: Django would make the error page in a thread of its own, which then
        # keeps a database connection. Nobody reads the page of a stream anyway.
        return HttpResponse(status=404 if isinstance(error, Http404) else 403)
    since = _moment(request.GET.get("since", ""))

    def missed() -> bool:
        return (
            since is not None and Job.objects.filter(branch=found, updated_at__gte=since).exists()
        )

    return await event_stream(request, branch_channel(found.pk), missed=missed)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
