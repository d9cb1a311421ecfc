"""What a contractor's profile holds, as plain values: kept with a change so it can be undone."""

from __future__ import annotations

from typing import Any

from network.models import ServiceLeftOut, TechnicianSkill, Territory, WorkingHours

Snapshot = dict[str, Any]


def territory_snapshot(contractor_id: int) -> Snapshot | None:
    """The shape of the area, without its cells, which follow from it; None where there is none."""
    row = (
        Territory.objects.filter(contractor_id=contractor_id)
        .values("kind", "latitude", "longitude", "radius_km", "outline", "zips", "left_out")
        .first()
    )
    return None if row is None else dict(row)


def skills_snapshot(contractor_id: int) -> Snapshot:
    """Skills by technician: ``{technician id: [[skill id, level, certificate, expiry], …]}``."""
    found: dict[str, list[list[Any]]] = {}
    rows = (
        TechnicianSkill.objects.filter(contractor_id=contractor_id)
        .order_by("technician_id", "skill_id")
        .values_list("technician_id", "skill_id", "level", "certificate_number", "expires_on")
    )
    for technician_id, skill_id, level, number, expires_on in rows:
        until = None if expires_on is None else expires_on.isoformat()
        found.setdefault(str(technician_id), []).append([skill_id, level, number, until])
    return found


def services_snapshot(contractor_id: int) -> Snapshot:
    """The kinds of work left out: ``{"left_out": [service type id, …]}``."""
    ids = ServiceLeftOut.objects.filter(contractor_id=contractor_id)
    return {"left_out": sorted(ids.values_list("service_type_id", flat=True))}


def hours_snapshot(technician_id: int) -> list[list[Any]]:
    """Weekly hours: ``[[weekday, "08:00", "17:00"], …]``."""
    rows = WorkingHours.objects.filter(technician_id=technician_id).order_by("weekday", "starts")
    return [[row.weekday, f"{row.starts:%H:%M}", f"{row.ends:%H:%M}"] for row in rows]
