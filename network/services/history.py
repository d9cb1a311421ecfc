"""Writes a contractor's history."""

from __future__ import annotations

from typing import Any

from network.models import ContractorEvent


def note_event(
    *,
    contractor_id: int,
    action: str,
    actor_id: int | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> ContractorEvent:
    """Write one row into the caller's transaction."""
    return ContractorEvent.objects.create(
        contractor_id=contractor_id,
        action=action,
        actor_id=actor_id,
        note=note[:500],
        data=data or {},
    )
