"""Writes messages into the outbox, whatever they are about: one place, one INSERT."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from jobs.queue import DEFAULT, SEND_MESSAGES, hint
from jobs.services.ways import Wanted, Way, ways_of
from network.models import Branch


def signed_by(branch: Branch) -> dict[str, str]:
    """What a letter needs to end with the branch and its phone number."""
    return {"branch": branch.name, "office_phone": branch.phone}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to tell one recipient, because of an event or of a cause (never both)."""

    branch_id: int
    recipient_kind: str
    template: str
    email: str = ""
    contractor_id: int | None = None
    event_id: int | None = None
    job_id: int | None = None
    cause: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    #: Given: goes this way and no other (an answer to a text, the next way after a failure).
    way: Way | None = None


def write_outgoing(messages: Sequence[Outgoing], *, at: datetime) -> int:
    """Write them, part of the caller's transaction. Returns how many are new.

    Whoever has no address gets none; nobody is told the same event or cause twice by one way.
    """
    planned = [message for message in messages if message.way is None]
    ways = iter(
        ways_of(
            [
                Wanted(
                    recipient_kind=message.recipient_kind,
                    template=message.template,
                    email=message.email,
                    contractor_id=message.contractor_id,
                    job_id=message.job_id,
                    branch_id=message.branch_id,
                )
                for message in planned
            ],
            at=at,
        )
        if planned
        else []
    )
    rows = [
        (message, way)
        for message in messages
        for way in ([message.way] if message.way is not None else next(ways))
    ]
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_message (branch_id, event_id, job_id, cause, recipient_kind,"
            " contractor_id, channel, address, language, next_ways, not_before, template, context,"
            " subject, body, status, attempts, next_attempt_at, created_at, error)"
            " SELECT b, e, j, k, r, c, ch, a, l, n::jsonb, w, t, x::jsonb, '', '', 'pending', 0,"
            " clock_timestamp(), %s, '' FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[],"
            " %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],"
            " %s::text[], %s::timestamptz[], %s::text[], %s::text[])"
            " AS u(b, e, j, k, r, c, ch, a, l, n, w, t, x) ON CONFLICT DO NOTHING",
            [
                at,
                [message.branch_id for message, _ in rows],
                [message.event_id for message, _ in rows],
                [message.job_id for message, _ in rows],
                [message.cause for message, _ in rows],
                [str(message.recipient_kind) for message, _ in rows],
                [message.contractor_id for message, _ in rows],
                [way.channel for _, way in rows],
                [way.address for _, way in rows],
                [way.language for _, way in rows],
                [json.dumps(way.next_ways) for _, way in rows],
                [way.not_before for _, way in rows],
                [str(message.template) for message, _ in rows],
                [json.dumps(message.context) for message, _ in rows],
            ],
        )
        written = cursor.rowcount
    hint(DEFAULT, SEND_MESSAGES)
    return written
