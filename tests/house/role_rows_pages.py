"""The role table's rows for the pages of dispatchers and contractors."""

from __future__ import annotations

from tests.house.role_row import Arguments, Row, Status, each
from tests.house.role_world import FullWorld

# -- the console: 403 without any branch, 404 for another branch ---------------------------------
ENTRY = each(anonymous=302, dispatcher=302, contractor=403, admin=302)
STAFF = each(anonymous=302, dispatcher=200, contractor=403, admin=200, other_dispatcher=404)
# A form sent empty: shown again, refused as it is, or done.
DONE: tuple[int, ...] = (200, 204, 302, 303, 409, 422)
STAFF_FORM: dict[str, Status] = {**STAFF, "dispatcher": DONE, "admin": DONE}


def of_branch(world: FullWorld) -> dict[str, object]:
    return {"branch": world.branch.slug}


def of_job(world: FullWorld) -> dict[str, object]:
    return {"branch": world.branch.slug, "job": str(world.job.public_id)}


def of_booked_job(world: FullWorld) -> dict[str, object]:
    return {"branch": world.branch.slug, "job": str(world.booked_job.public_id)}


def of_question(world: FullWorld) -> dict[str, object]:
    return {"branch": world.branch.slug, "question": world.escalation.pk}


def form(name: str, kwargs: Arguments) -> Row:
    """An address that takes a form from staff; opening it changes nothing."""
    return Row(name, STAFF_FORM, method="POST", kwargs=kwargs)


CONSOLE = [
    Row("console:board", ENTRY),
    Row("console:messages", ENTRY),
    Row("console:new_job", ENTRY),
    Row(
        "console:choose_branch",
        each(anonymous=302, dispatcher=(302, 404), contractor=(302, 403, 404), admin=(302, 404)),
        method="POST",
    ),
    Row("console:branch_board", STAFF, kwargs=of_branch),
    Row("console:jobs_csv", STAFF, kwargs=of_branch),
    # Without ASGI an event stream answers 204 and the page polls.
    Row("console:stream", {**STAFF, "dispatcher": 204, "admin": 204}, kwargs=of_branch),
    Row("console:branch_messages", STAFF, kwargs=of_branch),
    Row("console:zip_lookup", STAFF, kwargs=of_branch, query="?zip=02215"),
    Row("console:branch_new_job", STAFF, kwargs=of_branch),
    Row("console:job", STAFF, kwargs=of_job),
    Row("console:not_eligible", STAFF, kwargs=of_job),
    form("console:branch_new_job", of_branch),
    form("console:who_first", of_branch),
    form("console:assign", of_job),
    form("console:offer_next", of_job),
    form("console:phone_answer", of_job),
    form("console:search_again", of_job),
    form("console:rebook", of_job),
    form("console:visit_step", of_booked_job),
    form("console:release", of_booked_job),
    form("console:cancel", of_job),
    form("console:settle", of_question),
]

# -- the portal: 403 without a contractor, 404 for what is another contractor's ------------------
CONTRACTORS = each(anonymous=302, dispatcher=403, contractor=200, admin=403)
MINE = {**CONTRACTORS, "other_contractor": 404}
MINE_FORM: dict[str, Status] = {**MINE, "contractor": DONE}


def of_offer(world: FullWorld) -> dict[str, object]:
    return {"public_id": world.offer.public_id}


def of_visit(world: FullWorld) -> dict[str, object]:
    return {"public_id": world.booking.public_id}


def of_time_off(world: FullWorld) -> dict[str, object]:
    return {"entry_id": world.time_off.pk}


def answer(name: str, kwargs: Arguments) -> Row:
    """An address that takes a form from the contractor whose thing it is."""
    return Row(name, MINE_FORM, method="POST", kwargs=kwargs)


PORTAL = [
    Row("portal:today", CONTRACTORS),
    Row("portal:offers", CONTRACTORS),
    Row("portal:offer", MINE, kwargs=of_offer),
    answer("portal:accept", of_offer),
    answer("portal:decline", of_offer),
    Row("portal:visits", CONTRACTORS),
    Row("portal:visit", MINE, kwargs=of_visit),
    answer("portal:start", of_visit),
    answer("portal:arrived", of_visit),
    answer("portal:eta", of_visit),
    answer("portal:complete", of_visit),
    answer("portal:release", of_visit),
    Row("portal:calendar", CONTRACTORS),
    Row(
        "portal:time_off",
        {**CONTRACTORS, "contractor": DONE, "other_contractor": DONE},
        method="POST",
    ),
    answer("portal:remove_time_off", of_time_off),
    Row("portal:you", CONTRACTORS),
    Row("portal:choose", {**CONTRACTORS, "contractor": (200, 302), "other_contractor": (200, 302)}),
    # An event stream cannot show a sign-in page.
    Row(
        "portal:stream",
        {**CONTRACTORS, "anonymous": 403, "contractor": 204, "other_contractor": 204},
    ),
]
