"""Writes the people of a firm."""

from __future__ import annotations

from django.db import transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import (
    Contractor,
    ContractorStatus,
    ContractorUser,
    Technician,
    TechnicianInvitation,
    WorkingHours,
)
from network.services.calendar import lock_technicians
from network.services.history import note_event


@transaction.atomic
def first_technician(*, contractor_id: int, name: str, actor_id: int | None = None) -> Technician:
    """The firm's first active technician, made when there is none: everybody has one."""
    contractor = _locked(contractor_id)
    known = _active(contractor_id).order_by("pk").first()
    if known is not None:
        return known
    return _create(contractor, name.strip()[:120] or contractor.name, actor_id)


@transaction.atomic
def add_technician(*, contractor_id: int, name: str, actor_id: int | None = None) -> Technician:
    """One more person, with the same weekly hours as the first one, still without skills.

    Raises NetworkError (field ``name``) without a name and for one that works there already.
    """
    contractor = _locked(contractor_id)
    name = _checked_name(contractor_id, name)
    first = _active(contractor_id).order_by("pk").first()
    technician = _create(contractor, name, actor_id)
    if first is not None:
        WorkingHours.objects.bulk_create(
            WorkingHours(
                technician=technician, weekday=row.weekday, starts=row.starts, ends=row.ends
            )
            for row in first.working_hours.all()
        )
    return technician


@transaction.atomic
def rename_technician(
    *, contractor_id: int, technician_id: int, name: str, actor_id: int | None = None
) -> Technician:
    """Raises NetworkError (field ``name``) as ``add_technician`` does."""
    _locked(contractor_id)
    technician = _own(contractor_id, technician_id)
    if name.strip() != technician.name:
        before, technician.name = technician.name, _checked_name(contractor_id, name)
        technician.save(update_fields=["name"])
        note_event(
            contractor_id=contractor_id,
            action="person-renamed",
            actor_id=actor_id,
            note=f"{before} is now {technician.name}",
        )
    return technician


@transaction.atomic
def deactivate_technician(
    *, contractor_id: int, technician_id: int, actor_id: int | None = None
) -> Technician:
    """Let somebody work there no more; own logins that show only theirs stop. Repeatable.

    What this does to offers and visits is found by query and settled by the jobs app within
    seconds. Raises NetworkError for the last one, since a firm without anybody gets no work.
    """
    contractor = _locked(contractor_id)
    technician = _own(contractor_id, technician_id)
    if not technician.active:
        return technician
    others = _active(contractor_id).exclude(pk=technician_id)
    if contractor.status != ContractorStatus.LEFT and not others.exists():
        raise NetworkError(
            "last-one",
            f"{technician.name} is the only one left. Add somebody first, or pause your offers.",
        )
    technician.active = False
    technician.save(update_fields=["active"])
    removed, _ = ContractorUser.objects.filter(technician=technician).delete()
    TechnicianInvitation.objects.filter(
        technician=technician, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=app_now())
    note_event(
        contractor_id=contractor_id,
        action="person-deactivated",
        actor_id=actor_id,
        note=technician.name,
        data={"technician": technician.pk, "logins_removed": removed},
    )
    return technician


@transaction.atomic
def reactivate_technician(
    *, contractor_id: int, technician_id: int, actor_id: int | None = None
) -> Technician:
    """Let somebody work there again, with the skills and hours of before. Repeatable."""
    _locked(contractor_id)
    technician = _own(contractor_id, technician_id)
    if not technician.active:
        technician.active = True
        technician.save(update_fields=["active"])
        note_event(
            contractor_id=contractor_id,
            action="person-reactivated",
            actor_id=actor_id,
            note=technician.name,
            data={"technician": technician.pk},
        )
    return technician


def _create(contractor: Contractor, name: str, actor_id: int | None) -> Technician:
    technician = Technician.objects.create(contractor=contractor, name=name)
    note_event(
        contractor_id=contractor.pk,
        action="person-added",
        actor_id=actor_id,
        note=name,
        data={"technician": technician.pk},
    )
    return technician


def _checked_name(contractor_id: int, name: str) -> str:
    name = " ".join(name.split())[:120]
    if not name:
        raise NetworkError("no-name", "Give a name.", "name")
    if _active(contractor_id).filter(name__iexact=name).exists():
        raise NetworkError("known", f"{name} is in your list already.", "name")
    return name


def _active(contractor_id: int):  # type: ignore[no-untyped-def]
    return Technician.objects.active().of_contractor(contractor_id)


def _own(contractor_id: int, technician_id: int) -> Technician:
    lock_technicians([technician_id])
    technician = Technician.objects.filter(pk=technician_id, contractor_id=contractor_id).first()
    if technician is None:
        raise NetworkError("unknown-technician", "Choose one of your own people.", "technician")
    return technician


def _locked(contractor_id: int) -> Contractor:
    return (
        Contractor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("branch")
        .get(pk=contractor_id)
    )
