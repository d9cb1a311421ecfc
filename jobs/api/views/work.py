"""Offers and visits, for a contractor's programs (scope ``contractor``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from jobs.api import cursors, present, reads
from jobs.api.auth import ContractorToken, actor_of, contractor_of
from jobs.api.idempotency import once, respond
from jobs.api.schemas.work import (
    AcceptIn,
    CompleteIn,
    DeclineIn,
    EtaIn,
    NothingIn,
    OfferList,
    OfferOut,
    ReleaseIn,
    VisitList,
    VisitOut,
    VisitStatus,
)
from jobs.api.views.common import IDEMPOTENT, problems
from jobs.errors import InvalidInput
from jobs.models import Booking
from jobs.services import visits
from jobs.services.answers import accept_offer, decline_offer
from jobs.states import AnswerVia, OfferStatus
from network.clock import app_now
from network.models import Technician

router = Router(tags=["Offers and visits (scope contractor)"], auth=ContractorToken())

CHANGES = problems(404, 409, 413, 415, 422)


@router.get(
    "/offers",
    response={200: OfferList, **problems(422)},
    operation_id="list_offers",
    summary="List your offers",
)
def list_offers(
    request: HttpRequest,
    status: OfferStatus | None = Query(default=None),
    limit: int = Query(default=cursors.DEFAULT_LIMIT, ge=1, le=cursors.LARGEST_LIMIT),
    cursor: str | None = Query(default=None, max_length=300),
) -> HttpResponse:
    """Newest first. The customer's name, phone and street appear when you accept.

    `pending` are those that can still be answered at this moment.
    """
    now = app_now()
    offers = reads.offers_of(contractor_of(request)).order_by("-pk")
    if status is not None:
        offers = reads.with_status(offers, status, at=now)
    if cursor:
        offers = offers.filter(pk__lt=cursors.decode_id(cursor, "offers"))
    page, more = cursors.cut(offers, limit)
    return respond(
        200,
        OfferList(
            items=[present.offer(row, now=now) for row in page],
            next=cursors.encode("offers", page[-1].pk) if more else None,
        ),
    )


@router.get(
    "/offers/{offer_id}",
    response={200: OfferOut, **problems(404, 422)},
    operation_id="get_offer",
    summary="Read one of your offers",
)
def get_offer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """The offer as it stands now."""
    offer = reads.offer_of(contractor_of(request), offer_id)
    return respond(200, present.offer(offer, now=app_now()))


@router.post(
    "/offers/{offer_id}/accept",
    response={200: VisitOut, **CHANGES},
    operation_id="accept_offer",
    summary="Accept an offer",
    openapi_extra=IDEMPOTENT,
)
def accept(request: HttpRequest, offer_id: UUID, body: AcceptIn | None = None) -> HttpResponse:
    """Books the job for you; answers with the visit, now with address and phone.

    Counts strictly before `expires_at`. Another technician of yours and another start inside the
    window may be chosen when they fit. Accepting again is 200 with the visit as it stands.
    """
    contractor = contractor_of(request)
    offer = reads.offer_of(contractor, offer_id)
    chosen = body or AcceptIn()

    def effect() -> VisitOut:
        technician_id = None
        if chosen.technician is not None:
            technician_id = (
                Technician.objects.filter(contractor=contractor, public_id=chosen.technician)
                .values_list("pk", flat=True)
                .first()
            )
            if technician_id is None:
                raise InvalidInput({"technician": "There is no such technician of yours."})
        booking = accept_offer(
            offer_id=offer.pk,
            actor=actor_of(request),
            via=AnswerVia.API,
            technician_id=technician_id,
            starts_at=chosen.starts_at,
        )
        return _visit(booking)

    return once(request, operation=f"accept {offer_id}", effect=effect)


@router.post(
    "/offers/{offer_id}/decline",
    response={200: OfferOut, **CHANGES},
    operation_id="decline_offer",
    summary="Decline an offer",
    openapi_extra=IDEMPOTENT,
)
def decline(request: HttpRequest, offer_id: UUID, body: DeclineIn) -> HttpResponse:
    """The next contractor is asked at once. An honest no counts far less than no answer."""
    contractor = contractor_of(request)
    offer = reads.offer_of(contractor, offer_id)

    def effect() -> OfferOut:
        decline_offer(
            offer_id=offer.pk,
            reason=body.reason,
            note=body.note,
            actor=actor_of(request),
            via=AnswerVia.API,
        )
        return present.offer(reads.offer_of(contractor, offer_id), now=app_now())

    return once(request, operation=f"decline {offer_id}", effect=effect)


@router.get(
    "/visits",
    response={200: VisitList, **problems(422)},
    operation_id="list_visits",
    summary="List your visits",
)
def list_visits(
    request: HttpRequest,
    status: list[VisitStatus] = Query(default=[], description="Repeat it for several."),
    limit: int = Query(default=cursors.DEFAULT_LIMIT, ge=1, le=cursors.LARGEST_LIMIT),
    cursor: str | None = Query(default=None, max_length=300),
) -> HttpResponse:
    """What you have accepted, the latest first, with address and phone while it is yours."""
    found = reads.full_visits(contractor_of(request)).order_by("-pk")
    if status:
        found = reads.visits_with_status(found, status)
    if cursor:
        found = found.filter(pk__lt=cursors.decode_id(cursor, "visits"))
    page, more = cursors.cut(found, limit)
    return respond(
        200,
        VisitList(
            items=[present.visit(row) for row in page],
            next=cursors.encode("visits", page[-1].pk) if more else None,
        ),
    )


@router.post(
    "/jobs/{job_id}/eta",
    response={200: VisitOut, **CHANGES},
    operation_id="set_eta",
    summary="Say when the technician will be there",
    openapi_extra=IDEMPOTENT,
)
def eta(request: HttpRequest, job_id: UUID, body: EtaIn) -> HttpResponse:
    """Inside the promised window; the customer is told."""
    return _step(
        request,
        job_id,
        "eta",
        done=lambda visit: visit.eta == body.eta,
        call=lambda visit: visits.set_eta(
            booking_id=visit.pk, eta=body.eta, actor=actor_of(request)
        ),
    )


@router.post(
    "/jobs/{job_id}/en-route",
    response={200: VisitOut, **CHANGES},
    operation_id="start_travel",
    summary="Report that the technician is on the way",
    openapi_extra=IDEMPOTENT,
)
def en_route(request: HttpRequest, job_id: UUID, body: NothingIn | None = None) -> HttpResponse:
    """The visit is on its way."""
    return _step(
        request,
        job_id,
        "en-route",
        done=lambda visit: visit.en_route_at is not None,
        call=lambda visit: visits.start_travel(booking_id=visit.pk, actor=actor_of(request)),
    )


@router.post(
    "/jobs/{job_id}/arrive",
    response={200: VisitOut, **CHANGES},
    operation_id="arrive",
    summary="Report that the technician is on site",
    openapi_extra=IDEMPOTENT,
)
def arrive(request: HttpRequest, job_id: UUID, body: NothingIn | None = None) -> HttpResponse:
    """On time is an arrival inside the promised window."""
    return _step(
        request,
        job_id,
        "arrive",
        done=lambda visit: visit.arrived_at is not None,
        call=lambda visit: visits.arrive(booking_id=visit.pk, actor=actor_of(request)),
    )


@router.post(
    "/jobs/{job_id}/complete",
    response={200: VisitOut, **CHANGES},
    operation_id="complete_visit",
    summary="End the visit with its result",
    openapi_extra=IDEMPOTENT,
)
def complete(request: HttpRequest, job_id: UUID, body: CompleteIn) -> HttpResponse:
    """The job is completed. Another visit needed, or no access, is put to the dispatcher."""
    return _step(
        request,
        job_id,
        "complete",
        done=lambda visit: visit.end_kind == Booking.End.COMPLETED and visit.result == body.result,
        call=lambda visit: visits.complete_visit(
            booking_id=visit.pk, result=body.result, note=body.note, actor=actor_of(request)
        ),
    )


@router.post(
    "/jobs/{job_id}/release",
    response={200: VisitOut, **CHANGES},
    operation_id="release_visit",
    summary="Give an accepted visit back",
    openapi_extra=IDEMPOTENT,
)
def release(request: HttpRequest, job_id: UUID, body: ReleaseIn) -> HttpResponse:
    """The job's next round begins at once, for the same promise to the customer."""
    return _step(
        request,
        job_id,
        "release",
        done=lambda visit: visit.end_kind == Booking.End.RELEASED,
        call=lambda visit: visits.release_visit(
            booking_id=visit.pk, reason=body.reason, note=body.note, actor=actor_of(request)
        ),
    )


def _step(
    request: HttpRequest,
    job_id: UUID,
    name: str,
    *,
    done: Callable[[Booking], bool],
    call: Callable[[Booking], Any],
) -> HttpResponse:
    """One step of the asker's latest visit of a job.

    A step that was made already is answered with the present state, however far the visit has
    gone on since: the retry of a lost answer must never look like a failure.
    """
    contractor = contractor_of(request)
    visit = reads.visit_for(contractor, job_id)

    def effect() -> VisitOut:
        if not done(visit):
            call(visit)
        return _visit(visit)

    return once(request, operation=f"{name} {job_id}", effect=effect)


def _visit(booking: Booking) -> VisitOut:
    """The visit as it stands now."""
    return present.visit(
        Booking.objects.select_related(
            "job__service_type", "offer", "contractor", "technician"
        ).get(pk=booking.pk)
    )
