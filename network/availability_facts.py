"""What is asked of ``Availability``, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a job asks of the network. Instants are aware UTC; ``cell`` is the site's H3 cell.

    The window bounds the start of the visit. Somebody whose territory ends up to ``extra_km``
    before the site counts as reaching it, and ``skill_relief`` levels may be lacking.
    """

    branch_id: int
    service_type_id: int
    client_id: int | None
    latitude: float
    longitude: float
    window_start: datetime
    window_end: datetime
    duration_minutes: int
    cell: int
    is_emergency: bool = False
    extra_km: float = 0.0
    skill_relief: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A planned visit that fits, with the drive to it from where the technician will be.

    ``skill_level`` is the technician's lowest level among the skills that the work needs (3 when
    it needs none).
    """

    contractor_id: int
    technician_id: int
    starts_at: datetime
    ends_at: datetime
    travel_minutes: float
    travel_km: float
    skill_level: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a contractor cannot do the work: the first rule that fails, in the order of ``RULES``."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ContractorFacts:
    """What ranking, pay and messages need to know of a contractor. Amounts: branch's currency."""

    id: int
    name: str
    status: str
    cleared_until: date | None
    tier: int
    call_out_fee: Decimal
    hourly_rate: Decimal
    contact_from: time | None
    contact_until: time | None
    email: str
    phone: str
