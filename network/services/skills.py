"""Writes what technicians can do, and which kinds of work a contractor does not take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from network.errors import NetworkError
from network.models import (
    Contractor,
    ContractorEvent,
    ServiceLeftOut,
    ServiceType,
    Skill,
    Technician,
    TechnicianSkill,
)
from network.services.calendar import lock_technicians
from network.services.history import note_event
from network.services.snapshots import Snapshot, services_snapshot, skills_snapshot

LOWEST_LEVEL, HIGHEST_LEVEL = 1, 3


@transaction.atomic
def set_skills(
    *,
    contractor_id: int,
    technician_id: int,
    levels: Mapping[int, int],
    actor_id: int | None = None,
) -> ContractorEvent | None:
    """Let a technician have exactly these skills, as skill id → level (1 to 3).

    A skill that stays keeps its certificate. Returns the event that ``undo_change`` takes back, or
    None when nothing changed. Raises NetworkError (field ``skills``) for a skill of another branch
    or a level that is none, and for somebody who is not of the firm.
    """
    contractor = _locked(contractor_id)
    technician = _own(contractor_id, technician_id)
    known = dict(
        Skill.objects.for_branch(contractor.branch_id)
        .filter(pk__in=list(levels))
        .values_list("pk", "name")
    )
    if set(levels) - set(known):
        raise NetworkError("unknown-skill", "Choose skills from the list.", "skills")
    for skill_id, level in levels.items():
        if not LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
            raise NetworkError(
                "bad-level", f"Choose a level of 1 to 3 for {known[skill_id]}.", "skills"
            )
    before = skills_snapshot(contractor_id)
    rows = {row.skill_id: row for row in TechnicianSkill.objects.filter(technician=technician)}
    gone = [row.pk for skill_id, row in rows.items() if skill_id not in levels]
    if gone:
        TechnicianSkill.objects.filter(pk__in=gone).delete()
    changed = [
        row
        for skill_id, row in rows.items()
        if skill_id in levels and row.level != levels[skill_id]
    ]
    for row in changed:
        row.level = levels[row.skill_id]
    if changed:
        TechnicianSkill.objects.bulk_update(changed, ["level"])
    TechnicianSkill.objects.bulk_create(
        TechnicianSkill(
            technician=technician, skill_id=skill_id, level=level, contractor_id=contractor_id
        )
        for skill_id, level in levels.items()
        if skill_id not in rows
    )
    return _note(contractor_id, "skills-changed", actor_id, technician.name, before)


@transaction.atomic
def remove_skill(
    *,
    contractor_id: int,
    skill_id: int,
    technician_ids: Collection[int],
    actor_id: int | None = None,
) -> ContractorEvent | None:
    """Take a skill, with its certificate, from these technicians of the firm.

    Returns the event that ``undo_change`` takes back, or None when nobody had the skill.
    """
    _locked(contractor_id)
    lock_technicians(technician_ids)
    skill = Skill.objects.get(pk=skill_id)
    before = skills_snapshot(contractor_id)
    TechnicianSkill.objects.filter(
        contractor_id=contractor_id, skill_id=skill_id, technician_id__in=list(technician_ids)
    ).delete()
    return _note(contractor_id, "skills-changed", actor_id, f"without {skill.name}", before)


@transaction.atomic
def leave_service_out(
    *, contractor_id: int, service_type_id: int, actor_id: int | None = None
) -> ContractorEvent | None:
    """Stop asking the contractor about one kind of work; skills and visits stay.

    Returns the event that ``undo_change`` takes back, or None when it was left out already. Raises
    NetworkError for a kind of work of another branch.
    """
    contractor = _locked(contractor_id)
    service = (
        ServiceType.objects.for_branch(contractor.branch_id).filter(pk=service_type_id).first()
    )
    if service is None:
        raise NetworkError("unknown-service", "Choose one of the branch’s services.", "service")
    before = services_snapshot(contractor_id)
    ServiceLeftOut.objects.get_or_create(contractor_id=contractor_id, service_type=service)
    return _note_services(contractor_id, actor_id, f"without {service.name}", before)


@transaction.atomic
def take_service_in(
    *, contractor_id: int, service_type_id: int, actor_id: int | None = None
) -> ContractorEvent | None:
    """Ask the contractor about this kind of work again; None when it was not left out."""
    _locked(contractor_id)
    before = services_snapshot(contractor_id)
    rows = ServiceLeftOut.objects.filter(
        contractor_id=contractor_id, service_type_id=service_type_id
    ).select_related("service_type")
    name = "".join(row.service_type.name for row in rows)
    rows.delete()
    return _note_services(contractor_id, actor_id, f"again {name}", before)


def write_skills(contractor_id: int, snapshot: Snapshot) -> None:
    """Let the firm's skills be exactly those of the snapshot, certificates included."""
    TechnicianSkill.objects.filter(contractor_id=contractor_id).delete()
    TechnicianSkill.objects.bulk_create(
        TechnicianSkill(
            technician_id=int(technician_id),
            contractor_id=contractor_id,
            skill_id=skill_id,
            level=level,
            certificate_number=number,
            expires_on=None if until is None else date.fromisoformat(until),
        )
        for technician_id, rows in snapshot.items()
        for skill_id, level, number, until in rows
    )


def write_services(contractor_id: int, snapshot: Snapshot) -> None:
    """Let exactly the snapshot's kinds of work be left out."""
    kept: list[int] = snapshot["left_out"]
    mine = ServiceLeftOut.objects.filter(contractor_id=contractor_id)
    mine.exclude(service_type_id__in=kept).delete()
    ServiceLeftOut.objects.bulk_create(
        [ServiceLeftOut(contractor_id=contractor_id, service_type_id=pk) for pk in kept],
        ignore_conflicts=True,
    )


def _note(
    contractor_id: int, action: str, actor_id: int | None, note: str, before: Snapshot
) -> ContractorEvent | None:
    after = skills_snapshot(contractor_id)
    if after == before:
        return None
    return _event(contractor_id, action, actor_id, note, {"before": before, "after": after})


def _note_services(
    contractor_id: int, actor_id: int | None, note: str, before: Snapshot
) -> ContractorEvent | None:
    after = services_snapshot(contractor_id)
    if after == before:
        return None
    data = {"before": before, "after": after}
    return _event(contractor_id, "services-changed", actor_id, note, data)


def _event(
    contractor_id: int, action: str, actor_id: int | None, note: str, data: dict[str, Any]
) -> ContractorEvent:
    return note_event(
        contractor_id=contractor_id, action=action, actor_id=actor_id, note=note, data=data
    )


def _own(contractor_id: int, technician_id: int) -> Technician:
    lock_technicians([technician_id])
    technician = Technician.objects.filter(pk=technician_id, contractor_id=contractor_id).first()
    if technician is None:
        raise NetworkError("unknown-technician", "Choose one of your own people.", "technician")
    return technician


def _locked(contractor_id: int) -> Contractor:
    return Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
