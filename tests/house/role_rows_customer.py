"""The role table's rows for the customer's pages: the link decides, whoever is signed in."""

from __future__ import annotations

from uuid import uuid4

from jobs.services.customer_links import customer_token
from tests.house.role_row import Row, each, everybody
from tests.house.role_rows_pages import STAFF, form, of_booked_job, of_job
from tests.house.role_world import FullWorld


def of_link(world: FullWorld) -> dict[str, object]:
    return {"token": customer_token(world.booked_job)}


CONTRACTORS = each(anonymous=302, dispatcher=403, contractor=200, admin=403)


def of_photo(world: FullWorld) -> dict[str, object]:
    return {**of_link(world), "photo": uuid4()}


CUSTOMER = [
    Row("customer:page", everybody(200), kwargs=of_link),
    Row("customer:move", everybody(200), kwargs=of_link),
    Row("customer:cancel", everybody(200), kwargs=of_link),
    Row("customer:notes", everybody(200), kwargs=of_link),
    Row("customer:calendar", everybody(200), kwargs=of_link),
    Row("customer:photo", everybody(404), kwargs=of_photo),
    # Nothing is offered and nobody has been yet: refused in words, on the page itself.
    Row("customer:choose", everybody(409), method="POST", kwargs=of_link),
    Row("customer:rate", everybody(422), method="POST", kwargs=of_link),
    # The portal's: an own price or time, and the customer's pictures for whoever has the visit.
    Row(
        "portal:own_terms",
        {**CONTRACTORS, "other_contractor": 404},
        kwargs=lambda world: {"public_id": world.offer.public_id},
    ),
    Row(
        "portal:own_terms",
        {**CONTRACTORS, "contractor": (200, 302, 422), "other_contractor": 404},
        method="POST",
        kwargs=lambda world: {"public_id": world.offer.public_id},
    ),
    Row(
        "portal:visit_photo",
        {**CONTRACTORS, "contractor": 404, "other_contractor": 404},
        kwargs=lambda world: {"public_id": uuid4(), "photo": uuid4()},
    ),
    # The console's side: remedies, changes and the link. Sent empty they are refused in words.
    form("console:remedy", of_job),
    form("console:offer_windows", of_job),
    Row("console:move", STAFF, kwargs=of_job),
    form("console:move", of_job),
    form("console:proposal", of_job),
    form("console:request", of_job),
    form("console:follow_up", of_booked_job),
    form("console:customer_link", of_booked_job),
    Row(
        "console:customer_photo",
        {**STAFF, "dispatcher": 404, "admin": 404},
        kwargs=lambda world: {**of_job(world), "photo": uuid4()},
    ),
]
