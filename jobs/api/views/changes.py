"""Changes of the promise, for a branch's programs (scope ``dispatch``)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from jobs.api import present, reads
from jobs.api.auth import DispatchToken, actor_of, branch_of
from jobs.api.idempotency import once, respond
from jobs.api.schemas.base import Window
from jobs.api.schemas.jobs import FollowUpIn, JobOut, MoveIn, OpeningList, OpeningOut
from jobs.api.views.common import CHANGES, IDEMPOTENT, problems
from jobs.api.views.jobs import job_as_it_stands
from jobs.services.fees import policy_of
from jobs.services.follow_ups import create_follow_up
from jobs.services.moves import move_job
from jobs.services.openings import openings_for, visit_of
from network.clock import app_now

router = Router(tags=["Jobs (scope dispatch)"], auth=DispatchToken())


@router.get(
    "/jobs/{job_id}/openings",
    response={200: OpeningList, **problems(404, 422)},
    operation_id="list_openings",
    summary="Read to which windows a job can move",
)
def list_openings(
    request: HttpRequest,
    job_id: UUID,
    limit: int = Query(default=12, ge=1, le=60),
) -> HttpResponse:
    """The branch's usual windows in which somebody can really come, the earliest first.

    As of now, and nothing is held: move soon.
    """
    job = reads.job_of(branch_of(request), job_id)
    found = openings_for(
        job,
        policy=policy_of(job.branch_id),
        taken=visit_of(job),
        at=app_now(),
        enough=limit,
    )
    clock = present.Clockface(job.time_zone)
    return respond(
        200,
        OpeningList(
            items=[
                OpeningOut(
                    window=Window(start=clock.at(one.start), end=clock.at(one.end)),
                    keeps_contractor=one.keeps,
                )
                for one in found
            ]
        ),
    )


@router.post(
    "/jobs/{job_id}/move",
    response={200: JobOut, **CHANGES},
    operation_id="move_job",
    summary="Move a job to another window",
    openapi_extra=IDEMPOTENT,
)
def move(request: HttpRequest, job_id: UUID, body: MoveIn) -> HttpResponse:
    """A booked contractor who is free then keeps the visit; else others are asked at once.

    Everybody concerned is told. Moving to the window that is promised already is 200 and changes
    nothing. Once somebody is on the way it is 409.
    """
    branch = branch_of(request)
    job = reads.job_of(branch, job_id)

    def effect() -> JobOut:
        move_job(
            job_id=job.pk,
            window_start=body.window.start,
            window_end=body.window.end,
            by_customer=body.by == "customer",
            note=body.note,
            actor=actor_of(request),
        )
        return job_as_it_stands(branch, job_id)

    return once(request, operation=f"move {job_id}", effect=effect)


@router.post(
    "/jobs/{job_id}/follow-up",
    response={201: JobOut, **CHANGES},
    operation_id="create_follow_up",
    summary="Take in the next visit of unfinished work",
    openapi_extra=IDEMPOTENT,
)
def follow_up(request: HttpRequest, job_id: UUID, body: FollowUpIn | None = None) -> HttpResponse:
    """A linked job for the same site. Whoever made the first visit is asked first.

    Without a window the next one is taken in which they can come, else anybody. Again: the same.
    """
    branch = branch_of(request)
    job = reads.job_of(branch, job_id)
    window = body.window if body is not None else None

    def effect() -> JobOut:
        made = create_follow_up(
            job_id=job.pk,
            window_start=window.start if window is not None else None,
            window_end=window.end if window is not None else None,
            actor=actor_of(request),
        )
        return job_as_it_stands(branch, made.public_id)

    return once(request, operation=f"follow-up {job_id}", status=201, effect=effect)
