"""The job, as a branch's programs see it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from jobs.api.schemas.base import (
    Email,
    In,
    LongText,
    Money,
    MoneyIn,
    Named,
    NoNul,
    Note,
    Out,
    ShortText,
    Slug,
    Window,
    WindowIn,
)
from jobs.states import CancelBy, CancelReason, JobStatus, OfferStatus, Priority, VisitResult


class SiteIn(In):
    """Where the work is. Without coordinates the site is placed by its ZIP."""

    address: ShortText = Field(examples=["41 Pond Lane, unit 2"])
    postcode: Annotated[str, StringConstraints(strip_whitespace=True, max_length=12), NoNul] = (
        Field(examples=["02215"])
    )
    latitude: float | None = Field(default=None, ge=-90, le=90, examples=[42.3467])
    longitude: float | None = Field(default=None, ge=-180, le=180, examples=[-71.1019])


class CustomerIn(In):
    """The person at the site, to whom the appointment is promised."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), NoNul] = Field(
        examples=["Dana Whitfield"]
    )
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), NoNul] = Field(
        default="", examples=["(617) 555-0142"]
    )
    email: Email = Field(default="", examples=["dana@example.com"])


_EXAMPLE_JOB: JsonDict = {
    "branch": "boston",
    "service_type": "water-heater-repair",
    "site": {"address": "41 Pond Lane, unit 2", "postcode": "02215"},
    "customer": {"name": "Dana Whitfield", "phone": "(617) 555-0142"},
    "window": {"start": "2026-11-24T08:00:00-05:00", "end": "2026-11-24T12:00:00-05:00"},
    "not_to_exceed": {"amount": "250.00", "currency": "USD"},
    "description": "No hot water since this morning",
}


class JobIn(In):
    """A new job. What is left out comes from the service type and the client."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, json_schema_extra={"examples": [_EXAMPLE_JOB]}
    )

    branch: Slug = Field(description="The token's branch.")
    service_type: Slug
    site: SiteIn
    customer: CustomerIn
    window: WindowIn
    client: Slug | None = Field(default=None, description="Who pays; a slug of the branch.")
    priority: Priority | None = None
    duration_minutes: int | None = Field(default=None, ge=1, le=1440)
    not_to_exceed: MoneyIn | None = None
    description: LongText = ""
    reference: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), NoNul] | None
    ) = Field(default=None, description="Your own number for it, unique in the branch.")


class CancelIn(In):
    """Who cancels, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"by": "customer", "reason": "no_longer_needed"}]},
    )

    by: CancelBy
    reason: CancelReason
    note: Note = ""


class MoveIn(In):
    """The window to promise instead, and who asks for it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "window": {
                        "start": "2026-11-25T12:00:00-05:00",
                        "end": "2026-11-25T16:00:00-05:00",
                    }
                }
            ]
        },
    )

    window: WindowIn
    by: Literal["customer", "client", "dispatcher"] = Field(
        default="customer",
        description="A customer's late move may be paid to the contractor, as the branch sets.",
    )
    note: Note = ""


class FollowUpIn(In):
    """When; left out, the next window in which somebody can come."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "window": {
                        "start": "2026-11-25T12:00:00-05:00",
                        "end": "2026-11-25T16:00:00-05:00",
                    }
                }
            ]
        },
    )

    window: WindowIn | None = None


class OpeningOut(Out):
    """A window in which the work can be done."""

    window: Window
    keeps_contractor: bool = Field(description="Whether whoever is booked now is free then.")


class OpeningList(Out):
    """The next windows with capacity, the earliest first. They are not held."""

    items: list[OpeningOut]


class Site(Out):
    """Where the work is."""

    address: str
    postcode: str
    area: str = Field(description="Town or quarter.")
    latitude: float
    longitude: float


class Customer(Out):
    """The person at the site. Empty text where something is not known."""

    name: str
    phone: str
    email: str


class JobOffer(Out):
    """One offer of the job to one contractor, in the order in which they were made."""

    id: UUID
    round: int
    rank: int = Field(description="In the round's ranking; 0 for a contractor outside of it.")
    contractor: Named
    status: OfferStatus
    made_at: AwareDatetime
    expires_at: AwareDatetime
    answered_at: AwareDatetime | None
    reason: str | None
    pay: Money


class JobBooking(Out):
    """The accepted offer that stands, or with which the job was completed."""

    contractor: Named
    technician: Named
    starts_at: AwareDatetime = Field(description="Planned start.")
    ends_at: AwareDatetime
    eta: AwareDatetime | None = Field(description="As confirmed by the contractor.")


class JobEscalation(Out):
    """An open question to the dispatcher."""

    kind: str = Field(examples=["no_candidates"])
    opened_at: AwareDatetime


class Cancellation(Out):
    """Who cancelled the job, and why."""

    by: CancelBy
    reason: CancelReason


class JobOut(Out):
    """A job, with its cascade so far."""

    id: UUID
    reference: str = Field(examples=["BOS-000123"])
    branch: str = Field(examples=["boston"])
    client: str | None
    service_type: str = Field(examples=["water-heater-repair"])
    priority: Priority
    status: JobStatus
    round: int
    window: Window
    time_zone: str = Field(examples=["America/New_York"])
    duration_minutes: int
    not_to_exceed: Money | None
    description: str
    site: Site
    customer: Customer
    offers: list[JobOffer]
    booking: JobBooking | None
    escalations: list[JobEscalation]
    result: VisitResult | None
    cancellation: Cancellation | None
    follow_up_of: UUID | None = Field(description="The job whose work this visit goes on with.")
    source: str = Field(examples=["api"])
    created_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None


class JobList(Out):
    """A page of jobs."""

    items: list[JobOut]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class EventActor(Out):
    """Who did it: system, clock, staff, contractor, customer, api …"""

    kind: str
    name: str


class EventOut(Out):
    """One thing that happened to the job."""

    sequence: int
    at: AwareDatetime
    kind: str = Field(examples=["offer_made"])
    actor: EventActor
    offer: UUID | None
    from_status: str | None
    to_status: str | None
    data: dict[str, Any]


class EventList(Out):
    """A page of a job's history, oldest first."""

    items: list[EventOut]
    next: str | None


class RankingPart(Out):
    """What one criterion added to a candidate's score."""

    criterion: str = Field(examples=["travel_time"])
    value: float = Field(description="0 to 1.")
    weight: float = Field(description="0 to 100, as in the policy.")
    points: float = Field(description="Its share of the score.")
    sentence: str = Field(examples=["12 min away, closest of 9"])


class RankedContractor(Out):
    """A candidate of the round."""

    rank: int
    contractor: Named
    score: float = Field(description="0 to 100; the parts' points add up to it.")
    parts: list[RankingPart]


class RankingPolicyOut(Out):
    """The published policy that was used."""

    revision: int
    note: str


class RankingOut(Out):
    """The newest ranking of the job."""

    round: int
    policy: RankingPolicyOut
    made_at: AwareDatetime
    candidates: list[RankedContractor]
    not_eligible: dict[str, int] = Field(description="Rule → how many contractors it left out.")
