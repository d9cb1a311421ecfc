"""The steps of a visit, for a contractor's programs (scope ``contractor``): one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from jobs.actors import Actor
from jobs.api import present, reads
from jobs.api.auth import ContractorToken, actor_of, contractor_of
from jobs.api.idempotency import once
from jobs.api.schemas.base import In
from jobs.api.schemas.work import CompleteIn, EtaIn, NothingIn, ReleaseIn, VisitOut
from jobs.api.views.common import CHANGES, IDEMPOTENT
from jobs.models import Booking
from jobs.services import visits

router = Router(tags=["Offers and visits (scope contractor)"], auth=ContractorToken())


def visit_as_it_stands(booking: Booking) -> VisitOut:
    """The visit as it stands now."""
    return present.visit(
        Booking.objects.select_related(
            "job__service_type", "offer", "contractor", "technician"
        ).get(pk=booking.pk)
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a visit: what it is called, when it was made already, what makes it."""

    name: str
    body: type[In]
    summary: str
    says: str
    done: Callable[[Booking, Any], bool]
    make: Callable[[Booking, Any, Actor], object]

    @property
    def operation_id(self) -> str:
        return self.make.__name__


def set_eta(visit: Booking, body: EtaIn, actor: Actor) -> object:
    return visits.set_eta(booking_id=visit.pk, eta=body.eta, actor=actor)


def start_travel(visit: Booking, _: NothingIn, actor: Actor) -> object:
    return visits.start_travel(booking_id=visit.pk, actor=actor)


def arrive(visit: Booking, _: NothingIn, actor: Actor) -> object:
    return visits.arrive(booking_id=visit.pk, actor=actor)


def complete_visit(visit: Booking, body: CompleteIn, actor: Actor) -> object:
    return visits.complete_visit(
        booking_id=visit.pk,
        result=body.result,
        note=body.note,
        because=body.because or "",
        actor=actor,
    )


def release_visit(visit: Booking, body: ReleaseIn, actor: Actor) -> object:
    return visits.release_visit(
        booking_id=visit.pk, reason=body.reason, note=body.note, actor=actor
    )


STEPS = (
    _Step(
        "eta",
        EtaIn,
        "Say when the technician will be there",
        "Inside the promised window; the customer is told.",
        lambda visit, body: visit.eta == body.eta,
        set_eta,
    ),
    _Step(
        "en-route",
        NothingIn,
        "Report that the technician is on the way",
        "The visit is on its way.",
        lambda visit, _: visit.en_route_at is not None,
        start_travel,
    ),
    _Step(
        "arrive",
        NothingIn,
        "Report that the technician is on site",
        "On time is an arrival inside the promised window.",
        lambda visit, _: visit.arrived_at is not None,
        arrive,
    ),
    _Step(
        "complete",
        CompleteIn,
        "End the visit with its result",
        "The job is completed. Another visit needed, or no access, is put to the dispatcher.",
        lambda visit, body: visit.end_kind == Booking.End.COMPLETED and visit.result == body.result,
        complete_visit,
    ),
    _Step(
        "release",
        ReleaseIn,
        "Give an accepted visit back",
        "The job's next round begins at once, for the same promise to the customer.",
        lambda visit, _: visit.end_kind == Booking.End.RELEASED,
        release_visit,
    ),
)


def _answer_to(step: _Step) -> Callable[..., HttpResponse]:
    """The operation of one step of the asker's latest visit of a job.

    A step that was made already is answered with the present state, however far the visit has
    gone on since: the retry of a lost answer must never look like a failure.
    """

    def operation(request: HttpRequest, job_id: UUID, body: Any = None) -> HttpResponse:
        visit = reads.visit_for(contractor_of(request), job_id)

        def effect() -> VisitOut:
            if not step.done(visit, body):
                step.make(visit, body, actor_of(request))
            return visit_as_it_stands(visit)

        return once(request, operation=f"{step.name} {job_id}", effect=effect)

    # Ninja reads the schema from the signature. Where nothing is to be said, no body is fine.
    takes: Any = step.body | None if step.body is NothingIn else step.body
    operation.__annotations__["body"] = takes
    if step.body is not NothingIn:
        operation.__defaults__ = None
    operation.__doc__ = step.says
    operation.__name__ = step.name.replace("-", "_")
    return operation


for one in STEPS:
    router.post(
        f"/jobs/{{job_id}}/{one.name}",
        response={200: VisitOut, **CHANGES},
        operation_id=one.operation_id,
        summary=one.summary,
        openapi_extra=IDEMPOTENT,
    )(_answer_to(one))
