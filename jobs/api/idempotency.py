"""Retries without a second effect.

The key's row is written in the transaction of the effect, so there is never one without the
other. A second request with the same key waits at the unique constraint for the first, and
then finds its answer. Only successes are kept: a refusal had no effect, so the same key may be
used again with a corrected body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

from jobs.api.auth import token_of
from jobs.api.problems import Problem
from jobs.api.reading import body_as_json
from jobs.api.schemas.base import Out
from jobs.services.comeback import SubstituteStays
from jobs.services.transactions import service

HEADER = "Idempotency-Key"
LONGEST_KEY = 200


def respond(status: int, content: Out) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(
        content.model_dump_json(), status=status, content_type="application/json; charset=utf-8"
    )


def once(
    request: HttpRequest, *, operation: str, status: int = 200, effect: Callable[[], Out]
) -> HttpResponse:
    """Run ``effect`` and answer with what it returns; with a key, at most once.

    ``operation`` names the operation and what it is about, at most 60 characters. Raises
    Problem (409) when the key came with another body before.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return respond(status, effect())
    if not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
        text = f"Send 1 to {LONGEST_KEY} printable characters, for example a UUID."
        raise Problem("invalid-input", text, errors={HEADER: text})
    try:
        kept_status, body, replayed = _once(
            scope=f"token:{token_of(request).pk}",
            operation=operation,
            key=key,
            body_hash=_hash_of(request),
            status=status,
            effect=effect,
        )
    except SubstituteStays as refusal:
        refusal.tell()  # a refusal keeps nothing, but this one tells others something
        raise
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        status=kept_status,
        content_type="application/json; charset=utf-8",
    )
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@service
def _once(
    *,
    scope: str,
    operation: str,
    key: str,
    body_hash: str,
    status: int,
    effect: Callable[[], Out],
) -> tuple[int, Any, bool]:
    """Status, body, and whether they are those of an earlier request."""
    with connection.cursor() as cursor:
        while True:
            # Waits for another transaction that holds the key, then sees what became of it.
            cursor.execute(
                "INSERT INTO jobs_idempotencyrecord (scope, operation, key, body_hash, created_at)"
                " VALUES (%s, %s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING id",
                [scope, operation, key, body_hash],
            )
            mine = cursor.fetchone()
            if mine:
                break
            cursor.execute(
                "SELECT body_hash, response_status, response_body FROM jobs_idempotencyrecord"
                " WHERE scope = %s AND operation = %s AND key = %s",
                [scope, operation, key],
            )
            kept = cursor.fetchone()
            if kept:
                if kept[0] != body_hash:
                    raise Problem("idempotency-key-reused")
                return kept[1], json.loads(kept[2]), True
        body = effect().model_dump_json()
        cursor.execute(
            "UPDATE jobs_idempotencyrecord SET response_status = %s, response_body = %s"
            " WHERE id = %s",
            [status, body, mine[0]],
        )
    return status, json.loads(body), False


def _hash_of(request: HttpRequest) -> str:
    """Equal for bodies that say the same, however they are spaced or ordered."""
    canonical = json.dumps(body_as_json(request) or {}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
