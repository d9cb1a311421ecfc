"""The day in figures: one statement, over the jobs that changed today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from jobs.console.filters import local_day
from network.models import Branch

# A job that was taken in, answered, released or closed today was changed today, so the index
# by change finds them all; the triggers keep updated_at.
_TODAY = """
WITH touched AS MATERIALIZED (
  SELECT id, status, cancelled_by, created_at, closed_at, window_end
    FROM jobs_job WHERE branch_id = %(branch)s AND updated_at >= %(day)s),
finished AS (
  SELECT t.id, t.status FROM touched t
   WHERE t.closed_at >= %(day)s
     AND NOT (t.status = 'cancelled' AND t.cancelled_by IN ('customer', 'client'))),
dropped AS (
  SELECT EXISTS (SELECT 1 FROM jobs_booking n WHERE n.job_id = t.id AND n.id > k.id
                    AND n.booked_at <= t.window_end) AS rebooked
    FROM touched t JOIN jobs_booking k ON k.job_id = t.id
   WHERE k.end_kind = 'released' AND k.finished_at >= %(day)s)
SELECT (SELECT count(*) FROM touched WHERE created_at >= %(day)s),
       (SELECT count(*) FROM finished),
       (SELECT count(*) FROM finished f WHERE f.status = 'completed' AND NOT EXISTS (
          SELECT 1 FROM jobs_jobevent e
           WHERE e.job_id = f.id AND e.actor_kind = 'staff' AND e.kind <> 'created')),
       (SELECT count(*) FROM jobs_offer WHERE branch_id = %(branch)s AND status = 'pending'
           AND expires_at > %(at)s),
       (SELECT percentile_cont(0.5) WITHIN GROUP (
                 ORDER BY extract(epoch FROM o.answered_at - o.made_at))
          FROM touched t JOIN jobs_offer o ON o.job_id = t.id
         WHERE o.status = 'accepted' AND o.via <> 'assigned' AND o.answered_at >= %(day)s),
       (SELECT count(*) FROM dropped),
       (SELECT count(*) FROM dropped WHERE rebooked),
       (SELECT count(*) FROM jobs_escalation WHERE branch_id = %(branch)s AND closed_at IS NULL),
       (SELECT count(*) FROM jobs_escalation WHERE branch_id = %(branch)s
           AND closed_at >= %(day)s),
       (SELECT count(*) FROM jobs_clockbeat
         WHERE beat_at > clock_timestamp() - interval '20 seconds'),
       (SELECT coalesce(sum(rescues), 0) FROM jobs_clockbeat
         WHERE beat_at > clock_timestamp() - interval '20 seconds')
"""


@dataclass(frozen=True, slots=True)
class Today:
    """Figures of one branch since its midnight.

    ``touchless`` of ``finished`` jobs were completed without any act of staff after they were
    taken in; jobs that customers or clients cancelled count in neither. ``median_yes_seconds``
    runs from the offer to the yes. ``clocks`` are alive now, with their ``rescues``.
    """

    taken_in: int
    finished: int
    touchless: int
    offers_out: int
    median_yes_seconds: float | None
    dropped: int
    rebooked: int
    questions: int
    settled: int
    clocks: int
    rescues: int

    @property
    def touchless_share(self) -> float | None:
        """Per cent, or None while nothing is finished."""
        return 100 * self.touchless / self.finished if self.finished else None

    @property
    def median_yes(self) -> str:
        """``4 min 10 s``; a dash while nobody said yes."""
        if self.median_yes_seconds is None:
            return "–"
        seconds = round(self.median_yes_seconds)
        if seconds < 60:
            return f"{seconds} s"
        if seconds < 3600:
            return f"{seconds // 60} min {seconds % 60} s"
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def today(branch: Branch, *, at: datetime) -> Today:
    """The figures of the branch's local day of ``at`` (aware domain time). One query."""
    day, _ = local_day(branch, at.astimezone(ZoneInfo(branch.time_zone)).date())
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, {"branch": branch.pk, "day": day, "at": at})
        row = cursor.fetchone()
    return Today(*row)
