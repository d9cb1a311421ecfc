"""Who would be asked next if somebody dropped out now. Nothing is locked or written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from jobs.services.locked import COLUMNS, JOINS, fetch_locked
from jobs.services.rounds import facts_to_decide
from network.models import Contractor
from ranking.services.decisions import draft_decision


@dataclass(frozen=True, slots=True)
class NextInLine:
    """The first of ``count`` who could do the job; nobody when ``count`` is 0."""

    name: str
    travel_minutes: float
    count: int


def next_in_line(
    *, job_ids: Collection[int], without: Collection[int], at: datetime
) -> dict[int, NextInLine]:
    """Job → who the next round would ask first, ranked as it would be at ``at``.

    A dozen queries a job, so ask about few.
    """
    jobs = fetch_locked(f"SELECT {COLUMNS} FROM {JOINS} WHERE j.id = ANY(%s)", [list(job_ids)])
    first: dict[int, tuple[int, float, int]] = {}
    for job in jobs:
        facts = facts_to_decide(job=job, at=at, without=without)
        order = draft_decision(**facts).contractor_ids
        drives = {one.contractor_id: one.travel_minutes for one in facts["candidates"]}
        if order:
            first[job.id] = (order[0], drives[order[0]], len(order))
    names = dict(
        Contractor.objects.filter(pk__in=[one for one, _, _ in first.values()]).values_list(
            "pk", "name"
        )
    )
    return {
        job.id: NextInLine(names[first[job.id][0]], *first[job.id][1:])
        if job.id in first
        else NextInLine("", 0.0, 0)
        for job in jobs
    }
