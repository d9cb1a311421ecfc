"""What a contractor can correct in the profile after saying no, and what each choice would change.

Effects are counted over the offers of the last 90 days, which the contractor has seen: nothing
about other firms, and no place more exact than the quarter of the offer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jobs.models import Job, Offer
from network import display
from network.geo import cell_and_ancestors, cell_centre, circle_cells, distance_km, lookup_zip
from network.models import (
    Branch,
    ContractorEvent,
    ServiceLeftOut,
    ServiceType,
    ServiceTypeSkill,
    Skill,
    TechnicianSkill,
    Territory,
    TerritoryCell,
    TerritoryKind,
)
from network.services.skills import leave_service_out, remove_skill
from network.services.territory import (
    set_polygon_territory,
    set_radius_territory,
    set_zip_territory,
)
from network.zip_index import zip_cells
from portal.access import Acting

LOOK_BACK = timedelta(days=90)
_KM_PER_MILE = 1.609344
#: Radii offered below the way to the job, as shares of it (ours); whole units of the branch.
_SHARES = (0.95, 0.8, 0.6)


@dataclass(frozen=True, slots=True)
class Choice:
    """One correction: what it is called, what it would change, and how it is made."""

    value: str
    label: str
    effects: list[str]
    apply: Callable[[], ContractorEvent | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One offer of the last 90 days, as far as corrections count it."""

    service_type_id: int
    zip: str
    cell: int


def asked_lately(acting: Acting, at: datetime) -> list[_Asked]:
    """The offers of the last 90 days; one query."""
    rows = (
        acting.offers()
        .filter(made_at__gte=at - LOOK_BACK)
        .values_list("job__service_type_id", "job__postcode", "job__cell")
    )
    return [_Asked(service, postcode[:5], cell) for service, postcode, cell in rows]


def work_choices(acting: Acting, offer: Offer, *, at: datetime) -> list[Choice]:
    """After “not my kind of work”: leave out this kind of work, or a skill that it needs."""
    asked = asked_lately(acting, at)
    service = offer.job.service_type
    choices = []
    left_out = ServiceLeftOut.objects.filter(contractor=acting.contractor, service_type=service)
    if acting.technician_id is None and not left_out.exists():
        choices.append(_without_service(acting, service, asked))
    needed = ServiceTypeSkill.objects.filter(service_type=service).select_related("skill")
    has = TechnicianSkill.objects.filter(
        technician__in=acting.technicians, skill__in=[need.skill_id for need in needed]
    )
    holders: dict[int, list[int]] = {}
    for row in has:
        holders.setdefault(row.skill_id, []).append(row.technician_id)
    names = {person.pk: person.name for person in acting.technicians}
    for need in needed:
        people = holders.get(need.skill_id, [])
        if not people:
            continue
        losing = _works_with(acting, need.skill)
        choices.append(_without_skill(acting, need.skill, people, losing, asked, who=""))
        if len(people) > 1 and offer.technician_id in people:
            name = names[offer.technician_id]
            choices.append(
                _without_skill(acting, need.skill, [offer.technician_id], losing, asked, who=name)
            )
    return choices


def _without_service(acting: Acting, service: ServiceType, asked: list[_Asked]) -> Choice:
    count = sum(1 for row in asked if row.service_type_id == service.pk)

    def apply() -> ContractorEvent | None:
        return leave_service_out(
            contractor_id=acting.contractor.pk,
            service_type_id=service.pk,
            actor_id=acting.user.pk,
        )

    return Choice(
        value="service",
        label=f"No more {_lower(service.name)}",
        effects=[f"Your skills stay. {_of_asked(count, len(asked))}"],
        apply=apply,
    )


def _without_skill(
    acting: Acting,
    skill: Skill,
    people: list[int],
    losing: list[ServiceType],
    asked: list[_Asked],
    *,
    who: str,
) -> Choice:
    ids = {service.pk for service in losing}
    count = sum(1 for row in asked if row.service_type_id in ids)
    names = [_lower(service.name) for service in losing]
    listed = _listed(names)
    name = _lower(skill.name)
    if who:
        label, value = f"{who} does not do {name}", f"skill-{skill.pk}-{people[0]}"
        about = f"about {listed}" if listed else "about that"
        effects = [f"{who} is no longer asked {about}. The others still are."]
    else:
        label, value = f"Nothing with {name}", f"skill-{skill.pk}"
        effects = [f"You would not be asked about {listed}."] if listed else []
        effects.append(_of_asked(count, len(asked)))

    def apply() -> ContractorEvent | None:
        return remove_skill(
            contractor_id=acting.contractor.pk,
            skill_id=skill.pk,
            technician_ids=people,
            actor_id=acting.user.pk,
        )

    return Choice(value=value, label=label, effects=effects, apply=apply)


def _works_with(acting: Acting, skill: Skill) -> list[ServiceType]:
    """The kinds of work that need the skill, by name."""
    return list(
        ServiceType.objects.for_branch(acting.contractor.branch_id)
        .filter(active=True, required_skills__skill=skill)
        .order_by("name")
    )


def place_choices(acting: Acting, offer: Offer, *, at: datetime) -> list[Choice]:
    """After “too far”: a smaller radius, or an area without this ZIP code; for the whole firm."""
    territory = Territory.objects.filter(contractor=acting.contractor).first()
    if acting.technician_id is not None or territory is None:
        return []
    asked = asked_lately(acting, at)
    choices = []
    if territory.kind == TerritoryKind.RADIUS:
        choices += _smaller_radii(acting, territory, offer.job, asked)
    choice = _without_zip(acting, territory, offer.job, asked)
    return [*choices, choice] if choice is not None else choices


