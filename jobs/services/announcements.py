"""Messages that concern no job: written into the outbox like all others, and sent by it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from jobs.queue import DEFAULT, SEND_MESSAGES, hint


@dataclass(frozen=True, slots=True)
class Announcement:
    """One message to one address. ``cause`` says what it is about: nobody hears the same twice."""

    branch_id: int
    cause: str
    recipient_kind: str
    address: str
    template: str
    contractor_id: int | None = None
    context: dict[str, Any] = field(default_factory=dict)


def announce(messages: Sequence[Announcement], *, at: datetime) -> int:
    """Write them, part of the caller's transaction; one statement. Returns how many are new.

    Whoever has no address gets none.
    """
    wanted = [message for message in messages if message.address]
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_message (branch_id, cause, recipient_kind, contractor_id, channel,"
            " address, template, context, subject, body, status, attempts, next_attempt_at,"
            " created_at, error)"
            " SELECT b, k, r, c, 'email', a, t, x::jsonb, '', '', 'pending', 0,"
            " clock_timestamp(), %s, '' FROM unnest(%s::bigint[], %s::text[], %s::text[],"
            " %s::bigint[], %s::text[], %s::text[], %s::text[]) AS u(b, k, r, c, a, t, x)"
            " ON CONFLICT DO NOTHING",
            [
                at,
                [m.branch_id for m in wanted],
                [m.cause for m in wanted],
                [m.recipient_kind for m in wanted],
                [m.contractor_id for m in wanted],
                [m.address for m in wanted],
                [m.template for m in wanted],
                [json.dumps(m.context) for m in wanted],
            ],
        )
        written = cursor.rowcount
    hint(DEFAULT, SEND_MESSAGES)
    return written
