"""The figures of a simulated day, from the database and from what the clients measured."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import structlog
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.simulation.governor import Governor
from jobs.simulation.lookout import Standing

log = structlog.get_logger(__name__)

# Lateness is measured between two instants of the database's own clock and given in wall time.
_OFFERS = """
SELECT count(*), count(*) FILTER (WHERE o.status = 'expired' AND o.closed_at < o.expires_at)
  FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id AND j.branch_id = %s
"""

_EXPIRED = """
SELECT o.expires_at, o.closed_at
  FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id AND j.branch_id = %s
 WHERE o.status = 'expired'
"""

_FIRST = """
SELECT count(*) FILTER (WHERE status = 'accepted'), count(*)
  FROM (SELECT DISTINCT ON (o.job_id) o.status FROM jobs_offer o
          JOIN jobs_job j ON j.id = o.job_id AND j.branch_id = %s
         ORDER BY o.job_id, o.made_at, o.id) AS first
"""

_JOBS = """
SELECT count(*) FILTER (WHERE status = 'completed' AND NOT touched),
       count(*) FILTER (WHERE NOT (status = 'cancelled' AND cancelled_by = 'customer')),
       count(*) FILTER (WHERE status = 'completed' AND kept)
  FROM (SELECT j.status, j.cancelled_by,
               EXISTS (SELECT 1 FROM jobs_jobevent e
                        WHERE e.job_id = j.id AND e.actor_kind = 'staff') AS touched,
               EXISTS (SELECT 1 FROM jobs_booking b
                        WHERE b.job_id = j.id AND b.end_kind = 'completed'
                          AND b.arrived_at <= j.window_end) AS kept
          FROM jobs_job j WHERE j.branch_id = %s) AS job
"""


def rescues() -> int:
    """How often clocks have done due work themselves so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(rescues), 0) FROM jobs_clockbeat")
        return int(cursor.fetchone()[0])


def count_violations() -> int | None:
    """What the audit finds in the whole database; None when it cannot run."""
    out = StringIO()
    try:
        call_command("audit", "--json", stdout=out)
    except SystemExit:
        pass  # it ends with 1 when it finds something; its report says how much
    except CommandError:
        log.exception("the audit could not run")
        return None
    return int(json.loads(out.getvalue())["violations"])


def figures(
    *, branch_id: int, stands: Standing, governor: Governor, times: list[float]
) -> dict[str, Any]:
    """Everything about the day that the database and the clients' stop-watches know."""
    offers, early = _row(_OFFERS, branch_id)
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [branch_id])
        late = sorted(governor.wall_seconds(due, done) for due, done in cursor.fetchall())
    first, asked = _row(_FIRST, branch_id)
    untouched, not_cancelled, kept = _row(_JOBS, branch_id)
    ordered = sorted(times)
    return {
        "jobs": stands.jobs,
        "completed": stands.completed,
        "cancelled": stands.cancelled,
        "escalated": stands.escalated,
        "open": stands.open,
        "offers": offers,
        "offers_per_job": share(offers, stands.jobs, 3),
        "accepted_first_offer_share": share(first, asked),
        "touchless_share": share(untouched, not_cancelled),
        "promises_kept": kept,
        "promises_kept_share": share(kept, stands.completed),
        "expiry_lateness_p50_ms": _percentile(late, 0.5),
        "expiry_lateness_p99_ms": _percentile(late, 0.99),
        "expiry_early": early,
        "api_p50_ms": _percentile(ordered, 0.5),
        "api_p99_ms": _percentile(ordered, 0.99),
    }


def _row(sql: str, branch_id: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, [branch_id])
        return cursor.fetchone()


def share(part: int, whole: int, digits: int = 4) -> float | None:
    """``part`` of ``whole``, rounded; None of nothing."""
    return round(part / whole, digits) if whole else None


def _percentile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)
