"""What a customer says of a visit: one outcome a visit, which may be changed for a while."""

from __future__ import annotations

from django.db import connection

from ranking.models.outcome import OutcomeKind
from ranking.services.outcomes import OutcomeRow, record_outcomes


def record_rating(row: OutcomeRow) -> None:
    """Record the stars of a visit, or put others in their place; the card is recounted.

    Part of the caller's transaction. Raises ValueError for another kind of outcome.
    """
    if row.kind != OutcomeKind.RATING:
        raise ValueError("This records ratings only.")
    if record_outcomes([row]):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ranking_outcome SET value = %s, folded = false"
            " WHERE source_ref = %s AND kind = 'rating' AND value IS DISTINCT FROM %s",
            [row.value, row.source_ref, row.value],
        )
