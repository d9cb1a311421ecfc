"""Takes a change of a profile back, while nothing else has changed the same thing since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from network.errors import NetworkError
from network.models import Contractor, ContractorEvent, TerritoryKind
from network.services.history import note_event
from network.services.skills import write_services, write_skills
from network.services.snapshots import (
    Snapshot,
    services_snapshot,
    skills_snapshot,
    territory_snapshot,
)
from network.services.territory import (
    set_polygon_territory,
    set_radius_territory,
    set_zip_territory,
)


def write_territory(contractor_id: int, snapshot: Snapshot) -> None:
    """Let the area be exactly that of the snapshot; its cells follow from its shape."""
    match snapshot["kind"]:
        case TerritoryKind.RADIUS:
            set_radius_territory(
                contractor_id=contractor_id,
                latitude=snapshot["latitude"],
                longitude=snapshot["longitude"],
                radius_km=snapshot["radius_km"],
                left_out=snapshot["left_out"],
            )
        case TerritoryKind.POLYGON:
            set_polygon_territory(
                contractor_id=contractor_id,
                outline=snapshot["outline"],
                left_out=snapshot["left_out"],
            )
        case _:
            set_zip_territory(contractor_id=contractor_id, zips=snapshot["zips"])


#: What can be undone: how the thing looks now, and how it is put back.
UNDOABLE: dict[str, tuple[Callable[[int], Snapshot | None], Callable[[int, Snapshot], None]]] = {
    "skills-changed": (skills_snapshot, write_skills),
    "services-changed": (services_snapshot, write_services),
    "territory-changed": (territory_snapshot, write_territory),
}


def can_be_undone(event: ContractorEvent) -> bool:
    """Whether the change still stands as it was made; a look, nothing is locked."""
    kind = UNDOABLE.get(event.action)
    if kind is None or event.data.get("before") is None:
        return False
    return _plain(kind[0](event.contractor_id)) == event.data["after"]


@transaction.atomic
def undo_change(
    *, event_id: int, contractor_id: int, actor_id: int | None = None
) -> ContractorEvent:
    """Put back exactly what was before the change, and note that it was.

    Raises NetworkError when the change was undone already or something else has changed the same
    thing since (then nothing is touched), and ContractorEvent.DoesNotExist for another firm's.
    """
    Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    event = ContractorEvent.objects.get(pk=event_id, contractor_id=contractor_id)
    kind = UNDOABLE.get(event.action)
    if kind is None or event.data.get("before") is None:
        raise NetworkError("not-undoable", "This cannot be undone.")
    if ContractorEvent.objects.filter(
        contractor_id=contractor_id, action="change-undone", data__undoes=event.pk
    ).exists():
        raise NetworkError("undone", "This was undone already.")
    read, write = kind
    if _plain(read(contractor_id)) != event.data["after"]:
        raise NetworkError(
            "changed-since",
            "This was changed again since, so it was left as it is now. Correct it by hand.",
        )
    write(contractor_id, event.data["before"])
    return note_event(
        contractor_id=contractor_id,
        action="change-undone",
        actor_id=actor_id,
        note=event.note,
        data={"undoes": event.pk, "change": event.action},
    )


def _plain(value: Any) -> Any:
    """As it comes out of JSON: tuples are lists there."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
