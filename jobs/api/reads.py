"""What the operations load: each a fixed number of queries, however long the list."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from jobs.api.schemas.work import VisitStatus
from jobs.models import Booking, Escalation, Job, Offer
from jobs.states import OfferStatus
from network.models import Branch, Contractor


def full_jobs(branch: Branch) -> QuerySet[Job]:
    """Jobs of a branch with everything that an answer shows of them; four queries."""
    return (
        Job.objects.filter(branch=branch)
        .select_related("branch", "client", "service_type", "follow_up_of")
        .prefetch_related(
            Prefetch(
                "offers",
                Offer.objects.select_related("contractor", "round").order_by("made_at", "pk"),
            ),
            Prefetch(
                "bookings",
                Booking.objects.filter(Q(live=True) | Q(end_kind=Booking.End.COMPLETED))
                .select_related("contractor", "technician")
                .order_by("-pk"),
                to_attr="shown_bookings",
            ),
            Prefetch(
                "escalations",
                Escalation.objects.filter(closed_at=None),
                to_attr="open_escalations",
            ),
        )
    )


def job_of(branch: Branch, public_id: UUID) -> Job:
    """One job of a branch, bare. Raises Http404 when it is not there or not the branch's."""
    job = Job.objects.filter(branch=branch, public_id=public_id).first()
    if job is None:
        raise Http404
    return job


def offers_of(contractor: Contractor) -> QuerySet[Offer]:
    """A contractor's offers with what an answer shows of them; one query."""
    return Offer.objects.filter(contractor=contractor).select_related("job__service_type")


def with_status(offers: QuerySet[Offer], status: OfferStatus, *, at: datetime) -> QuerySet[Offer]:
    """Offers that have this status at ``at``, derived as ``present.offer_status`` does."""
    if status == OfferStatus.PENDING:
        return offers.filter(status=OfferStatus.PENDING, expires_at__gt=at)
    if status == OfferStatus.EXPIRED:
        return offers.filter(
            Q(status=OfferStatus.EXPIRED) | Q(status=OfferStatus.PENDING, expires_at__lte=at)
        )
    return offers.filter(status=status)


def offer_of(contractor: Contractor, public_id: UUID) -> Offer:
    """One offer of a contractor. Raises Http404 when it is not there or somebody else's."""
    offer = offers_of(contractor).filter(public_id=public_id).first()
    if offer is None:
        raise Http404
    return offer


def full_visits(contractor: Contractor) -> QuerySet[Booking]:
    """A contractor's visits with what an answer shows of them; one query."""
    return Booking.objects.filter(contractor=contractor).select_related(
        "job__service_type", "offer", "contractor", "technician"
    )


def visits_with_status(visits: QuerySet[Booking], statuses: list[VisitStatus]) -> QuerySet[Booking]:
    """Visits that stand in one of these states (``present.visit_status``)."""
    wanted = [str(status) for status in statuses]
    return visits.filter(Q(live=True, job__status__in=wanted) | Q(live=False, end_kind__in=wanted))


def visit_for(contractor: Contractor, job_id: UUID) -> Booking:
    """A contractor's latest visit of a job. Raises Http404 when there is none of theirs."""
    visit = full_visits(contractor).filter(job__public_id=job_id).order_by("-pk").first()
    if visit is None:
        raise Http404
    return visit
