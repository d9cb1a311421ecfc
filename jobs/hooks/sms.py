"""What the provider of texts tells us, signed as Standard Webhooks have it (docs/messages.md)."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from jobs.models import Message
from jobs.services.delivery_states import Told, note_delivery
from jobs.services.text_answers import take_text

_STATES = {
    "message.delivered": Message.Delivery.DELIVERED,
    "message.failed": Message.Delivery.FAILED,
}
LARGEST_BODY = 64_000


@csrf_exempt
@require_POST
def sms_events(request: HttpRequest) -> HttpResponse:
    """204 when taken (also a second time), 400 for what is not signed or cannot be read."""
    if not settings.SMS_WEBHOOK_SECRET:
        raise Http404("No provider of texts is set up.")
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        return HttpResponseBadRequest("Too large.")
    try:
        Webhook(settings.SMS_WEBHOOK_SECRET).verify(
            request.body, dict(request.headers), json_parse=False
        )
    except (WebhookVerificationError, ValueError):
        return HttpResponseBadRequest("The signature is wrong, or too old.")
    try:
        event = json.loads(request.body)
        kind, data = str(event["type"]), dict(event["data"])
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest("Expected JSON with type and data.")
    key = request.headers["webhook-id"][:200]
    if kind == "message.received":
        sender, text = data.get("from"), data.get("text")
        if not isinstance(sender, str) or not isinstance(text, str):
            return HttpResponseBadRequest("Expected data with from and text.")
        take_text(sender=sender, text=text, key=key)
    elif kind in _STATES:
        note_delivery(_told(kind, data, key))
    return HttpResponse(status=204)  # kinds that we do not know are taken and left


def _told(kind: str, data: dict[str, Any], key: str) -> Told:
    ours = str(data.get("idempotency_key", "")).removeprefix("message-")
    return Told(
        scope="sms",
        key=key,
        state=_STATES[kind],
        message_id=int(ours) if ours.isdigit() and len(ours) < 19 else None,
        provider_id=str(data.get("id", "")),
        address=str(data.get("to", "")),
        note=str(data.get("error", "")),
    )
