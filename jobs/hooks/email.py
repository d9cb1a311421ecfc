"""Delivery events of the e-mail provider, read and verified by django-anymail.

The provider's own view class checks the signature and reads the events; they are handed to a
service instead of being sent around as signals.
"""

from __future__ import annotations

import hashlib
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from jobs.models import Message
from jobs.services.delivery_states import Told, note_delivery

#: anymail's words for what happened, in ours. The others (queued, deferred, clicked) say nothing
#: that changes what we do.
_STATES = {
    "delivered": Message.Delivery.DELIVERED,
    "opened": Message.Delivery.OPENED,
    "bounced": Message.Delivery.BOUNCED,
    "rejected": Message.Delivery.FAILED,
    "failed": Message.Delivery.FAILED,
    "complained": Message.Delivery.COMPLAINED,
}
LARGEST_BODY = 1_000_000


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def email_events(request: HttpRequest) -> HttpResponse:
    """400 for a wrong signature, 404 while no provider is set up."""
    if not settings.EMAIL_TRACKING_VIEW:
        raise Http404("No e-mail provider is set up.")
    if request.method == "HEAD":
        return HttpResponse()  # some providers try the address this way first
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        return HttpResponseBadRequest("Too large.")
    try:
        reader = import_string(settings.EMAIL_TRACKING_VIEW)()
        reader.run_validators(request)
        events = reader.parse_events(request)
    except AnymailWebhookValidationFailure:
        return HttpResponseBadRequest("The signature is wrong.")
    except (AnymailError, ValueError, KeyError, TypeError):
        return HttpResponseBadRequest("The event cannot be read.")
    for event in events:
        _take(event, reader.esp_name)
    return HttpResponse()


def _take(event: Any, provider: str) -> None:
    state = _STATES.get(event.event_type)
    if state is None:
        return
    known = str((event.metadata or {}).get("message", ""))
    note_delivery(
        Told(
            scope=f"email:{provider}"[:60],
            key=event.event_id or _key_of(event),
            state=state,
            message_id=int(known) if known.isdigit() and len(known) < 19 else None,
            provider_id=str(event.message_id or ""),
            address=str(event.recipient or ""),
            note=str(event.description or event.reject_reason or ""),
        )
    )


def _key_of(event: Any) -> str:
    """A key for providers that name no events: the same event has the same one."""
    parts = (event.event_type, event.message_id, event.recipient, event.timestamp)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
