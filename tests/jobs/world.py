"""A small network in Boston: three plumbers who can all do the same job, and ways to drive it.

Domain time stands still at a Monday morning unless a test moves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from jobs.actors import Actor
from jobs.models import Job, Offer
from jobs.services.due import process_timeouts, search_due_jobs
from jobs.services.jobs import create_job
from network.models import (
    Branch,
    BranchStaff,
    Contractor,
    ContractorUser,
    ServiceType,
    ServiceTypeSkill,
    Skill,
    Technician,
    TechnicianSkill,
    User,
    WorkingHours,
)
from network.services.territory import set_radius_territory
from ranking.services.policies import ensure_policy

#: Monday 2 November 2026, 9:00 in Boston.
START = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
SITE = (42.3467, -71.1019)


def make_branch(slug: str = "boston", **changes: Any) -> Branch:
    """A branch with its first ranking policy."""
    branch = Branch.objects.create(
        **{
            "slug": slug,
            "name": "Greater Boston",
            "time_zone": "America/New_York",
            "currency": "USD",
            "distance_unit": "mi",
            "reference_prefix": slug[:3].upper(),
            "latitude": 42.3601,
            "longitude": -71.0589,
            "service_radius_km": 80,
            **changes,
        }
    )
    ensure_policy(branch_id=branch.pk)
    return branch


def make_service_type(branch: Branch, slug: str = "water-heater-repair") -> ServiceType:
    """A service type that asks for one skill at level 2."""
    skill, _ = Skill.objects.get_or_create(
        branch=branch, slug="plumbing", defaults={"name": "Plumbing"}
    )
    service_type = ServiceType.objects.create(
        branch=branch,
        slug=slug,
        name=slug.replace("-", " ").capitalize(),
        trade="plumbing",
        usual_duration_minutes=75,
        default_priority="standard",
        not_to_exceed=Decimal("250.00"),
    )
    ServiceTypeSkill.objects.create(service_type=service_type, skill=skill, min_level=2)
    return service_type


def make_contractor(
    branch: Branch,
    name: str,
    *,
    level: int = 3,
    kilometres_north: float = 1.0,
    hourly_rate: str = "90.00",
    radius_km: float = 25,
    **changes: Any,
) -> Contractor:
    """A sole trader: one technician, works 06:00–22:00 every day, may be asked at any hour."""
    latitude, longitude = SITE[0] + kilometres_north / 111.2, SITE[1]
    contractor = Contractor.objects.create(
        **{
            "branch": branch,
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}@example.com",
            "phone": "(617) 555-0100",
            "status": "active",
            "cleared_until": date(2027, 12, 31),
            "base_latitude": latitude,
            "base_longitude": longitude,
            "tier": 2,
            "call_out_fee": Decimal("40.00"),
            "hourly_rate": Decimal(hourly_rate),
            "joined_on": date(2025, 1, 1),
            **changes,
        }
    )
    add_technician(contractor, name, level=level)
    set_radius_territory(
        contractor_id=contractor.pk, latitude=latitude, longitude=longitude, radius_km=radius_km
    )
    return contractor


def add_technician(contractor: Contractor, name: str, *, level: int = 3) -> Technician:
    """One more technician of a contractor, with the skill and the same hours."""
    technician = Technician.objects.create(
        contractor=contractor, branch=contractor.branch, name=name
    )
    for skill in Skill.objects.filter(branch=contractor.branch):
        TechnicianSkill.objects.create(technician=technician, skill=skill, level=level)
    WorkingHours.objects.bulk_create(
        WorkingHours(technician=technician, weekday=day, starts=time(6), ends=time(22))
        for day in range(7)
    )
    return technician


@dataclass
class People:
    """Users with a role, password ``secret``."""

    dispatcher: User
    admin: User
    stranger: User


def make_user(email: str, **changes: Any) -> User:
    return User.objects.create_user(email=email, password="secret", **changes)


@pytest.fixture
def branch(db: None, clock: Any) -> Branch:
    clock.set(START)
    return make_branch()


@pytest.fixture
def service_type(branch: Branch) -> ServiceType:
    return make_service_type(branch)


@pytest.fixture
def harold(branch: Branch, service_type: ServiceType) -> Contractor:
    """Nearest and preferred: ranked first."""
    return make_contractor(branch, "Harold", kilometres_north=0.5, tier=1, hourly_rate="80.00")


@pytest.fixture
def lisa(branch: Branch, service_type: ServiceType) -> Contractor:
    return make_contractor(branch, "Lisa", kilometres_north=4, hourly_rate="95.00")


@pytest.fixture
def james(branch: Branch, service_type: ServiceType) -> Contractor:
    return make_contractor(branch, "James", kilometres_north=9, tier=3, hourly_rate="110.00")


@pytest.fixture
def trio(harold: Contractor, lisa: Contractor, james: Contractor) -> list[Contractor]:
    """The three, in the order in which they are ranked."""
    return [harold, lisa, james]


@pytest.fixture
def dispatcher(branch: Branch) -> User:
    user = make_user("nora@example.com", name="Nora")
    BranchStaff.objects.create(user=user, branch=branch, role="dispatcher")
    return user


@pytest.fixture
def branch_admin(branch: Branch) -> User:
    user = make_user("ada@example.com", name="Ada", is_staff=True, is_superuser=True)
    BranchStaff.objects.create(user=user, branch=branch, role="admin")
    return user


@pytest.fixture
def other_dispatcher(branch: Branch) -> User:
    """A dispatcher of another branch: sees nothing of this one."""
    user = make_user("olga@example.com", name="Olga")
    BranchStaff.objects.create(user=user, branch=make_branch("worcester"), role="dispatcher")
    return user


@pytest.fixture
def harold_user(harold: Contractor) -> User:
    user = make_user("harold.login@example.com", name="Harold")
    ContractorUser.objects.create(user=user, contractor=harold)
    return user


@pytest.fixture
def lisa_user(lisa: Contractor) -> User:
    user = make_user("lisa.login@example.com", name="Lisa")
    ContractorUser.objects.create(user=user, contractor=lisa)
    return user


@pytest.fixture
def make_job(branch: Branch, service_type: ServiceType) -> Callable[..., Job]:
    """Takes a job in for tomorrow 08–12 local (or other keywords); not searched for yet."""

    def make(**changes: Any) -> Job:
        day = (START + timedelta(days=1)).replace(hour=13)
        facts: dict[str, Any] = {
            "branch": branch,
            "service_type": service_type,
            "address": "41 Pond Lane, unit 2",
            "postcode": "02215",
            "latitude": SITE[0],
            "longitude": SITE[1],
            "window_start": day,
            "window_end": day + timedelta(hours=4),
            "customer_name": "Dana Whitfield",
            "customer_phone": "(617) 555-0142",
            "customer_email": "dana@example.com",
            "description": "No hot water",
            "actor": Actor.system("test"),
            **changes,
        }
        return create_job(**facts)

    return make


def run_due() -> None:
    """Do everything that is due now, as the workers would."""
    search_due_jobs()
    process_timeouts()


def settle() -> None:
    """Check the deferred constraints now, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def pending_offer(job: Job) -> Offer:
    """The offer that is out for the job."""
    return Offer.objects.select_related("contractor", "technician").get(job=job, status="pending")
