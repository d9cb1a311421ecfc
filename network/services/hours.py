"""Writes when people work, and when a contractor may be asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from django.db import transaction

from network.errors import NetworkError
from network.models import Contractor, Technician, WorkingHours
from network.services.calendar import lock_technicians
from network.services.history import note_event
from network.services.snapshots import hours_snapshot
from network.shifts import Shift, ShiftError, check_shifts


@transaction.atomic
def set_working_hours(
    *,
    contractor_id: int,
    technician_id: int,
    shifts: Iterable[Shift],
    actor_id: int | None = None,
) -> bool:
    """Let somebody work exactly these weekly hours, local to the branch; says whether it changed.

    Raises NetworkError (field ``day-0`` for Monday to ``day-6``) for hours that overlap, also past
    midnight, are too short, or start when they end.
    """
    Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    lock_technicians([technician_id])
    technician = Technician.objects.filter(pk=technician_id, contractor_id=contractor_id).first()
    if technician is None:
        raise NetworkError("unknown-technician", "Choose one of your own people.", "technician")
    try:
        ordered = check_shifts(shifts)
    except ShiftError as error:
        raise NetworkError(error.code, error.detail, f"day-{error.weekday}") from error
    before = hours_snapshot(technician_id)
    after = [[s.weekday, f"{s.starts:%H:%M}", f"{s.ends:%H:%M}"] for s in ordered]
    if after == before:
        return False
    WorkingHours.objects.filter(technician=technician).delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(technician=technician, weekday=s.weekday, starts=s.starts, ends=s.ends)
        for s in ordered
    )
    note_event(
        contractor_id=contractor_id,
        action="hours-changed",
        actor_id=actor_id,
        note=technician.name,
        data={"technician": technician_id, "before": before, "after": after},
    )
    return True


@transaction.atomic
def set_contact_hours(
    *,
    contractor_id: int,
    contact_from: time | None,
    contact_until: time | None,
    actor_id: int | None = None,
) -> Contractor:
    """Say when offers may come, local to the branch; both None: at any hour.

    Hours may run past midnight. Raises NetworkError (field ``contact_from``) for only one of them,
    and for two that are the same.
    """
    if (contact_from is None) != (contact_until is None):
        raise NetworkError(
            "one-missing",
            "Give both times, or neither to be asked at any hour.",
            "contact_from" if contact_from is None else "contact_until",
        )
    if contact_from is not None and contact_from == contact_until:
        raise NetworkError(
            "no-length",
            "These are the same time. Give different ones, or neither to be asked at any hour.",
            "contact_until",
        )
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    if (contractor.contact_from, contractor.contact_until) != (contact_from, contact_until):
        before = [_text(contractor.contact_from), _text(contractor.contact_until)]
        contractor.contact_from, contractor.contact_until = contact_from, contact_until
        contractor.save(update_fields=["contact_from", "contact_until"])
        note_event(
            contractor_id=contractor_id,
            action="contact-hours-changed",
            actor_id=actor_id,
            data={"before": before, "after": [_text(contact_from), _text(contact_until)]},
        )
    return contractor


def _text(moment: time | None) -> str | None:
    return None if moment is None else f"{moment:%H:%M}"
