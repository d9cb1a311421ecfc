"""The usual skills and kinds of work of the building trades, for a new or invented branch.

Durations of the municipal trades are the usual ones of comparable requests; limits, levels and the
home-service kinds are our own judgement, meant to be edited in the admin.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from network.models import Branch, ServiceType, ServiceTypeSkill, Skill


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: skills it needs as slug → lowest level, limit in whole currency units."""

    slug: str
    name: str
    minutes: int
    priority: str
    limit: int
    needs: dict[str, int]


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade: its skills as slug → name (the first is the craft itself) and its kinds of work."""

    slug: str
    skills: dict[str, str]
    works: tuple[Work, ...]


TRADES: tuple[Trade, ...] = (
    Trade(
        "plumbing",
        {
            "plumbing": "Plumbing",
            "drains": "Drains",
            "water-heaters": "Water heaters",
            "gas-fitting": "Gas fitting",
        },
        (
            Work("leak-repair", "Leak repair", 60, "urgent", 260, {"plumbing": 1}),
            Work("burst-pipe", "Burst pipe", 90, "emergency", 420, {"plumbing": 2}),
            Work("toilet-repair", "Toilet repair", 60, "standard", 240, {"plumbing": 1}),
            Work("drain-unblocking", "Drain unblocking", 75, "urgent", 290, {"drains": 1}),
            Work(
                "catch-basin-cleaning", "Catch basin cleaning", 75, "standard", 310, {"drains": 1}
            ),
            Work(
                "water-heater-repair",
                "Water heater repair",
                75,
                "standard",
                320,
                {"water-heaters": 2},
            ),
            Work("gas-leak", "Gas leak", 75, "emergency", 420, {"gas-fitting": 2}),
            Work("hydrant-repair", "Hydrant repair", 75, "urgent", 340, {"plumbing": 2}),
        ),
    ),
    Trade(
        "hvac",
        {
            "hvac": "Heating and cooling",
            "boilers": "Boilers",
            "air-conditioning": "Air conditioning",
        },
        (
            Work("boiler-repair", "Boiler repair", 90, "urgent", 400, {"boilers": 2}),
            Work("no-heat", "No heat", 90, "emergency", 460, {"hvac": 2}),
            Work("furnace-repair", "Furnace repair", 90, "urgent", 390, {"hvac": 2}),
            Work(
                "ac-repair", "Air conditioner repair", 90, "standard", 390, {"air-conditioning": 2}
            ),
            Work("ventilation-repair", "Ventilation repair", 90, "standard", 360, {"hvac": 1}),
            Work("thermostat-replacement", "Thermostat replacement", 45, "low", 220, {"hvac": 1}),
        ),
    ),
    Trade(
        "electrical",
        {"electrical": "Electrical", "panels": "Panels and service"},
        (
            Work(
                "outlet-repair", "Outlet or switch repair", 60, "standard", 250, {"electrical": 1}
            ),
            Work("electrical-fault", "Electrical fault", 75, "urgent", 310, {"electrical": 2}),
            Work("power-loss", "Loss of power", 75, "emergency", 390, {"electrical": 2}),
            Work("lighting-repair", "Lighting repair", 60, "standard", 250, {"electrical": 1}),
            Work("panel-upgrade", "Panel upgrade", 240, "low", 980, {"panels": 3}),
        ),
    ),
    Trade(
        "building",
        {"building": "Building repair", "building-inspection": "Building inspection"},
        (
            Work("building-repair", "Building repair", 90, "standard", 330, {"building": 1}),
            Work(
                "building-inspection",
                "Building inspection",
                90,
                "standard",
                310,
                {"building-inspection": 1},
            ),
            Work("unsafe-structure", "Unsafe structure", 90, "emergency", 430, {"building": 2}),
            Work("carpentry-repair", "Carpentry repair", 90, "low", 320, {"building": 1}),
        ),
    ),
    Trade(
        "cleaning",
        {"cleaning": "Cleaning", "graffiti": "Graffiti removal"},
        (
            Work("site-cleaning", "Site cleaning", 45, "standard", 170, {"cleaning": 1}),
            Work("graffiti-removal", "Graffiti removal", 45, "low", 180, {"graffiti": 1}),
            Work("needle-pickup", "Needle pickup", 45, "urgent", 180, {"cleaning": 2}),
            Work("carcass-removal", "Dead animal removal", 45, "urgent", 170, {"cleaning": 1}),
        ),
    ),
    Trade(
        "masonry_paving",
        {"masonry": "Masonry", "paving": "Paving"},
        (
            Work("sidewalk-make-safe", "Sidewalk make safe", 120, "emergency", 520, {"paving": 1}),
            Work("sidewalk-repair", "Sidewalk repair", 120, "low", 480, {"paving": 1}),
            Work("roadway-repair", "Roadway repair", 120, "urgent", 520, {"paving": 2}),
            Work("road-marking", "Road marking", 120, "low", 480, {"paving": 1}),
            Work("masonry-repair", "Masonry repair", 120, "standard", 500, {"masonry": 1}),
        ),
    ),
    Trade(
        "pest_control",
        {"pest-control": "Pest control", "bed-bugs": "Bed bug treatment"},
        (
            Work("rodent-treatment", "Rodent treatment", 60, "standard", 230, {"pest-control": 1}),
            Work("insect-treatment", "Insect treatment", 60, "standard", 230, {"pest-control": 1}),
            Work("bed-bug-treatment", "Bed bug treatment", 60, "urgent", 260, {"bed-bugs": 2}),
        ),
    ),
    Trade(
        "signage",
        {"signage": "Signs"},
        (
            Work("sign-repair", "Sign repair", 45, "standard", 190, {"signage": 1}),
            Work("sign-replacement", "Missing sign", 45, "standard", 200, {"signage": 1}),
            Work("parking-meter-repair", "Parking meter repair", 45, "low", 190, {"signage": 2}),
        ),
    ),
    Trade(
        "street_lighting",
        {"street-lighting": "Street lighting"},
        (
            Work(
                "street-light-repair",
                "Street light repair",
                60,
                "standard",
                280,
                {"street-lighting": 1},
            ),
            Work(
                "street-light-knockdown",
                "Street light knocked down",
                60,
                "emergency",
                380,
                {"street-lighting": 2},
            ),
            Work(
                "street-light-installation",
                "Street light installation",
                60,
                "low",
                300,
                {"street-lighting": 2},
            ),
        ),
    ),
    Trade(
        "traffic_signals",
        {"traffic-signals": "Traffic signals"},
        (
            Work(
                "traffic-signal-inspection",
                "Traffic signal inspection",
                60,
                "emergency",
                350,
                {"traffic-signals": 1},
            ),
            Work(
                "traffic-signal-repair",
                "Traffic signal repair",
                60,
                "urgent",
                360,
                {"traffic-signals": 2},
            ),
        ),
    ),
    Trade(
        "tree",
        {"tree-care": "Tree care", "climbing": "Climbing and rigging"},
        (
            Work("tree-maintenance", "Tree maintenance", 120, "low", 480, {"tree-care": 1}),
            Work("tree-emergency", "Tree emergency", 120, "emergency", 620, {"climbing": 2}),
            Work("tree-planting", "Tree planting", 120, "low", 430, {"tree-care": 1}),
            Work(
                "grounds-maintenance", "Grounds maintenance", 120, "standard", 430, {"tree-care": 1}
            ),
        ),
    ),
    Trade(
        "facility_systems",
        {"facility-systems": "Facility systems"},
        (
            Work(
                "equipment-repair", "Equipment repair", 90, "urgent", 390, {"facility-systems": 1}
            ),
            Work(
                "system-failure",
                "Major system failure",
                90,
                "emergency",
                470,
                {"facility-systems": 2},
            ),
        ),
    ),
)


@transaction.atomic
def create_branch_catalogue(branch: Branch) -> dict[str, ServiceType]:
    """Give the branch the usual skills and service types; return all its service types by slug.

    What the branch already has by the same slug stays as it is, so this can be run again.
    """
    Skill.objects.bulk_create(
        [
            Skill(branch=branch, slug=slug, name=name)
            for trade in TRADES
            for slug, name in trade.skills.items()
        ],
        ignore_conflicts=True,
    )
    skills = {skill.slug: skill for skill in Skill.objects.for_branch(branch)}
    had = set(ServiceType.objects.for_branch(branch).values_list("slug", flat=True))
    ServiceType.objects.bulk_create(
        [
            ServiceType(
                branch=branch,
                slug=work.slug,
                name=work.name,
                trade=trade.slug,
                usual_duration_minutes=work.minutes,
                default_priority=work.priority,
                not_to_exceed=Decimal(work.limit),
            )
            for trade in TRADES
            for work in trade.works
            if work.slug not in had
        ]
    )
    service_types = {kind.slug: kind for kind in ServiceType.objects.for_branch(branch)}
    ServiceTypeSkill.objects.bulk_create(
        [
            ServiceTypeSkill(
                service_type=service_types[work.slug], skill=skills[slug], min_level=level
            )
            for trade in TRADES
            for work in trade.works
            if work.slug not in had
            for slug, level in work.needs.items()
        ]
    )
    return service_types