def _smaller_radii(
    acting: Acting, territory: Territory, job: Job, asked: list[_Asked]
) -> list[Choice]:
    assert territory.radius_km is not None
    unit = acting.contractor.branch.distance_unit
    size = _KM_PER_MILE if unit == "mi" else 1.0
    # The middle of the job's cell, so that the figures tell no more than the quarter does.
    away = distance_km(territory.latitude, territory.longitude, *cell_centre(job.cell))
    choices = []
    for radius in _radii(min(away, territory.radius_km), size):
        # A cell counts by its centre, so that of the job must lie outside.
        if radius * size >= min(away, territory.radius_km):
            continue
        choices.append(_radius_choice(acting, territory, radius, size, unit, asked))
    return choices


def _radii(below_km: float, size: float) -> list[int]:
    """Whole units, the largest first."""
    found = {int(below_km / size * share) for share in _SHARES}
    return sorted((radius for radius in found if radius * size >= 1), reverse=True)


def _radius_choice(
    acting: Acting, territory: Territory, radius: int, size: float, unit: str, asked: list[_Asked]
) -> Choice:
    cells = set(circle_cells(territory.latitude, territory.longitude, radius * size))
    outside = sum(1 for row in asked if cells.isdisjoint(cell_and_ancestors(row.cell)))
    assert territory.radius_km is not None

    def apply() -> ContractorEvent | None:
        set_radius_territory(
            contractor_id=acting.contractor.pk,
            latitude=territory.latitude,
            longitude=territory.longitude,
            radius_km=radius * size,
            left_out=territory.left_out,
            actor_id=acting.user.pk,
        )
        return _newest(acting)

    return Choice(
        value=f"radius-{radius}",
        label=f"At most {radius} {unit} from my base",
        effects=[
            f"It is {_radius(territory.radius_km, unit)} now. {_of_asked(outside, len(asked))}"
        ],
        apply=apply,
    )


def _without_zip(
    acting: Acting, territory: Territory, job: Job, asked: list[_Asked]
) -> Choice | None:
    code = job.postcode[:5]
    place = lookup_zip(code)
    if place is None or code in territory.left_out:
        return None
    gone = set(zip_cells(code))
    if job.cell not in gone or not _holds_other_cells(territory, gone):
        return None
    count = sum(1 for row in asked if row.cell in gone)

    def apply() -> ContractorEvent | None:
        left_out = [*territory.left_out, code]
        common: dict[str, Any] = {
            "contractor_id": acting.contractor.pk,
            "actor_id": acting.user.pk,
        }
        if territory.kind == TerritoryKind.ZIPS:
            set_zip_territory(zips=[z for z in territory.zips or [] if z != code], **common)
        elif territory.kind == TerritoryKind.POLYGON:
            set_polygon_territory(outline=territory.outline or [], left_out=left_out, **common)
        else:
            assert territory.radius_km is not None
            set_radius_territory(
                latitude=territory.latitude,
                longitude=territory.longitude,
                radius_km=territory.radius_km,
                left_out=left_out,
                **common,
            )
        return _newest(acting)

    return Choice(
        value=f"zip-{code}",
        label=f"Not in {code} {job.area or place.city.title()}",
        effects=[f"The rest of your area stays. {_of_asked(count, len(asked))}"],
        apply=apply,
    )


def _holds_other_cells(territory: Territory, gone: set[int]) -> bool:
    if territory.kind == TerritoryKind.ZIPS:
        return len(territory.zips or []) > 1
    return TerritoryCell.objects.filter(territory=territory).exclude(cell__in=gone).exists()


def _newest(acting: Acting) -> ContractorEvent | None:
    """The event that the change of area has just noted."""
    return (
        ContractorEvent.objects.filter(contractor=acting.contractor, action="territory-changed")
        .order_by("-id")
        .first()
    )


def change_text(event: ContractorEvent, branch: Branch) -> str:
    """What a change of the profile has made of it, in a few words."""
    if event.action != "territory-changed":
        word, _, name = event.note.partition(" ")
        if word in ("without", "again"):
            return f"{word.capitalize()} {_lower(name)}"
        return f"Skills of {event.note}"  # the name of whom the skills page was saved for
    before, after = event.data["before"] or {}, event.data["after"]
    left_out = sorted(set(after["left_out"]) - set(before.get("left_out", [])))
    left_out += sorted(set(before.get("zips") or []) - set(after["zips"] or []))
    if left_out and after["kind"] == before.get("kind"):
        return f"Your area without {', '.join(left_out[:6])}"
    if after["kind"] == TerritoryKind.RADIUS:
        return f"{_radius(after['radius_km'], branch.distance_unit)} around your base"
    if after["kind"] == TerritoryKind.ZIPS:
        return f"{len(after['zips'])} ZIP codes"
    return "An area drawn on the map"


def _radius(km: float, unit: str) -> str:
    """``3 mi``, ``15.5 mi``: a radius that was chosen is mostly a whole number."""
    return display.distance(km, unit).replace(".0 ", " ")


def _of_asked(count: int, total: int) -> str:
    if not total:
        return "You were not asked in the last 90 days."
    if not count:
        return f"None of your {total} offers of the last 90 days would have been missing."
    if total == 1:
        return "Your one offer of the last 90 days would not have come."
    return f"{count} of your {total} offers of the last 90 days would not have come."


def _listed(names: list[str]) -> str:
    """``a, b and c``; of more than six the first five and their number."""
    shown = names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def _lower(name: str) -> str:
    """As within a sentence; names such as HVAC stay."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
