"""What happened, recorded once, and folded into the scorecards that ranking reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from ranking.models import Outcome

_RECORD = """
INSERT INTO ranking_outcome (branch_id, contractor_id, technician_id, kind, due_to, value,
                             source_ref, job_ref, at, folded)
SELECT given.*, false
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::float8[],
              %s::uuid[], %s::uuid[], %s::timestamptz[])
    AS given (branch_id, contractor_id, technician_id, kind, due_to, value, source_ref, job_ref,
              at)
 ORDER BY given.source_ref, given.kind
    ON CONFLICT (source_ref, kind) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One outcome to record. ``value`` is minutes until the answer, or a rating from 1 to 5.

    ``source_ref`` is the public id of the offer or booking it happened on; a kind happens once on
    each. ``at`` is domain time.
    """

    branch_id: int
    contractor_id: int
    kind: str
    due_to: str
    source_ref: UUID
    job_ref: UUID
    at: datetime
    value: float | None = None
    technician_id: int | None = None


def record_outcomes(rows: Iterable[OutcomeRow]) -> int:
    """Record outcomes in one statement; returns how many were new.

    One that is already there (same source and kind) stays as it is, so retries are harmless. The
    rows go in sorted, so that two recorders of the same rows wait for each other instead of
    locking each other out. Belongs into the transaction of what happened.
    """
    # a rating may come as a whole number beside minutes: one column has one type
    batch = [row if row.value is None else replace(row, value=float(row.value)) for row in rows]
    if not batch:
        return 0
    columns = [
        [getattr(row, name) for row in batch]
        for name in (
            "branch_id",
            "contractor_id",
            "technician_id",
            "kind",
            "due_to",
            "value",
            "source_ref",
            "job_ref",
            "at",
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, columns)
        return cursor.rowcount


def attribute_outcomes(*, source_ref: UUID, kinds: Collection[str], due_to: str) -> int:
    """Say anew to whom outcomes of these kinds are due; how many changed. The card is recounted.

    Only what was decided in a dispute stays as it was decided. They are locked in order of id, as
    those who count them do. Belongs into the transaction of what happened.
    """
    ids = list(
        Outcome.objects.filter(source_ref=source_ref, kind__in=[str(kind) for kind in kinds])
        .exclude(due_to=str(due_to))
        .exclude(dispute__isnull=False)
        .order_by("id")
        .select_for_update(of=("self",))
        .values_list("id", flat=True)
    )
    if not ids:
        return 0
    return Outcome.objects.filter(id__in=ids).update(due_to=str(due_to), folded=False)
