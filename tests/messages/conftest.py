"""The network of the jobs tests, and ways to let messages be sent."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from standardwebhooks import Webhook

from jobs.channels.sms import MemoryBackend
from jobs.services.outbox import send_due_messages
from tests.jobs.world import (  # noqa: F401
    branch,
    branch_admin,
    dispatcher,
    harold,
    harold_user,
    james,
    lisa,
    lisa_user,
    make_job,
    other_dispatcher,
    service_type,
    trio,
)

SECRET = "whsec_" + b64encode(b"only for tests, 32 bytes of it!!").decode()


@pytest.fixture(autouse=True)
def texts() -> Iterator[list[dict[str, str]]]:
    """The texts that were sent."""
    MemoryBackend.sent.clear()
    yield MemoryBackend.sent
    MemoryBackend.sent.clear()


def make_due() -> None:
    """Let everything that waits be tried now (delivery runs on wall time)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message SET next_attempt_at = clock_timestamp() WHERE status = 'pending'"
        )


def send_all() -> int:
    """Send everything that waits, whatever its next try was put off to."""
    done = 0
    while True:
        make_due()
        sent = send_due_messages()
        done += sent
        if not sent or done > 500:
            return done


@pytest.fixture
def sms_hook(settings: Any) -> Callable[..., HttpResponse]:
    """Calls our address for texts as the provider does: signed."""
    settings.SMS_WEBHOOK_SECRET = SECRET

    def call(kind: str, data: dict[str, Any], key: str = "", **wrong: str) -> HttpResponse:
        key = key or f"evt_{secrets.token_hex(8)}"
        body = json.dumps({"type": kind, "data": data})
        now = datetime.now(tz=UTC)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(key, now, body),
            **wrong,
        }
        return Client().post("/hooks/sms/", body, content_type="application/json", headers=headers)

    return call
