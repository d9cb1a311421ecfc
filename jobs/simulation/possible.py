"""How many of a branch's promises could have been kept at all, from the facts of the day.

Who could have made a visit is asked of ``network``'s own rules, for calendars that hold time off
(the sick days drawn included) and nothing else, and for technicians who stand at the door already.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from jobs.models import Job
from jobs.simulation.bound import Firm, Wanted, most_kept
from jobs.work import work_of
from network.availability import Availability, Slot
from network.availability_loader import load_facts
from network.models import Branch

# A visit that was made kept the promise when it began in time, whoever was booked before.
_MADE = """
SELECT b.job_id, b.technician_id,
       extract(epoch FROM b.finished_at - b.arrived_at)::float8 / 60,
       b.arrived_at <= j.window_end AND j.status = 'completed'
  FROM jobs_booking b JOIN jobs_job j ON j.id = b.job_id
 WHERE j.branch_id = %s AND b.end_kind = 'completed' AND b.arrived_at IS NOT NULL
"""

_REFUSED = """
SELECT o.job_id, o.contractor_id FROM jobs_offer o JOIN jobs_job j ON j.id = o.job_id
 WHERE j.branch_id = %(branch)s AND o.public_id = ANY(%(offers)s::uuid[])
"""

_DROPPED = """
SELECT b.job_id, b.contractor_id FROM jobs_booking b JOIN jobs_job j ON j.id = b.job_id
 WHERE j.branch_id = %(branch)s AND b.public_id = ANY(%(visits)s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Possible:
    """Bounds on the number of promises that could be kept, of jobs that no customer called off.

    ``promises`` leaves out who would not have come for a job in any case: they refused it, never
    answered, gave it back or stayed away. ``if_willing`` leaves out only the last two.
    """

    promises: int
    if_willing: int


def possible_promises(
    branch: Branch, *, unwilling: Collection[str], dropped: Collection[str]
) -> Possible:
    """The bounds for all jobs of the branch.

    ``unwilling``: public ids of offers that were refused or ignored; ``dropped``: of bookings that
    their contractors gave back or did not turn up for. Raises SimulationError without the solver.
    """
    jobs = list(
        Job.objects.filter(branch=branch)
        .exclude(status="cancelled", cancelled_by="customer")
        .order_by("id")
    )
    if not jobs:
        return Possible(0, 0)
    with connection.cursor() as cursor:
        cursor.execute(_MADE, [branch.pk])
        made = cursor.fetchall()
        cursor.execute(_REFUSED, {"branch": branch.pk, "offers": list(unwilling)})
        refused = set(cursor.fetchall())
        cursor.execute(_DROPPED, {"branch": branch.pk, "visits": list(dropped)})
        gave_up = set(cursor.fetchall())
    took = {job_id: minutes for job_id, _, minutes, _ in made}
    kept = {job_id: technician_id for job_id, technician_id, _, in_time in made if in_time}
    day = _Day(branch, jobs)
    wanted = []
    for job in jobs:
        minutes = min(float(job.duration_minutes), took.get(job.pk, float(job.duration_minutes)))
        wanted.append((job, minutes, day.technicians_for(job)))
    done = [(number, kept[job.pk]) for number, job in enumerate(jobs) if job.pk in kept]

    def bound(without: set[tuple[int, int]]) -> int:
        return most_kept(
            [
                Wanted(
                    opens=_minute(max(job.window_start, job.created_at)),
                    closes=_closes(job),
                    minutes=minutes,
                    technicians=frozenset(
                        technician
                        for technician, contractor in able
                        if (job.pk, contractor) not in without
                    ),
                )
                for job, minutes, able in wanted
            ],
            firm_on=day.firms(jobs),
            done=done,
        )

    return Possible(promises=bound(refused | gave_up), if_willing=bound(gave_up))


class _Day:
    """Who is there, with what they can do and when, with nothing booked yet."""

    def __init__(self, branch: Branch, jobs: list[Job]) -> None:
        ids = list(branch.contractors.values_list("pk", flat=True))
        longest = timedelta(minutes=max(job.duration_minutes for job in jobs))
        self._zone = ZoneInfo(branch.time_zone)
        self._facts = load_facts(
            branch_id=branch.pk,
            contractor_ids=ids,
            span=(
                min(job.window_start for job in jobs),
                max(job.window_end for job in jobs) + longest,
            ),
            service_type_ids={job.service_type_id for job in jobs},
            client_ids={job.client_id for job in jobs},
        )
        for technician in self._facts.technicians.values():
            technician.entries[:] = [e for e in technician.entries if e.latitude is None]
        self._network = Availability(self._facts, jobs[0].created_at)

    def technicians_for(self, job: Job) -> list[tuple[int, int]]:
        """(technician, contractor) of everybody whom the hard rules let make this visit."""
        self._network.at = job.created_at
        work = work_of(job)
        able = []
        for contractor in self._facts.contractors.values():
            for technician in contractor.technicians:
                # At the door already: nobody's drive, from wherever, may make it impossible.
                near = replace(work, latitude=technician.base[0], longitude=technician.base[1])
                answer = self._network.best_slot(
                    near, contractor.id, not_before=job.created_at, technician_id=technician.id
                )
                if isinstance(answer, Slot):
                    able.append((technician.id, contractor.id))
                elif answer.rule == "outside_territory":
                    break
        return able

    def firms(self, jobs: list[Job]) -> dict[tuple[int, int], Firm]:
        """Each technician's firm on the local day of each window, with its most visits a day."""
        days = {}
        for job in jobs:
            opens = job.window_start.astimezone(self._zone).date()
            if opens == job.window_end.astimezone(self._zone).date():
                days[_closes(job)] = opens
        return {
            (technician.id, closes): Firm(
                (contractor.id, day),
                None if contractor.wishes is None else contractor.wishes.most_jobs_a_day,
            )
            for contractor in self._facts.contractors.values()
            for technician in contractor.technicians
            for closes, day in days.items()
        }


def _closes(job: Job) -> int:
    return -int(-job.window_end.timestamp() // 60)


def _minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)
