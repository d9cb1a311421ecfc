"""Who is asked first for a follow-up: whoever made the first visit."""

from __future__ import annotations

from django.db import connection

from jobs.models import Round
from jobs.services.locked import LockedJob


def same_contractor_first(job: LockedJob, current: Round) -> str:
    """Put whoever made the first visit at the head of a follow-up's order; their name or ''.

    They know the place and what is missing. The ranks stay what the ranking said.
    """
    if job.follow_up_of_id is None or not current.contractor_ids:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.contractor_id, c.name FROM jobs_booking b"
            " JOIN network_contractor c ON c.id = b.contractor_id"
            " WHERE b.job_id = %s AND b.end_kind = 'completed'",
            [job.follow_up_of_id],
        )
        row = cursor.fetchone()
    if row is None or row[0] not in current.contractor_ids:
        return ""
    place = current.contractor_ids.index(row[0])
    if place:
        for order in (current.contractor_ids, current.ranks):
            order.insert(0, order.pop(place))
    return str(row[1])
