"""What was asked for in the past, by place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from jobs.states import CancelReason

#: Cancelled for one of these, a job says nothing about demand.
UNASKED = [CancelReason.DUPLICATE, CancelReason.BOOKED_BY_MISTAKE]

# Both halves are bounded by an index over (branch, window_start).
_BY_CELL = """
SELECT cell, count(*) FROM (
  SELECT cell FROM jobs_job
   WHERE branch_id = %(branch)s AND window_start >= %(since)s AND window_start < %(until)s
     AND service_type_id = ANY (%(kinds)s) AND cancel_reason <> ALL (%(unasked)s)
   UNION ALL
  SELECT cell FROM jobs_pastrequest
   WHERE branch_id = %(branch)s AND window_start >= %(since)s AND window_start < %(until)s
     AND service_type_id = ANY (%(kinds)s)
) AS asked GROUP BY cell
"""


def requests_by_cell(
    *, branch_id: int, service_types: Iterable[int], since: datetime, until: datetime
) -> dict[int, int]:
    """How many jobs of these kinds were promised for that time, by H3 cell of resolution 8.

    Imported requests of the past count as well; what nobody really asked for does not. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_CELL,
            {
                "branch": branch_id,
                "kinds": list(service_types),
                "since": since,
                "until": until,
                "unasked": [str(reason) for reason in UNASKED],
            },
        )
        return dict(cursor.fetchall())
