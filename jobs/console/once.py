"""A form that is sent twice makes one thing.

The form carries a key. The key's row is written in the transaction that makes the thing, and
its unique constraint lets a second request wait for the first and then find what it made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable

from django.db import connection, transaction

from jobs.models import IdempotencyRecord


class AlreadySent(Exception):
    """The key was used for other contents; ``made`` is the public id of what these made."""

    def __init__(self, made: str) -> None:
        super().__init__(made)
        self.made = made


def hash_of(fields: Iterable[tuple[str, str]]) -> str:
    """A digest of a form's fields, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(fields)).encode()).hexdigest()


def was_sent(key: str, *, scope: str, operation: str) -> bool:
    """Whether ``once`` has made something for the key."""
    return IdempotencyRecord.objects.filter(
        scope=scope, operation=operation, key=key[:200]
    ).exists()


def once(
    *, scope: str, operation: str, key: str, body_hash: str, make: Callable[[], str]
) -> tuple[str, bool]:
    """Call ``make`` unless this key did already; returns the public id and whether it is new.

    What ``make`` raises undoes the key too, so that a corrected form may be sent again.
    Raises AlreadySent when the key came with other contents before.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO jobs_idempotencyrecord"
                " (scope, operation, key, body_hash, response_status, created_at)"
                " VALUES (%s, %s, %s, %s, 201, clock_timestamp())"
                " ON CONFLICT DO NOTHING RETURNING id",
                [scope, operation, key[:200], body_hash],
            )
            row = cursor.fetchone()
        if row is not None:
            made = make()
            IdempotencyRecord.objects.filter(pk=row[0]).update(response_body={"id": made})
            return made, True
    before = IdempotencyRecord.objects.get(scope=scope, operation=operation, key=key[:200])
    assert before.response_body is not None  # written in the transaction that wrote the row
    if before.body_hash != body_hash:
        raise AlreadySent(before.response_body["id"])
    return before.response_body["id"], False
