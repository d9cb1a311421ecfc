"""To which windows a job can move: those in which somebody could really come."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.models import Booking, ChangePolicy, Job
from jobs.services.remedies import work_order
from network.openings import Opening, Taken, find_openings, windows_ahead

#: The first window offered begins no sooner than this from now (ours).
LEAD = timedelta(hours=1)


def usual_windows(
    job: Job, policy: ChangePolicy, *, at: datetime
) -> list[tuple[datetime, datetime]]:
    """The branch's usual windows of the next days that are long enough; not the present one."""
    shortest = timedelta(minutes=job.duration_minutes)
    return [
        window
        for window in windows_ahead(
            at=at,
            tz=job.time_zone,
            first_hour=policy.first_hour,
            last_hour=policy.last_hour,
            hours=policy.window_hours,
            days=policy.days_ahead,
            lead=LEAD,
        )
        if window != (job.window_start, job.window_end) and window[1] - window[0] >= shortest
    ]


def visit_of(job: Job) -> Taken | None:
    """The live visit, whose time counts as free for its own move; one query."""
    found = Booking.objects.filter(job=job, live=True).first()
    if found is None:
        return None
    return Taken(found.contractor_id, found.technician_id, found.starts_at, found.ends_at)


def openings_for(
    job: Job,
    *,
    policy: ChangePolicy,
    taken: Taken | None,
    at: datetime,
    enough: int | None = None,
) -> list[Opening]:
    """The windows to which the job could move, the earliest first; seven queries.

    With ``enough`` so many in which somebody can come; else all, also those without anybody.
    ``taken`` is the live visit (``visit_of``): its contractor may keep it. Nothing is held:
    whoever chooses a window may find it gone.
    """
    windows = usual_windows(job, policy, at=at)
    return find_openings(work_order(job), windows, at=at, taken=taken, enough=enough)
