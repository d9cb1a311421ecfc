"""The world of the role table: two branches, their people, and one of each thing to open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobs.actors import Actor
from jobs.models import Booking, Escalation, Job, Offer
from jobs.services.answers import accept_offer
from jobs.services.customer_links import customer_url
from jobs.services.jobs import create_job
from jobs.services.tokens import issue_token
from network.models import (
    Branch,
    BranchStaff,
    CalendarEntry,
    Contractor,
    ContractorUser,
    ServiceType,
    User,
)
from network.services.calendar import add_time_off
from tests.house.role_world_network import Office, make_office
from tests.house.world import ROLES
from tests.jobs.world import (
    SITE,
    START,
    make_branch,
    make_contractor,
    make_service_type,
    make_user,
    pending_offer,
    run_due,
)

__all__ = ["ROLES", "FullWorld", "make_full_world"]


@dataclass
class FullWorld:
    """Everything belongs to ``branch`` and, where it is a contractor's, to ``contractor``.

    ``job`` has a pending ``offer``; ``booked_job`` has a live ``booking``; ``stuck_job`` waits for
    a human. ``users`` and ``tokens`` are by role; None is somebody without.
    """

    branch: Branch
    contractor: Contractor
    service_type: ServiceType
    job: Job
    offer: Offer
    booked_job: Job
    booking: Booking
    stuck_job: Job
    escalation: Escalation
    time_off: CalendarEntry
    office: Office
    users: dict[str, User | None]
    tokens: dict[str, str | None]


def make_full_world() -> FullWorld:
    """Save and return the world; domain time must be fixed at ``START``."""
    branch, other = make_branch("boston"), make_branch("worcester")
    service_type = make_service_type(branch)
    harold = make_contractor(branch, "Harold", kilometres_north=0.5)
    rita = make_contractor(other, "Rita")
    booked_job = take_job(branch, service_type)
    run_due()
    booking = accept_offer(
        offer_id=pending_offer(booked_job).pk, actor=Actor.contractor(harold), via="portal"
    )
    assert customer_url(booked_job)
    job = take_job(branch, service_type)
    run_due()
    stuck_job = take_job(branch, make_service_type_for_nobody(branch))
    run_due()
    time_off = add_time_off(
        technician_id=harold.technicians.get().pk,
        start=START + timedelta(days=30),
        end=START + timedelta(days=31),
        note="Holiday",
    )
    return FullWorld(
        branch=branch,
        contractor=harold,
        service_type=service_type,
        job=job,
        offer=pending_offer(job),
        booked_job=booked_job,
        booking=booking,
        stuck_job=stuck_job,
        escalation=Escalation.objects.get(job=stuck_job, closed_at=None),
        time_off=time_off,
        office=make_office(branch, harold),
        users={
            "anonymous": None,
            "dispatcher": staff(branch, "dispatcher"),
            "contractor": portal_user(harold),
            "admin": staff(branch, "admin", is_staff=True, is_superuser=True),
            "other_dispatcher": staff(other, "dispatcher"),
            "other_contractor": portal_user(rita),
        },
        tokens={
            "anonymous": None,
            "dispatcher": issue_token(branch=branch).text,
            "contractor": issue_token(contractor=harold).text,
            "admin": None,
            "other_dispatcher": issue_token(branch=other).text,
            "other_contractor": issue_token(contractor=rita).text,
        },
    )


def take_job(branch: Branch, service_type: ServiceType, **changes: Any) -> Job:
    """A job for tomorrow 08–12 local."""
    start = (START + timedelta(days=1)).replace(hour=13)
    facts: dict[str, Any] = {
        "branch": branch,
        "service_type": service_type,
        "address": "41 Pond Lane",
        "postcode": "02215",
        "latitude": SITE[0],
        "longitude": SITE[1],
        "window_start": start,
        "window_end": start + timedelta(hours=4),
        "customer_name": "Dana Whitfield",
        "customer_phone": "(617) 555-0142",
        "actor": Actor.system("test"),
        **changes,
    }
    return create_job(**facts)


def make_service_type_for_nobody(branch: Branch) -> ServiceType:
    """A service type whose skill no technician has: its jobs wait for a human."""
    from network.models import ServiceTypeSkill, Skill

    service_type = ServiceType.objects.create(
        branch=branch,
        slug="well-drilling",
        name="Well drilling",
        trade="drilling",
        usual_duration_minutes=120,
        default_priority="standard",
    )
    skill = Skill.objects.create(branch=branch, slug="drilling", name="Drilling")
    ServiceTypeSkill.objects.create(service_type=service_type, skill=skill, min_level=1)
    return service_type


def staff(branch: Branch, role: str, **flags: bool) -> User:
    user = make_user(f"{role}@{branch.slug}.example", name=role.title(), **flags)
    BranchStaff.objects.create(user=user, branch=branch, role=role)
    return user


def portal_user(contractor: Contractor) -> User:
    user = make_user(f"{contractor.name.lower()}@contractors.example", name=contractor.name)
    ContractorUser.objects.create(user=user, contractor=contractor)
    return user
