"""What a contractor may know of a job: little before the yes, what is needed after it.

Templates get these plain objects and never the job itself, so that no page can show a street, a
name, a number, the customer's words or the exact place to somebody who has not accepted, or who
has the visit no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from jobs.models import Booking, Job, Offer
from jobs.states import (
    SILENT_REASONS,
    DeclineReason,
    JobStatus,
    OfferStatus,
    ReleaseReason,
    VisitResult,
)
from network import display
from portal.wording import clock_range

#: From this long before the window on, "I'm on my way" is the main button (ours).
NEAR = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class PublicWork:
    """The part of a job that anybody who is asked may see."""

    title: str
    area: str
    postcode: str
    window_start: datetime
    window_end: datetime
    time_zone: str
    duration_minutes: int
    priority: str

    @property
    def hours(self) -> str:
        """The window without its day: ``8 am–noon``."""
        return clock_range(self.window_start, self.window_end, self.time_zone)

    @property
    def place(self) -> str:
        return " ".join(part for part in (self.area, self.postcode) if part)


def public_work(job: Job) -> PublicWork:
    """Needs ``job.service_type`` loaded."""
    return PublicWork(
        # Not the job's title: that is in the customer's words, which may hold a name or a street.
        title=job.service_type.name,
        area=job.area,
        # ZIP+4 names a side of a street; five digits name a quarter.
        postcode=job.postcode.partition("-")[0].strip(),
        window_start=job.window_start,
        window_end=job.window_end,
        time_zone=job.time_zone,
        duration_minutes=job.duration_minutes,
        priority=job.priority,
    )


@dataclass(frozen=True, slots=True)
class AskedOffer:
    """An offer as its contractor sees it. Money in ``currency``, times aware UTC."""

    public_id: UUID
    status: str
    work: PublicWork
    rank: int
    is_shared: bool
    is_first_round: bool
    made_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    pay: Decimal
    currency: str
    pay_note: str
    starts_at: datetime
    travel_minutes: float
    travel_km: float
    technician_id: int
    technician: str
    reason: str
    note: str
    booking: UUID | None
    #: Stands in the place of one answered with an own price or time, and waits for the branch.
    waits: bool
    #: Which offer took its place.
    replaced_by: UUID | None

    @property
    def url(self) -> str:
        return reverse("portal:offer", args=[self.public_id])

    @property
    def visit_url(self) -> str:
        return reverse("portal:visit", args=[self.booking]) if self.booking else ""

    @property
    def total_seconds(self) -> float:
        return (self.expires_at - self.made_at).total_seconds()

    @property
    def ring_is_for(self) -> str:
        """What the time that is left is for."""
        return "for the branch" if self.waits else "to answer"

    @property
    def lead(self) -> str:
        if self.waits:
            return "Your own price or time"
        if self.is_shared:
            return "First to accept: a few are asked at once"
        return "First call, only you" if self.rank == 1 and self.is_first_round else "Only you"

    @property
    def reason_text(self) -> str:
        return dict(DeclineReason.choices).get(self.reason, "")

    def is_open(self, at: datetime) -> bool:
        return self.status == OfferStatus.PENDING and at < self.expires_at

    def state(self, at: datetime) -> str:
        """The status, where silence past the deadline counts before the machine has noted it."""
        if self.status == OfferStatus.PENDING and at >= self.expires_at:
            return OfferStatus.EXPIRED
        return self.status


def asked_offer(offer: Offer) -> AskedOffer:
    """Needs job, service type, round, technician, contractor and booking loaded."""
    booking = getattr(offer, "booking", None) if offer.status == OfferStatus.ACCEPTED else None
    replacement = getattr(offer, "proposal_made", None)
    return AskedOffer(
        public_id=offer.public_id,
        status=offer.status,
        work=public_work(offer.job),
        rank=offer.rank,
        is_shared=offer.seat.upper is not None,
        is_first_round=offer.round.number == 1,
        made_at=offer.made_at,
        expires_at=offer.expires_at,
        answered_at=offer.answered_at,
        pay=offer.pay,
        currency=offer.currency,
        pay_note=_pay_note(offer),
        starts_at=offer.starts_at,
        travel_minutes=offer.travel_minutes,
        travel_km=offer.travel_km,
        technician_id=offer.technician_id,
        technician=offer.technician.name,
        reason=offer.reason,
        note=offer.note,
        booking=booking.public_id if booking is not None else None,
        waits=getattr(offer, "proposal", None) is not None,
        replaced_by=replacement.offer.public_id if replacement is not None else None,
    )


def _pay_note(offer: Offer) -> str:
    """How the pay is made up, while the contractor's rates still make it up."""
    contractor = offer.contractor
    hours = Decimal(offer.job.duration_minutes) / 60
    if abs(contractor.call_out_fee + contractor.hourly_rate * hours - offer.pay) > Decimal("0.01"):
        return ""
    rate = display.money(contractor.hourly_rate, offer.currency)
    text = f"{rate} × {hours.quantize(Decimal('0.01')).normalize():f} h"
    if contractor.call_out_fee:
        text += f" + {display.money(contractor.call_out_fee, offer.currency)} call-out"
    return text


