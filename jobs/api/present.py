"""From rows to answers. Reads nothing by itself: what is shown was loaded beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from jobs.api.schemas import jobs as out
from jobs.api.schemas import work
from jobs.api.schemas.base import Money, Named, Window
from jobs.models import Booking, Escalation, Job, JobEvent, Offer
from jobs.states import (
    FINAL,
    CancelBy,
    CancelReason,
    JobStatus,
    OfferStatus,
    Priority,
    VisitResult,
)
from network.models import Contractor, Technician
from ranking.explain import explain
from ranking.models import Decision


class Clockface:
    """Writes instants with the offset of one site's time zone."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def at(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def maybe(self, moment: datetime | None) -> datetime | None:
        return None if moment is None else self.at(moment)

    def window(self, job: Job) -> Window:
        return Window(start=self.at(job.window_start), end=self.at(job.window_end))


def money(amount: Decimal, currency: str) -> Money:
    return Money(amount=f"{amount:.2f}", currency=currency)


def named(who: Contractor | Technician) -> Named:
    return Named(id=who.public_id, name=who.name)


def offer_status(offer: Offer, now: datetime) -> OfferStatus:
    """As derived at ``now``: a pending offer past its deadline has expired, noted or not."""
    if offer.status == OfferStatus.PENDING and offer.expires_at <= now:
        return OfferStatus.EXPIRED
    return OfferStatus(offer.status)


def job(row: Job, *, now: datetime) -> out.JobOut:
    """A job read by ``reads.full_jobs``."""
    clock = Clockface(row.time_zone)
    bookings: list[Booking] = row.shown_bookings  # type: ignore[attr-defined]
    escalations: list[Escalation] = row.open_escalations  # type: ignore[attr-defined]
    return out.JobOut(
        id=row.public_id,
        reference=row.reference,
        branch=row.branch.slug,
        client=row.client.slug if row.client else None,
        service_type=row.service_type.slug,
        priority=Priority(row.priority),
        status=JobStatus(row.status),
        round=row.round_number,
        window=clock.window(row),
        time_zone=row.time_zone,
        duration_minutes=row.duration_minutes,
        not_to_exceed=(
            money(row.not_to_exceed, row.currency) if row.not_to_exceed is not None else None
        ),
        description=row.description,
        site=out.Site(
            address=row.address,
            postcode=row.postcode,
            area=row.area,
            latitude=row.latitude,
            longitude=row.longitude,
        ),
        customer=_customer(row),
        offers=[_job_offer(offer, clock, now) for offer in row.offers.all()],
        booking=_job_booking(bookings[0], clock) if bookings else None,
        escalations=[
            out.JobEscalation(kind=one.kind, opened_at=clock.at(one.opened_at))
            for one in escalations
        ],
        result=VisitResult(row.result) if row.result else None,
        cancellation=(
            out.Cancellation(by=CancelBy(row.cancelled_by), reason=CancelReason(row.cancel_reason))
            if row.status == JobStatus.CANCELLED
            else None
        ),
        follow_up_of=row.follow_up_of.public_id if row.follow_up_of else None,
        source=row.source,
        created_at=clock.at(row.created_at),
        updated_at=clock.at(row.updated_at),
        closed_at=clock.maybe(row.closed_at),
    )


def _customer(row: Job) -> out.Customer:
    return out.Customer(name=row.customer_name, phone=row.customer_phone, email=row.customer_email)


def _job_offer(offer: Offer, clock: Clockface, now: datetime) -> out.JobOffer:
    return out.JobOffer(
        id=offer.public_id,
        round=offer.round.number,
        rank=offer.rank,
        contractor=named(offer.contractor),
        status=offer_status(offer, now),
        made_at=clock.at(offer.made_at),
        expires_at=clock.at(offer.expires_at),
        answered_at=clock.maybe(offer.answered_at),
        reason=offer.reason or None,
        pay=money(offer.pay, offer.currency),
    )


def _job_booking(booking: Booking, clock: Clockface) -> out.JobBooking:
    return out.JobBooking(
        contractor=named(booking.contractor),
        technician=named(booking.technician),
        starts_at=clock.at(booking.starts_at),
        ends_at=clock.at(booking.ends_at),
        eta=clock.maybe(booking.eta),
    )


