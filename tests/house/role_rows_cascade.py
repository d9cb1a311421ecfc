"""The role table's rows for standbys and for calling in sick."""

from __future__ import annotations

from tests.house.role_row import Row, each

NOTHING = {"public_id": "0192f5c0-0000-7000-8000-000000000000"}
CONTRACTORS = each(anonymous=302, dispatcher=403, contractor=200, admin=403)

CASCADE = [
    Row("portal:sick", CONTRACTORS),
    Row(
        "portal:sick",
        {**CONTRACTORS, "contractor": (200, 302), "other_contractor": (200, 302)},
        method="POST",
        body="days=99",
    ),
    # Nobody is asked to stand by in this world: what is not one's own is not found.
    Row(
        "portal:standby",
        {**CONTRACTORS, "contractor": 404, "other_contractor": 404},
        kwargs=lambda world: NOTHING,
    ),
    Row(
        "portal:standby_answer",
        {**CONTRACTORS, "contractor": 404, "other_contractor": 404},
        method="POST",
        body="answer=yes",
        kwargs=lambda world: NOTHING,
    ),
]
