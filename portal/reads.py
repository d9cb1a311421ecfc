"""What the portal's pages list, each in a fixed number of queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from jobs.models import Booking, Offer
from jobs.querysets import BookingQuerySet, OfferQuerySet
from jobs.states import OfferStatus, WithdrawReason
from network.clock import AppNow
from portal.access import Acting
from portal.work import AskedOffer, OwnVisit, asked_offer, own_visit

#: Lists of the past end here; older rows matter to nobody on a phone (ours).
PAST_ROWS = 30


def _with_work(offers: OfferQuerySet) -> OfferQuerySet:
    return offers.select_related(
        "job__service_type",
        "round",
        "technician",
        "contractor",
        "booking",
        "proposal",
        "proposal_made__offer",
    )


def _with_site(bookings: BookingQuerySet) -> BookingQuerySet:
    return bookings.select_related("job__service_type", "offer", "technician")


def open_offers(acting: Acting, *, at: datetime) -> list[AskedOffer]:
    """Offers that can still be answered at ``at``, the most pressing first.

    Those that wait for the branch, at a price or time of the contractor's own, come last.
    """
    offers = _with_work(acting.offers().open(at=at)).order_by(
        F("proposal__id").asc(nulls_first=True), "expires_at", "pk"
    )
    return [asked_offer(offer) for offer in offers]


def past_offers(acting: Acting, *, at: datetime) -> list[AskedOffer]:
    """The newest offers that can be answered no longer, newest first."""
    offers = (
        _with_work(acting.offers())
        .exclude(status=OfferStatus.PENDING, expires_at__gt=at)
        .exclude(reason=WithdrawReason.COUNTERED)  # another one stands in its place
        .order_by("-made_at", "-pk")[:PAST_ROWS]
    )
    return [asked_offer(offer) for offer in offers]


def offer_row(acting: Acting, public_id: UUID) -> Offer | None:
    """One offer with its decision, or None when there is none of this user's."""
    return (
        _with_work(acting.offers())
        .select_related("round__decision__policy")
        .filter(public_id=public_id)
        .first()
    )


def count_open_offers(acting: Acting, *, at: datetime | None = None) -> int:
    """How many wait; at this moment of domain time unless ``at`` says otherwise."""
    waiting = acting.offers().filter(status=OfferStatus.PENDING, proposal=None)
    return waiting.filter(expires_at__gt=AppNow() if at is None else at).count()


def live_visits(acting: Acting) -> list[OwnVisit]:
    """Visits still to be made, the one that has begun first, then by planned arrival."""
    bookings = _with_site(acting.bookings().live()).order_by(
        F("arrived_at").asc(nulls_last=True), F("en_route_at").asc(nulls_last=True), "starts_at"
    )
    visits = [own_visit(booking) for booking in bookings]
    begun = [visit for visit in visits if visit.arrived_at or visit.en_route_at]
    rest = [visit for visit in visits if not (visit.arrived_at or visit.en_route_at)]
    return begun + sorted(rest, key=lambda visit: visit.expected_at)


def past_visits(acting: Acting) -> list[OwnVisit]:
    """The visits that ended last, newest first."""
    bookings = _with_site(acting.bookings().filter(live=False)).order_by("-finished_at")
    return [own_visit(booking) for booking in bookings[:PAST_ROWS]]


def visit_row(acting: Acting, public_id: UUID) -> Booking | None:
    """One booking, or None when there is none of this user's."""
    return _with_site(acting.bookings()).filter(public_id=public_id).first()


def visits_between(
    acting: Acting, technician_ids: list[int], start: datetime, end: datetime
) -> list[OwnVisit]:
    """Visits to be made or made in the span; those given back or cancelled are no longer there."""
    bookings = (
        _with_site(acting.bookings())
        .exclude(end_kind__in=[Booking.End.RELEASED, Booking.End.CANCELLED])
        .filter(technician_id__in=technician_ids)
        # A confirmed time may lie later than the plan, by less than a day.
        .filter(starts_at__gte=start - timedelta(days=1), starts_at__lt=end)
        .order_by("starts_at")
    )
    visits = [own_visit(booking) for booking in bookings]
    return [visit for visit in visits if start <= visit.expected_at < end]


def holds_between(
    acting: Acting, technician_ids: list[int], start: datetime, end: datetime, *, at: datetime
) -> list[AskedOffer]:
    """Offers waiting for an answer whose planned start lies in the span."""
    offers = (
        _with_work(acting.offers().open(at=at))
        .filter(technician_id__in=technician_ids, starts_at__gte=start, starts_at__lt=end)
        .order_by("starts_at")
    )
    return [asked_offer(offer) for offer in offers]