def event(row: JobEvent, clock: Clockface) -> out.EventOut:
    return out.EventOut(
        sequence=row.sequence,
        at=clock.at(row.at),
        kind=row.kind,
        actor=out.EventActor(kind=row.actor_kind, name=row.actor_label),
        offer=row.offer.public_id if row.offer else None,
        from_status=row.from_status or None,
        to_status=row.to_status or None,
        data=row.data,
    )


def ranking(
    decision: Decision, contractors: Mapping[int, Contractor], clock: Clockface
) -> out.RankingOut:
    """A decision with its policy, in words; ``contractors`` by id, every candidate in it."""
    return out.RankingOut(
        round=decision.round_number,
        policy=out.RankingPolicyOut(revision=decision.policy.revision, note=decision.policy.note),
        made_at=clock.at(decision.made_at),
        candidates=[
            out.RankedContractor(
                rank=candidate.rank,
                contractor=named(contractors[candidate.contractor_id]),
                score=round(candidate.score, 2),
                parts=[
                    out.RankingPart(
                        criterion=part.criterion,
                        value=round(part.value, 4),
                        weight=part.weight,
                        points=round(part.points, 2),
                        sentence=part.sentence,
                    )
                    for part in candidate.parts
                ],
            )
            for candidate in explain(decision)
        ],
        not_eligible=decision.not_eligible,
    )


def offer(row: Offer, *, now: datetime) -> work.OfferOut:
    """What a contractor may know of an offer: no name, phone, street or coordinates."""
    clock = Clockface(row.job.time_zone)
    return work.OfferOut(
        id=row.public_id,
        job=row.job.public_id,
        service_type=row.job.service_type.slug,
        priority=Priority(row.job.priority),
        area=row.job.area,
        postcode=row.job.postcode,
        window=clock.window(row.job),
        time_zone=row.job.time_zone,
        duration_minutes=row.job.duration_minutes,
        starts_at=clock.at(row.starts_at),
        travel_minutes=round(row.travel_minutes),
        pay=money(row.pay, row.currency),
        made_at=clock.at(row.made_at),
        expires_at=clock.at(row.expires_at),
        answered_at=clock.maybe(row.answered_at),
        status=offer_status(row, now),
        reason=row.reason or None,
    )


def visit(row: Booking) -> work.VisitOut:
    """A visit read by ``reads.full_visits``; the customer's details while it is the asker's."""
    clock = Clockface(row.job.time_zone)
    theirs = row.live or row.end_kind == Booking.End.COMPLETED
    return work.VisitOut(
        id=row.public_id,
        job=row.job.public_id,
        offer=row.offer.public_id,
        reference=row.job.reference,
        service_type=row.job.service_type.slug,
        priority=Priority(row.job.priority),
        status=visit_status(row),
        window=clock.window(row.job),
        time_zone=row.job.time_zone,
        duration_minutes=row.job.duration_minutes,
        description=row.job.description if theirs else "",
        site=work.VisitSite(
            address=row.job.address if theirs else None,
            area=row.job.area,
            postcode=row.job.postcode,
            latitude=row.job.latitude if theirs else None,
            longitude=row.job.longitude if theirs else None,
        ),
        customer=_customer(row.job) if theirs else None,
        contractor=named(row.contractor),
        technician=named(row.technician),
        starts_at=clock.at(row.starts_at),
        ends_at=clock.at(row.ends_at),
        eta=clock.maybe(row.eta),
        en_route_at=clock.maybe(row.en_route_at),
        arrived_at=clock.maybe(row.arrived_at),
        finished_at=clock.maybe(row.finished_at),
        result=VisitResult(row.result) if row.result else None,
        reason=row.reason or None,
        pay=money(row.offer.pay, row.offer.currency),
    )


def visit_status(row: Booking) -> work.VisitStatus:
    """The job's own status while the visit stands, else how it ended."""
    if row.live and row.job.status not in FINAL:
        return work.VisitStatus(row.job.status)
    return work.VisitStatus(row.end_kind)
