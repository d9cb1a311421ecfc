"""Operations on jobs, for a branch's programs (scope ``dispatch``)."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router

from jobs.api import cursors, present, reads
from jobs.api.auth import DispatchToken, actor_of, branch_of
from jobs.api.idempotency import once, respond
from jobs.api.problems import Problem
from jobs.api.schemas.base import Instant, MoneyIn, ShortText
from jobs.api.schemas.jobs import (
    CancelIn,
    EventList,
    JobIn,
    JobList,
    JobOut,
    RankingOut,
)
from jobs.api.views.common import IDEMPOTENT, problems
from jobs.errors import InvalidInput
from jobs.models import JobEvent
from jobs.services.jobs import cancel_job, create_job
from jobs.states import JobStatus
from network.clock import app_now
from network.models import Branch, Client, Contractor, ServiceType
from ranking.models import Decision

router = Router(tags=["Jobs (scope dispatch)"], auth=DispatchToken())

NEWEST_FIRST = "jobs"
OLDEST_CHANGE_FIRST = "jobs-by-change"


@router.post(
    "/jobs",
    response={201: JobOut, **problems(409, 413, 415, 422)},
    operation_id="create_job",
    summary="Take a job in",
    openapi_extra=IDEMPOTENT,
)
def create(request: HttpRequest, body: JobIn) -> HttpResponse:
    """The job is searched for at once: its first offer usually goes out within a second.

    The site must be inside the branch's area, the window in the future, no shorter than the work
    and inside somebody's working hours.
    """
    branch = branch_of(request)

    def effect() -> JobOut:
        service_type, client = _chosen(branch, body)
        job = create_job(
            branch=branch,
            service_type=service_type,
            client=client,
            address=body.site.address,
            postcode=body.site.postcode,
            latitude=body.site.latitude,
            longitude=body.site.longitude,
            window_start=body.window.start,
            window_end=body.window.end,
            customer_name=body.customer.name,
            customer_phone=body.customer.phone,
            customer_email=body.customer.email,
            priority=body.priority,
            duration_minutes=body.duration_minutes,
            not_to_exceed=body.not_to_exceed.decimal if body.not_to_exceed else None,
            description=body.description,
            reference=body.reference,
            source="api",
            actor=actor_of(request),
        )
        return job_as_it_stands(branch, job.public_id)

    response = once(request, operation="POST /jobs", status=201, effect=effect)
    response.headers["Location"] = f"{request.path}/{json.loads(response.content)['id']}"
    return response


def _chosen(branch: Branch, body: JobIn) -> tuple[ServiceType, Client | None]:
    """What the slugs and the currency mean in this branch. Raises InvalidInput."""
    errors: dict[str, str] = {}
    if body.branch != branch.slug:
        errors["branch"] = f"This token belongs to the branch {branch.slug}."
    service_type = ServiceType.objects.filter(branch=branch, slug=body.service_type).first()
    if service_type is None:
        errors["service_type"] = f"There is no service type {body.service_type} in this branch."
    client = None
    if body.client is not None:
        client = Client.objects.filter(branch=branch, slug=body.client).first()
        if client is None:
            errors["client"] = f"There is no client {body.client} in this branch."
    errors |= _wrong_currency(branch, body.not_to_exceed)
    if errors:
        raise InvalidInput(errors)
    assert service_type is not None
    return service_type, client


def _wrong_currency(branch: Branch, amount: MoneyIn | None) -> dict[str, str]:
    if amount is None or amount.currency == branch.currency:
        return {}
    return {"not_to_exceed.currency": f"Amounts of this branch are in {branch.currency}."}


def job_as_it_stands(branch: Branch, public_id: UUID) -> JobOut:
    """The job with its cascade so far. Raises Http404."""
    job = reads.full_jobs(branch).filter(public_id=public_id).first()
    if job is None:
        raise Http404
    return present.job(job, now=app_now())


@router.get(
    "/jobs",
    response={200: JobList, **problems(422)},
    operation_id="list_jobs",
    summary="List jobs",
)
def list_jobs(
    request: HttpRequest,
    status: list[JobStatus] = Query(default=[], description="Repeat it for several."),
    updated_since: Instant | None = Query(
        default=None,
        description="Only jobs changed at or after this instant, the earliest change first.",
    ),
    reference: ShortText | None = Query(default=None, description="Exactly this reference."),
    limit: int = Query(default=cursors.DEFAULT_LIMIT, ge=1, le=cursors.LARGEST_LIMIT),
    cursor: str | None = Query(default=None, max_length=300),
) -> HttpResponse:
    """Newest first; with `updated_since` in the order of change, for keeping a copy in step.

    To keep one, remember the `updated_at` of the last job you got, and begin a minute before it
    the next time: changes under way become visible in the order of their commits.
    """
    branch = branch_of(request)
    jobs = reads.full_jobs(branch)
    if status:
        jobs = jobs.filter(status__in=status)
    if reference is not None:
        jobs = jobs.filter(reference=reference)
    if updated_since is None:
        jobs = jobs.order_by("-pk")
        if cursor:
            jobs = jobs.filter(pk__lt=cursors.decode_id(cursor, NEWEST_FIRST))
    else:
        jobs = jobs.filter(updated_at__gte=updated_since).order_by("updated_at", "pk")
        if cursor:
            after, pk = cursors.decode_time_and_id(cursor, OLDEST_CHANGE_FIRST)
            # The first condition bounds the index scan, the second one is the exact place.
            jobs = jobs.filter(updated_at__gte=after).exclude(updated_at=after, pk__lte=pk)
    page, more = cursors.cut(jobs, limit)
    following = None
    if more:
        last = page[-1]
        following = (
            cursors.encode(NEWEST_FIRST, last.pk)
            if updated_since is None
            else cursors.encode(OLDEST_CHANGE_FIRST, last.updated_at.isoformat(), last.pk)
        )
    now = app_now()
    return respond(200, JobList(items=[present.job(job, now=now) for job in page], next=following))


@router.get(
    "/jobs/{job_id}",
    response={200: JobOut, **problems(404, 422)},
    operation_id="get_job",
    summary="Read a job",
)
def get_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The job with its cascade so far: every offer, the booking, the open questions."""
    return respond(200, job_as_it_stands(branch_of(request), job_id))


