"""Which other start, or which other person of the firm, would fit an offer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jobs.errors import InvalidInput
from jobs.models import Offer
from network import display
from network.availability import Availability, Refusal, WorkOrder

STEP = timedelta(minutes=30)
#: More choices than this make a list too long for a thumb.
MOST_STARTS = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """A start that fits: ``value`` is what the form sends, ``starts_at`` aware UTC."""

    value: str
    starts_at: datetime
    travel_minutes: float


@dataclass(frozen=True, slots=True)
class Plans:
    """What one technician could do instead of the plan."""

    technician_id: int
    name: str
    starts: list[Plan]


def plans_for(offer: Offer, technicians: dict[int, str], *, at: datetime) -> list[Plans]:
    """For each of these technicians (id → name), the starts that fit inside the promise.

    The plan as offered is left out. The time held for this very offer counts as free. Reads a
    fixed number of queries; whether a choice still fits is checked again when it is accepted.
    """
    job = offer.job
    work = WorkOrder(
        branch_id=job.branch_id,
        service_type_id=job.service_type_id,
        client_id=job.client_id,
        latitude=job.latitude,
        longitude=job.longitude,
        window_start=job.window_start,
        window_end=job.window_end,
        duration_minutes=job.duration_minutes,
        cell=job.cell,
    )
    length = timedelta(minutes=job.duration_minutes)
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={offer.contractor_id},
        span=(job.window_start, job.window_end + length),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id} if job.client_id is not None else set(),
        at=at,
    )
    availability.give_back(offer.technician_id, offer.starts_at, offer.ends_at)
    found = []
    for technician_id, name in technicians.items():
        starts = _starts(availability, work, offer, technician_id, at)
        if starts:
            found.append(Plans(technician_id, name, starts))
    return found


def _starts(
    availability: Availability, work: WorkOrder, offer: Offer, technician_id: int, at: datetime
) -> list[Plan]:
    plans = []
    for start in candidate_starts(work.window_start, work.window_end, offer.job.time_zone):
        if technician_id == offer.technician_id and start == offer.starts_at:
            continue
        slot = availability.best_slot(
            replace(work, window_start=start, window_end=start),
            offer.contractor_id,
            not_before=at,
            technician_id=technician_id,
            check_territory=False,
        )
        if not isinstance(slot, Refusal):
            plans.append(Plan(f"{technician_id}|{start.isoformat()}", start, slot.travel_minutes))
    return plans


def candidate_starts(window_start: datetime, window_end: datetime, tz: str) -> list[datetime]:
    """Round times inside the window, at most ``MOST_STARTS``, the window's own start first."""
    step = STEP
    while (window_end - window_start) / step >= MOST_STARTS:
        step *= 2
    local = display.in_zone(window_start, tz)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    starts, moment = [window_start], window_start - past
    while moment <= window_end:
        if moment > window_start:
            starts.append(moment)
        moment += step
    return starts


def chosen_plan(value: str) -> tuple[int | None, datetime | None]:
    """Technician and start out of a form's ``plan``; nothing for the plan as offered.

    Raises InvalidInput for a value that no form has sent.
    """
    if not value:
        return None, None
    technician, _, start = value.partition("|")
    try:
        starts_at = datetime.fromisoformat(start)
        technician_id = int(technician)
    except ValueError:
        raise InvalidInput({"plan": "Choose one of the times in the list."}) from None
    if starts_at.tzinfo is None:
        raise InvalidInput({"plan": "Choose one of the times in the list."})
    return technician_id, starts_at
