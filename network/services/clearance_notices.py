"""Dates of clearance that ended without a paper behind them: set by hand, and now over.

Papers tell their own end (``network.services.documents``); a date that somebody set does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

#: What ended longer ago is no news: nobody is told years later that a date has passed.
LATEST_DAYS = 7

_TAKE = """
WITH ended AS (
    SELECT contractor.id
    FROM network_contractor AS contractor
    JOIN network_branch AS branch ON branch.id = contractor.branch_id
    CROSS JOIN LATERAL (
        SELECT (%(at)s::timestamptz AT TIME ZONE branch.time_zone)::date AS today
    ) AS now
    WHERE contractor.status IN ('active', 'paused')
        AND contractor.cleared_until < now.today
        AND contractor.cleared_until >= now.today - %(latest)s
        AND contractor.clearance_end_told IS DISTINCT FROM contractor.cleared_until
        AND NOT EXISTS (
            SELECT 1 FROM network_document AS document
            JOIN network_requirement AS requirement ON requirement.id = document.requirement_id
            WHERE document.contractor_id = contractor.id AND document.state = 'approved'
                AND document.expires_on = contractor.cleared_until AND requirement.active
                AND requirement.skill_id IS NULL AND requirement.service_type_id IS NULL
                AND contractor.clearance_override_until IS NULL)
    ORDER BY contractor.id LIMIT %(limit)s
    FOR NO KEY UPDATE OF contractor SKIP LOCKED
)
UPDATE network_contractor AS contractor SET clearance_end_told = contractor.cleared_until
FROM ended WHERE contractor.id = ended.id
RETURNING contractor.id, contractor.branch_id, contractor.name, contractor.email,
          contractor.cleared_until
"""


@dataclass(frozen=True, slots=True)
class ClearanceEnded:
    """A contractor whose date of clearance has passed, to be told once."""

    contractor_id: int
    branch_id: int
    contractor_name: str
    contractor_email: str
    cleared_until: date


@transaction.atomic
def take_ended_clearances(*, at: datetime, limit: int = 500) -> list[ClearanceEnded]:
    """Those to be told now; they count as told when this commits.

    Call it in the transaction that writes the messages. Safe from several processes at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"at": at, "latest": LATEST_DAYS, "limit": limit})
        return sorted(
            (ClearanceEnded(*row) for row in cursor.fetchall()), key=lambda one: one.contractor_id
        )
