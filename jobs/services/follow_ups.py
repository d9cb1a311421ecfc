"""The next visit for work that one visit could not finish: a job linked to the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import Booking, Job
from jobs.services.fees import policy_of
from jobs.services.jobs import create_job
from jobs.services.journal import Journal
from jobs.services.locked import LockedJob, database_now, lock_job
from jobs.services.transactions import service
from jobs.states import EscalationKind, JobStatus, VisitResult
from network.availability import WorkOrder
from network.openings import Opening, count_openings, load_for, reaching, windows_ahead

#: How long a part takes to come, where nobody says otherwise (ours).
PARTS_LEAD = timedelta(hours=20)
USUAL_LEAD = timedelta(hours=2)
UNFINISHED = (VisitResult.NEEDS_ANOTHER_VISIT, VisitResult.NO_ACCESS)


@dataclass(frozen=True, slots=True)
class NextVisit:
    """When the follow-up could be: with the same contractor if ``same`` is his name."""

    opening: Opening
    same: str


def next_visit(job: Job, *, at: datetime, parts: bool = False) -> NextVisit | None:
    """The first window in which the same contractor can come, else anybody; ten queries at most."""
    policy = policy_of(job.branch_id)
    windows = windows_ahead(
        at=at,
        tz=job.time_zone,
        first_hour=policy.first_hour,
        last_hour=policy.last_hour,
        hours=policy.window_hours,
        days=policy.days_ahead,
        lead=PARTS_LEAD if parts else USUAL_LEAD,
    )
    windows = [w for w in windows if w[1] - w[0] >= timedelta(minutes=job.duration_minutes)]
    if not windows:
        return None
    work = WorkOrder(
        branch_id=job.branch_id,
        service_type_id=job.service_type_id,
        client_id=job.client_id,
        latitude=job.latitude,
        longitude=job.longitude,
        window_start=windows[0][0],
        window_end=windows[-1][1],
        duration_minutes=job.duration_minutes,
        cell=job.cell,
    )
    first = (
        Booking.objects.filter(job=job, end_kind=Booking.End.COMPLETED)
        .select_related("contractor")
        .first()
    )
    ids = reaching(work)
    known_ids = [*ids, first.contractor_id] if first else ids
    if not known_ids:
        return None
    known = load_for(work, known_ids, windows, at=at)
    if first is not None and first.contractor_id in known:
        same = count_openings(work, windows, known, [first.contractor_id], enough=1)
        if same:
            return NextVisit(same[0], first.contractor.name)
    anybody = count_openings(work, windows, known, ids, enough=1)
    return NextVisit(anybody[0], "") if anybody else None


@service
def create_follow_up(
    *,
    job_id: int,
    window_start: datetime | None = None,
    window_end: datetime | None = None,
    actor: Actor,
) -> Job:
    """Take in the linked next visit of a job that was not finished; settles its question.

    Without a window the next one that can be served is taken, with the same contractor if he is
    free, who is asked first in any case. Doing it twice returns the first follow-up.

    Raises NotFound, MoveNotAllowed (finished, or still under way), InvalidInput (no capacity).
    """
    locked = lock_job(job_id)
    if locked.status != JobStatus.COMPLETED:
        raise MoveNotAllowed("Only a visit that is over can be followed up.")
    job = Job.objects.select_related("branch", "service_type", "client").get(pk=job_id)
    if job.result not in UNFINISHED:
        raise MoveNotAllowed("The work was finished; take in a new job instead.")
    made = job.follow_ups.exclude(status=JobStatus.CANCELLED).order_by("pk").first()
    if made is not None:
        return made
    journal = Journal(at=database_now())
    if window_start is None or window_end is None:
        found = next_visit(job, at=journal.at, parts=_lacks_parts(job))
        if found is None:
            raise InvalidInput(
                {"window": "Nobody is free in the next days; choose a window by hand."}
            )
        window_start, window_end = found.opening.start, found.opening.end
    follow_up = create_job(
        branch=job.branch,
        service_type=job.service_type,
        client=job.client,
        address=job.address,
        postcode=job.postcode,
        latitude=job.latitude,
        longitude=job.longitude,
        window_start=window_start,
        window_end=window_end,
        customer_name=job.customer_name,
        customer_phone=job.customer_phone,
        customer_email=job.customer_email,
        priority=job.priority,
        duration_minutes=job.duration_minutes,
        not_to_exceed=job.not_to_exceed,
        description=job.description,
        source="follow_up",
        follow_up_of=job,
        actor=actor,
    )
    tell_followed(locked, follow_up, journal, actor)
    journal.flush()
    return follow_up


def tell_followed(job: LockedJob, follow_up: Job, journal: Journal, actor: Actor) -> None:
    """Note on the first job that it is followed up, and settle what it asked."""
    journal.event(
        job,
        "followed_up",
        actor,
        data={"job": str(follow_up.public_id), "reference": follow_up.reference},
    )
    for kind in (EscalationKind.NEEDS_ANOTHER_VISIT, EscalationKind.NO_ACCESS):
        journal.settle(
            job,
            kind=kind,
            resolution=f"Followed up by {follow_up.reference}",
            user_id=actor.user_id,
        )


def _lacks_parts(job: Job) -> bool:
    return job.escalations.filter(
        kind=EscalationKind.NEEDS_ANOTHER_VISIT, data__because="parts"
    ).exists()
