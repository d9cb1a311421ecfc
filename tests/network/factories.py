"""Small networks for tests: everything in Boston, open all day unless said otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from network.availability import Availability, WorkOrder
from network.geo import site_cell
from network.models import (
    Branch,
    CalendarEntry,
    Client,
    Contractor,
    ServiceType,
    ServiceTypeSkill,
    Skill,
    Technician,
    TechnicianSkill,
    WorkingHours,
)
from network.services.territory import set_radius_territory

BOSTON = (42.3471, -71.1027)
MONDAY = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # 08:00 in Boston
_numbers = count(1)


def make_branch(**fields: Any) -> Branch:
    number = next(_numbers)
    values: dict[str, Any] = {
        "slug": f"branch-{number}",
        "name": f"Branch {number}",
        "time_zone": "America/New_York",
        "reference_prefix": "BOS",
        "latitude": BOSTON[0],
        "longitude": BOSTON[1],
    }
    return Branch.objects.create(**(values | fields))


def make_contractor(branch: Branch, **fields: Any) -> Contractor:
    radius_km = fields.pop("radius_km", 20)
    values: dict[str, Any] = {
        "name": f"Contractor {next(_numbers)}",
        "status": "active",
        "cleared_until": date(2027, 12, 31),
        "base_latitude": BOSTON[0],
        "base_longitude": BOSTON[1],
        "call_out_fee": 50,
        "hourly_rate": 100,
        "joined_on": date(2025, 1, 1),
    }
    contractor = Contractor.objects.create(branch=branch, **(values | fields))
    if radius_km:
        set_radius_territory(
            contractor_id=contractor.pk,
            latitude=contractor.base_latitude,
            longitude=contractor.base_longitude,
            radius_km=radius_km,
        )
    return contractor


def make_technician(
    contractor: Contractor,
    skills: dict[Skill, int] | None = None,
    hours: tuple[time, time] | None = (time(0), time(0)),
    **fields: Any,
) -> Technician:
    technician = Technician.objects.create(
        contractor=contractor, **({"name": f"Technician {next(_numbers)}"} | fields)
    )
    for skill, level in (skills or {}).items():
        TechnicianSkill.objects.create(technician=technician, skill=skill, level=level)
    if hours is not None:
        set_hours(technician, *hours)
    return technician


def set_hours(technician: Technician, starts: time, ends: time, days: Any = range(7)) -> None:
    technician.working_hours.all().delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(technician=technician, weekday=day, starts=starts, ends=ends) for day in days
    )


def make_skill(branch: Branch, slug: str = "water-heaters") -> Skill:
    return Skill.objects.create(branch=branch, slug=slug, name=slug.replace("-", " ").capitalize())


def make_service_type(branch: Branch, needs: dict[Skill, int], **fields: Any) -> ServiceType:
    values: dict[str, Any] = {
        "slug": f"work-{next(_numbers)}",
        "name": "Water heater repair",
        "trade": "plumbing",
        "usual_duration_minutes": 60,
    }
    service_type = ServiceType.objects.create(branch=branch, **(values | fields))
    for skill, level in needs.items():
        ServiceTypeSkill.objects.create(service_type=service_type, skill=skill, min_level=level)
    return service_type


def make_client(branch: Branch) -> Client:
    number = next(_numbers)
    return Client.objects.create(branch=branch, slug=f"client-{number}", name=f"Client {number}")


def add_booking(
    technician: Technician, start: datetime, minutes: int, place: tuple[float, float] = BOSTON
) -> CalendarEntry:
    return CalendarEntry.objects.create(
        branch_id=technician.branch_id,
        technician=technician,
        kind="booking",
        period=(start, start + timedelta(minutes=minutes)),
        latitude=place[0],
        longitude=place[1],
        source_ref=uuid4(),
    )


def work_order(service_type: ServiceType, **fields: Any) -> WorkOrder:
    """Monday 08:00–12:00 in Boston, an hour."""
    latitude, longitude = fields.pop("place", BOSTON)
    start = fields.pop("start", MONDAY)
    values: dict[str, Any] = {
        "branch_id": service_type.branch_id,
        "service_type_id": service_type.pk,
        "client_id": None,
        "latitude": latitude,
        "longitude": longitude,
        "window_start": start,
        "window_end": start + timedelta(hours=fields.pop("hours", 4)),
        "duration_minutes": 60,
        "cell": site_cell(latitude, longitude),
    }
    return WorkOrder(**(values | fields))


def load(work: WorkOrder, *contractors: Contractor) -> Availability:
    return Availability.load(
        branch_id=work.branch_id,
        contractor_ids=[contractor.pk for contractor in contractors],
        span=(work.window_start, work.window_end + timedelta(minutes=work.duration_minutes)),
        service_type_ids=[work.service_type_id],
        client_ids=[work.client_id],
        at=work.window_start - timedelta(days=1),
    )