@router.get(
    "/jobs/{job_id}/ranking",
    response={200: RankingOut, **problems(404, 422)},
    operation_id="get_job_ranking",
    summary="Read why contractors are asked in this order",
)
def get_ranking(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The newest decision: every candidate with the parts of its score, each in a sentence.

    404 while the job has not been ranked yet.
    """
    job = reads.job_of(branch_of(request), job_id)
    decision = Decision.objects.for_job(job.public_id).first()
    if decision is None:
        raise Problem("not-found", "This job has not been ranked yet; ask again in a second.")
    contractors = Contractor.objects.in_bulk(decision.contractor_ids)
    return respond(200, present.ranking(decision, contractors, present.Clockface(job.time_zone)))


@router.get(
    "/jobs/{job_id}/events",
    response={200: EventList, **problems(404, 422)},
    operation_id="list_job_events",
    summary="Read a job's history",
)
def list_events(
    request: HttpRequest,
    job_id: UUID,
    limit: int = Query(default=cursors.DEFAULT_LIMIT, ge=1, le=cursors.LARGEST_LIMIT),
    cursor: str | None = Query(default=None, max_length=300),
) -> HttpResponse:
    """Everything that happened to the job, oldest first. `sequence` has no gaps."""
    job = reads.job_of(branch_of(request), job_id)
    events = JobEvent.objects.filter(job=job).select_related("offer").order_by("sequence")
    if cursor:
        events = events.filter(sequence__gt=cursors.decode_id(cursor, "events"))
    page, more = cursors.cut(events, limit)
    clock = present.Clockface(job.time_zone)
    return respond(
        200,
        EventList(
            items=[present.event(row, clock) for row in page],
            next=cursors.encode("events", page[-1].sequence) if more else None,
        ),
    )


@router.post(
    "/jobs/{job_id}/cancel",
    response={200: JobOut, **problems(404, 409, 413, 415, 422)},
    operation_id="cancel_job",
    summary="Cancel a job",
    openapi_extra=IDEMPOTENT,
)
def cancel(request: HttpRequest, job_id: UUID, body: CancelIn) -> HttpResponse:
    """Withdraws what is offered, ends the booking, tells everybody concerned.

    Cancelling a cancelled job again is 200 with its state; a completed job cannot be cancelled.
    """
    branch = branch_of(request)
    job = reads.job_of(branch, job_id)

    def effect() -> JobOut:
        cancel_job(
            job_id=job.pk,
            by=body.by,
            reason=body.reason,
            note=body.note,
            actor=actor_of(request),
        )
        return job_as_it_stands(branch, job_id)

    return once(request, operation=f"cancel {job_id}", effect=effect)
