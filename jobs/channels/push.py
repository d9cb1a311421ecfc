"""Notifications in browsers (Web Push, RFC 8030). They carry a title and an address, nothing else.

What is sent goes through the browser makers' servers, so no customer, place or price is in it.
"""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlsplit

import requests
from django.conf import settings
from webpush import WebPush, WebPushSubscription

from jobs.channels import vapid
from jobs.channels.results import Away, NotNow, Refused
from jobs.messaging import of
from jobs.models import Message, PushSubscription

#: Seconds that a push service keeps trying to reach the browser.
KEPT_SECONDS = 3600
_GONE = frozenset({404, 410})


def is_known_service(endpoint: str) -> bool:
    """Whether the address belongs to a push service: we send nowhere else on a browser's word."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    return parts.scheme == "https" and any(
        host == known or host.endswith(f".{known}") for known in settings.PUSH_SERVICES
    )


class PushChannel:
    """Notifications of a batch, to every browser of each user."""

    def open(self) -> None:
        pem = vapid.private_pem()
        if not pem:
            raise Away("no VAPID_PRIVATE_KEY is set")
        self._web_push = WebPush(
            private_key=BytesIO(pem),
            public_key=BytesIO(vapid.public_pem()),
            subscriber=settings.VAPID_CONTACT,
            ttl=KEPT_SECONDS,
        )
        self._session = requests.Session()

    def send(self, message: Message, subject: str, body: str) -> str:
        """Send to all browsers of the user; enough when one takes it. Forgets expired ones."""
        user = int(message.address.removeprefix("user:"))
        template = of(message.template)
        payload = {
            "title": template.title_in(message.language),
            "url": path_of(message),
            "tag": f"message-{message.pk}",
        }
        troubles: list[str] = []
        reached = 0
        for row in PushSubscription.objects.filter(user_id=user):
            trouble = self._send_one(row, payload)
            reached += not trouble
            if trouble:
                troubles.append(trouble)
        if reached:
            return ""
        if any(trouble != _EXPIRED for trouble in troubles):
            raise NotNow("; ".join(troubles)[:300])
        raise Refused("No browser of this person takes notifications any more.")

    def _send_one(self, row: PushSubscription, payload: dict[str, str]) -> str:
        """Empty when the service took it, else what went wrong."""
        if not is_known_service(row.endpoint):
            row.delete()
            return _EXPIRED
        subscription = WebPushSubscription.model_validate(
            {"endpoint": row.endpoint, "keys": {"p256dh": row.p256dh, "auth": row.auth}}
        )
        wrapped = self._web_push.get(payload, subscription)
        try:
            answer = self._session.post(
                row.endpoint,
                data=wrapped.encrypted,
                headers={**wrapped.headers, "Topic": payload["tag"][:32], "Urgency": "high"},
                timeout=10,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return repr(error)[:200]
        if answer.status_code in _GONE:
            row.delete()
            return _EXPIRED
        return "" if answer.status_code < 300 else f"the push service answered {answer.status_code}"

    def close(self) -> None:
        self._session.close()


_EXPIRED = "expired"
_PATHS = {
    "offer": "/portal/offers/{}/",
    "booking": "/portal/visits/{}/",
    "standby": "/portal/standby/{}/",
}


def path_of(message: Message) -> str:
    """The page of the portal that the notification opens."""
    for key, path in _PATHS.items():
        if message.context.get(key):
            return path.format(message.context[key])
    return "/portal/"
