"""The role table's rows for what contractors change for themselves."""

from __future__ import annotations

from tests.house.role_row import Row, Status, each, everybody
from tests.house.role_world import FullWorld

CONTRACTORS = each(anonymous=302, dispatcher=403, contractor=200, admin=403)
DONE: tuple[int, ...] = (200, 302)
FORM: dict[str, Status] = {**CONTRACTORS, "contractor": DONE, "other_contractor": DONE}
MINE = {**CONTRACTORS, "other_contractor": 404}
MINE_FORM: dict[str, Status] = {**MINE, "contractor": DONE}


def of_section(world: FullWorld) -> dict[str, object]:
    return {"key": "documents"}


def of_person(world: FullWorld) -> dict[str, object]:
    return {"public_id": world.contractor.technicians.get().public_id}


def of_offer(world: FullWorld) -> dict[str, object]:
    return {"public_id": world.offer.public_id}


PROFILE = [
    Row("portal:section", CONTRACTORS, kwargs=of_section),
    Row("portal:section", FORM, method="POST", kwargs=of_section),
    Row("portal:where_covers", CONTRACTORS, method="POST"),
    Row("portal:pause", CONTRACTORS),
    Row("portal:pause", FORM, method="POST", body="until=hour"),
    Row("portal:resume", FORM, method="POST"),
    Row("portal:leave", CONTRACTORS),
    # Without the tick nothing happens.
    Row("portal:leave", {**CONTRACTORS, "other_contractor": 200}, method="POST"),
    Row("portal:calendar_feed", CONTRACTORS),
    Row("portal:calendar_feed", FORM, method="POST", body="do=make"),
    Row("portal:feed", everybody(404), kwargs=lambda world: {"token": "nothing"}),
    Row("portal:people", CONTRACTORS),
    Row("portal:people", FORM, method="POST", body="name=Zoe"),
    Row("portal:person", MINE, kwargs=of_person),
    Row("portal:person", MINE_FORM, method="POST", kwargs=of_person, body="do=deactivate"),
    Row("portal:person_login", MINE_FORM, method="POST", kwargs=of_person, body="do=remove"),
    Row("portal:accept_login", everybody(410), kwargs=lambda world: {"token": "nothing"}),
    Row(
        "portal:document",
        {**CONTRACTORS, "contractor": 404, "other_contractor": 404},
        kwargs=lambda world: {"public_id": world.offer.public_id},
    ),
    # The offer of the world is open: there is nothing to correct yet.
    Row("portal:correct", {**MINE, "contractor": 302}, kwargs=of_offer),
    Row(
        "portal:change",
        {**CONTRACTORS, "contractor": 404, "other_contractor": 404},
        kwargs=lambda world: {"event_id": 0},
    ),
    Row(
        "portal:take_service",
        FORM,
        method="POST",
        kwargs=lambda world: {"service_id": world.service_type.pk},
    ),
]
