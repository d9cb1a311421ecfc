"""One effect per event of a provider: the key's row is written with what the event does."""

from __future__ import annotations

from django.db import connection


def is_new(*, scope: str, operation: str, key: str) -> bool:
    """Claim the key for the caller's transaction. False when the event was taken before.

    A second copy that comes at the same moment waits for the first one's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_idempotencyrecord"
            " (scope, operation, key, body_hash, response_status, created_at)"
            " VALUES (%s, %s, %s, '', 204, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING id",
            [scope[:60], operation[:60], key[:200]],
        )
        return cursor.fetchone() is not None
