"""Harold, Lisa and James, and the clients of the sample branch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from network.geo import lookup_zip, offset_point
from network.models import (
    Branch,
    Client,
    ClientContractor,
    Contractor,
    Skill,
    Technician,
    TechnicianSkill,
    WorkingHours,
)
from network.models.client import ClientRelation
from network.models.contractor import ContractorStatus, Tier
from network.services.territory import set_radius_territory

#: The story plays here; the three have their bases around it.
STORY_ZIP = "02215"


@dataclass(frozen=True, slots=True)
class _Person:
    """``west_km``: how far the base lies west of the centre of the story's ZIP."""

    name: str
    west_km: float
    tier: int
    call_out_fee: int
    hourly_rate: int
    water_heaters: int
    phone: str


# Each is better than the next in everything the ranking looks at, so that no single criterion,
# weekday or recent job turns the order of the story round.
_PEOPLE = (
    _Person("Harold", 0.4, Tier.PREFERRED, 40, 64, 3, "+1 617-555-0141"),
    _Person("Lisa", 1.5, Tier.PREFERRED, 45, 72, 3, "+1 617-555-0142"),
    _Person("James", 2.6, Tier.PREFERRED, 50, 80, 3, "+1 617-555-0143"),
)
_OTHER_SKILLS = {"plumbing": 2, "drains": 2, "gas-fitting": 2}

_CLIENTS = (
    ("harbor-home-warranty", "Harbor Home Warranty", Decimal(300)),
    ("fenway-residential", "Fenway Residential", None),
    ("bay-state-schools", "Bay State Schools", Decimal(600)),
)


def create_story_contractors(*, branch: Branch, today: date) -> list[Contractor]:
    """Save Harold, Lisa and James, in this order: sole traders who work every day."""
    place = lookup_zip(STORY_ZIP)
    assert place is not None, "the story's ZIP is a real one"
    skills = {skill.slug: skill for skill in Skill.objects.for_branch(branch)}
    made = []
    for person in _PEOPLE:
        latitude, longitude = offset_point(place.latitude, place.longitude, -person.west_km, 0)
        contractor = Contractor.objects.create(
            branch=branch,
            name=person.name,
            email=f"{person.name.lower()}@firstcall.example",
            phone=person.phone,
            status=ContractorStatus.ACTIVE,
            cleared_until=today.replace(year=today.year + 10, month=12, day=31),
            base_latitude=latitude,
            base_longitude=longitude,
            tier=person.tier,
            call_out_fee=person.call_out_fee,
            hourly_rate=person.hourly_rate,
            joined_on=today.replace(year=today.year - 3, month=3, day=1),
            is_simulated=True,
        )
        technician = Technician.objects.create(
            contractor=contractor, branch=branch, name=person.name
        )
        TechnicianSkill.objects.bulk_create(
            TechnicianSkill(technician=technician, skill=skills[slug], level=level)
            for slug, level in {**_OTHER_SKILLS, "water-heaters": person.water_heaters}.items()
        )
        WorkingHours.objects.bulk_create(
            WorkingHours(technician=technician, weekday=weekday, starts=time(6), ends=time(22))
            for weekday in range(7)
        )
        set_radius_territory(
            contractor_id=contractor.pk, latitude=latitude, longitude=longitude, radius_km=24
        )
        made.append(contractor)
    return made


def create_clients(*, branch: Branch, preferred: Contractor, blocked: Contractor) -> None:
    """Save the payers, one of whom prefers a contractor and another of whom refuses one."""
    clients = [
        Client.objects.create(branch=branch, slug=slug, name=name, not_to_exceed=limit)
        for slug, name, limit in _CLIENTS
    ]
    ClientContractor.objects.create(
        client=clients[1],
        contractor=preferred,
        relation=ClientRelation.PREFERRED,
        note="Knows the buildings and has the keys.",
    )
    ClientContractor.objects.create(
        client=clients[2],
        contractor=blocked,
        relation=ClientRelation.BLOCKED,
        note="No school clearance on file.",
    )
