"""A job as eligibility sees it."""

from __future__ import annotations

from jobs.models import Job
from jobs.states import Priority
from network.availability import WorkOrder


def work_of(job: Job) -> WorkOrder:
    """What ``network`` needs to know of the job: where, when, how long, what, for whom."""
    return WorkOrder(
        branch_id=job.branch_id,
        service_type_id=job.service_type_id,
        client_id=job.client_id,
        latitude=job.latitude,
        longitude=job.longitude,
        window_start=job.window_start,
        window_end=job.window_end,
        duration_minutes=job.duration_minutes,
        cell=job.cell,
        is_emergency=job.priority == Priority.EMERGENCY,
    )
