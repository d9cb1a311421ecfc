"""Texts to phones: one small contract over HTTP. docs/messages.md describes it for providers."""

from __future__ import annotations

from typing import ClassVar, Protocol

import requests
from django.conf import settings
from django.utils.module_loading import import_string

from jobs.channels.results import Away, NotNow, Refused
from jobs.models import Message

#: Answers after which another try makes sense: too early, too many, conflict with a try under way.
_LATER = frozenset({408, 409, 425, 429})
#: Answers that mean our account, not this message: nobody's tries are used up.
_OURS = frozenset({401, 403, 404, 405})


class Backend(Protocol):
    """Sends one text. ``key`` is the same at every try: the provider sends once per key."""

    def send(self, *, key: str, to: str, text: str) -> str:
        """Return the provider's name of the text. Raises Refused, NotNow, Away."""
        ...


class HttpBackend:
    """POSTs JSON to ``SMS_URL``, with a timeout and an ``Idempotency-Key``."""

    def __init__(self) -> None:
        self._session = requests.Session()
        if settings.SMS_TOKEN:
            self._session.headers["Authorization"] = f"Bearer {settings.SMS_TOKEN}"

    def send(self, *, key: str, to: str, text: str) -> str:
        body = {"to": to, "text": text, "idempotency_key": key}
        if settings.SMS_SENDER:
            body["from"] = settings.SMS_SENDER
        try:
            answer = self._session.post(
                settings.SMS_URL,
                json=body,
                headers={"Idempotency-Key": key},
                timeout=settings.SMS_TIMEOUT,
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise Away(repr(error)) from error
        except requests.Timeout as error:
            # It may have been sent: the next try has the same key.
            raise NotNow(f"no answer in time: {error!r}") from error
        except requests.RequestException as error:
            raise Away(repr(error)) from error
        if answer.status_code in _OURS or 300 <= answer.status_code < 400:
            raise Away(f"the provider answered {answer.status_code}: check SMS_URL and SMS_TOKEN")
        if answer.status_code in _LATER or answer.status_code >= 500:
            raise NotNow(f"the provider answered {answer.status_code}: {answer.text[:200]}")
        if answer.status_code >= 400:
            raise Refused(_why(answer))
        return _id_of(answer)


def _why(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("error") or answer.text)[:200]
    except (ValueError, AttributeError):
        return f"the provider answered {answer.status_code}"


def _id_of(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("id") or "")[:200]
    except (ValueError, AttributeError):
        return ""


class ConsoleBackend:
    """Prints a line for each text; its words are read on the console's messages page."""

    def send(self, *, key: str, to: str, text: str) -> str:
        print(f"text to {to}: {text}", flush=True)
        return ""


class MemoryBackend:
    """Keeps texts in memory, for tests."""

    sent: ClassVar[list[dict[str, str]]] = []

    def send(self, *, key: str, to: str, text: str) -> str:
        self.sent.append({"key": key, "to": to, "text": text})
        return f"memory-{key}"


class SmsChannel:
    """Texts of a batch."""

    def open(self) -> None:
        if not settings.SMS_BACKEND:
            raise Away("no provider for texts is set up: SMS_URL is empty")
        self._backend: Backend = import_string(settings.SMS_BACKEND)()

    def send(self, message: Message, subject: str, body: str) -> str:
        return self._backend.send(key=f"message-{message.pk}", to=message.address, text=body)

    def close(self) -> None:
        pass