@dataclass(frozen=True, slots=True)
class Site:
    """Where and to whom: only for whoever has the visit, or had it and did it."""

    address: str
    postcode: str
    area: str
    customer: str
    phone: str
    description: str
    latitude: float
    longitude: float

    @property
    def first_name(self) -> str:
        return self.customer.split()[0] if self.customer.split() else "The customer"

    @property
    def phone_url(self) -> str:
        kept = "".join(sign for sign in self.phone if sign.isdigit() or sign == "+")
        return f"tel:{kept}" if kept else ""

    @property
    def route_url(self) -> str:
        filled: str = settings.ROUTE_URL
        for name, value in (
            ("latitude", f"{self.latitude:.6f}"),
            ("longitude", f"{self.longitude:.6f}"),
            ("address", quote(f"{self.address}, {self.area} {self.postcode}")),
        ):
            filled = filled.replace("{" + name + "}", value)
        return filled


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """A visit as its contractor sees it. ``site`` is None once the visit is theirs no longer."""

    id: int
    public_id: UUID
    work: PublicWork
    title: str
    reference: str
    status: str
    live: bool
    end_kind: str
    result: str
    reason: str
    note: str
    starts_at: datetime
    ends_at: datetime
    eta: datetime | None
    booked_at: datetime
    en_route_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    pay: Decimal
    currency: str
    limit: Decimal | None
    travel_minutes: float
    technician_id: int
    technician: str
    site: Site | None
    #: The contractor was asked when he comes, and has not said; or where he is.
    asks_to_confirm: bool
    asks_where: bool
    #: Taken because nothing was heard, and nobody else has it yet: one word brings it back.
    may_come_back: bool

    @property
    def url(self) -> str:
        return reverse("portal:visit", args=[self.public_id])

    @property
    def expected_at(self) -> datetime:
        """When the contractor means to arrive."""
        return self.eta or self.starts_at

    def is_near(self, at: datetime) -> bool:
        """Whether setting out is what comes next, and not an appointment of another day."""
        return at >= min(self.expected_at, self.work.window_start) - NEAR

    @property
    def result_text(self) -> str:
        return dict(VisitResult.choices).get(self.result, "")

    @property
    def reason_text(self) -> str:
        return dict(ReleaseReason.choices).get(self.reason, "")

    @property
    def steps_done(self) -> int:
        """Of the four steps (time told, on the way, on site, done), how many are behind."""
        if self.end_kind == Booking.End.COMPLETED:
            return 4
        steps = {str(JobStatus.EN_ROUTE): 2, str(JobStatus.ON_SITE): 3}
        return steps.get(self.status, 1 if self.eta else 0)


def own_visit(booking: Booking) -> OwnVisit:
    """Needs job, service type, offer and technician loaded."""
    job = booking.job
    theirs = booking.live or booking.end_kind == Booking.End.COMPLETED
    work = public_work(job)
    site = Site(
        address=job.address,
        postcode=job.postcode,
        area=job.area,
        customer=job.customer_name,
        phone=job.customer_phone,
        description=job.description,
        latitude=job.latitude,
        longitude=job.longitude,
    )
    return OwnVisit(
        id=booking.pk,
        public_id=booking.public_id,
        work=work,
        title=job.title if theirs else work.title,
        reference=job.reference,
        # A visit that ended keeps its own state; the job may long be somebody else's.
        status=job.status if booking.live else "",
        live=booking.live,
        end_kind=booking.end_kind,
        result=booking.result,
        reason=booking.reason,
        note=booking.note,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        eta=booking.eta,
        booked_at=booking.booked_at,
        en_route_at=booking.en_route_at,
        arrived_at=booking.arrived_at,
        finished_at=booking.finished_at,
        pay=booking.offer.pay,
        currency=booking.offer.currency,
        limit=job.not_to_exceed if theirs else None,
        travel_minutes=booking.offer.travel_minutes,
        technician_id=booking.technician_id,
        technician=booking.technician.name,
        site=site if theirs else None,
        asks_to_confirm=booking.live
        and job.status == JobStatus.BOOKED
        and booking.eta is None
        and (booking.asked_at is not None or booking.asked_again_at is not None),
        asks_where=booking.live
        and booking.nudged_at is not None
        and job.status in (JobStatus.BOOKED, JobStatus.EN_ROUTE),
        may_come_back=booking.end_kind == Booking.End.RELEASED
        and booking.reason in SILENT_REASONS
        and job.status == JobStatus.OFFERING,
    )
