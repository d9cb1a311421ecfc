"""The role table's rows for messages: links, preferences, hooks, the demo's mailbox."""

from __future__ import annotations

from tests.house.role_row import Row, each, everybody
from tests.house.role_world import FullWorld

CONTRACTORS = each(anonymous=302, dispatcher=403, contractor=200, admin=403)
STAFF = each(anonymous=302, dispatcher=200, contractor=403, admin=200, other_dispatcher=404)


def of_branch(world: FullWorld) -> dict[str, object]:
    return {"branch": world.branch.slug}


MESSAGES = [
    Row("portal:messages", CONTRACTORS),
    Row("portal:messages", CONTRACTORS, method="POST"),  # the form again, with what is missing
    Row("portal:push", {**CONTRACTORS, "contractor": 302, "other_contractor": 302}, method="POST"),
    Row("portal:service_worker", everybody(200)),
    Row("console:digest", STAFF, kwargs=of_branch),
    Row(
        "console:digest",
        {**STAFF, "dispatcher": 302, "admin": 302},
        method="POST",
        kwargs=of_branch,
    ),
    Row("mailbox", everybody(200)),  # the tests run as a demo
    Row("portal:tap", everybody(404), kwargs=lambda world: {"token": "nothing"}),
    # No provider is set up in the tests' settings: these are tested in tests/messages.
    Row("hooks:email", everybody(404), method="POST"),
    Row("hooks:sms", everybody(404), method="POST"),
]
