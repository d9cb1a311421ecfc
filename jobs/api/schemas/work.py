"""Offers and visits, as a contractor's programs see them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from jobs.api.schemas.base import Id, In, Instant, Money, MoneyIn, Named, Note, Out, Window
from jobs.api.schemas.jobs import Customer
from jobs.states import Because, DeclineReason, OfferStatus, Priority, VisitResult


class NothingIn(In):
    """No fields: an empty object, or no body at all."""


class AcceptIn(In):
    """Optional: another technician of the firm, another start that fits."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"starts_at": "2026-11-24T09:30:00-05:00"}]}
    )

    technician: Id | None = None
    starts_at: Instant | None = None


class DeclineIn(In):
    """Why not."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "too_far"}]}
    )

    reason: DeclineReason
    note: Note = ""


class ProposeIn(In):
    """Another price, another start, or both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"pay": {"amount": "180.00", "currency": "USD"}}]},
    )

    pay: MoneyIn | None = None
    starts_at: Instant | None = None
    note: Note = ""


class EtaIn(In):
    """When the technician will be there: inside the promised window."""

    eta: Instant = Field(examples=["2026-11-24T09:40:00-05:00"])


class CompleteIn(In):
    """How the visit ended."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"result": "fixed", "note": "New valve"}]}
    )

    result: VisitResult
    note: Note = ""
    because: Because | None = Field(
        default=None,
        description="Why another visit is needed: `contractor` (more time or another person; what "
        "is meant when left out), `parts` or `customer`. Only the first counts against your "
        "first-time fix.",
    )


class ReleaseIn(In):
    """Why the visit is given back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "sick"}]})

    reason: Literal["sick", "overrun", "vehicle", "double_booked", "other"]
    note: Note = ""


class VisitStatus(StrEnum):
    """Where a visit stands."""

    BOOKED = "booked"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    COMPLETED = "completed"
    RELEASED = "released"
    CANCELLED = "cancelled"


class OfferOut(Out):
    """An offer, without the customer's name, phone and street."""

    id: UUID
    job: UUID
    service_type: str = Field(examples=["water-heater-repair"])
    priority: Priority
    area: str = Field(examples=["Boston"])
    postcode: str = Field(examples=["02215"])
    window: Window
    time_zone: str = Field(examples=["America/New_York"])
    duration_minutes: int
    starts_at: AwareDatetime = Field(description="The start that is held for you.")
    travel_minutes: int
    pay: Money
    made_at: AwareDatetime
    expires_at: AwareDatetime = Field(description="An answer counts strictly before this.")
    answered_at: AwareDatetime | None
    status: OfferStatus
    reason: str | None


class OfferList(Out):
    """A page of offers, newest first."""

    items: list[OfferOut]
    next: str | None


class VisitSite(Out):
    """Where the visit is. The street is gone once the visit is no longer yours."""

    address: str | None
    area: str
    postcode: str
    latitude: float | None
    longitude: float | None


class VisitOut(Out):
    """An accepted offer."""

    id: UUID
    job: UUID
    offer: UUID
    reference: str = Field(examples=["BOS-000123"])
    service_type: str
    priority: Priority
    status: VisitStatus
    window: Window
    time_zone: str
    duration_minutes: int
    description: str
    site: VisitSite
    customer: Customer | None = Field(description="Null once the visit is no longer yours.")
    contractor: Named
    technician: Named
    starts_at: AwareDatetime = Field(description="Planned start.")
    ends_at: AwareDatetime
    eta: AwareDatetime | None
    en_route_at: AwareDatetime | None
    arrived_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    result: VisitResult | None
    reason: str | None
    pay: Money


class ProposalOut(Out):
    """What became of a proposal."""

    offer: OfferOut = Field(description="In place of the one answered, at your price.")
    visit: VisitOut | None = Field(
        description="When it was booked at once; else the branch is asked."
    )


class VisitList(Out):
    """A page of visits, the latest planned start first."""

    items: list[VisitOut]
    next: str | None
