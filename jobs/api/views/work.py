"""Offers and visits, for a contractor's programs (scope ``contractor``)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from jobs.api import cursors, present, reads
from jobs.api.auth import ContractorToken, actor_of, contractor_of
from jobs.api.idempotency import once, respond
from jobs.api.schemas.work import (
    AcceptIn,
    DeclineIn,
    OfferList,
    OfferOut,
    ProposalOut,
    ProposeIn,
    VisitList,
    VisitOut,
    VisitStatus,
)
from jobs.api.views.common import CHANGES, IDEMPOTENT, problems
from jobs.api.views.steps import visit_as_it_stands
from jobs.errors import InvalidInput
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.proposals import propose
from jobs.states import AnswerVia, OfferStatus
from network.clock import app_now
from network.models import Technician

router = Router(tags=["Offers and visits (scope contractor)"], auth=ContractorToken())


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
        return visit_as_it_stands(booking)

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


@router.post(
    "/offers/{offer_id}/propose",
    response={200: ProposalOut, **CHANGES},
    operation_id="propose",
    summary="Answer an offer with a price or time of your own",
    openapi_extra=IDEMPOTENT,
)
def answer_with_own(request: HttpRequest, offer_id: UUID, body: ProposeIn) -> HttpResponse:
    """Your time stays held. Within the client's limit it is booked at once; else the branch is
    asked, and `offer.expires_at` says until when. A no counts against nobody.

    The same once more is 200 with what has become of it. Calls that are open to several take no
    proposals.
    """
    contractor = contractor_of(request)
    offer = reads.offer_of(contractor, offer_id)
    pay = body.pay
    if pay is not None and pay.currency != offer.currency:
        raise InvalidInput({"pay.currency": f"Amounts of this branch are in {offer.currency}."})

    def effect() -> ProposalOut:
        made = propose(
            offer_id=offer.pk,
            pay=pay.decimal if pay is not None else None,
            starts_at=body.starts_at,
            note=body.note,
            actor=actor_of(request),
        )
        standing = reads.offer_of(contractor, made.proposal.offer.public_id)
        return ProposalOut(
            offer=present.offer(standing, now=app_now()),
            visit=visit_as_it_stands(made.booking) if made.booking is not None else None,
        )

    return once(request, operation=f"propose {offer_id}", effect=effect)


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
