"""The role table's rows for explaining the ranking: in the console and in the portal."""

from __future__ import annotations

from ranking.models import Outcome
from tests.house.role_row import Row, each
from tests.house.role_rows_pages import CONTRACTORS, DONE, ENTRY, MINE, MINE_FORM, STAFF, of_branch
from tests.house.role_world import FullWorld


def of_outcome(world: FullWorld) -> dict[str, object]:
    """What became of the contractor's first offer."""
    found = Outcome.objects.filter(contractor=world.contractor).earliest("pk")
    return {"outcome_id": found.pk}


def of_ranked_job(world: FullWorld) -> dict[str, object]:
    return {"public_id": world.booked_job.public_id}


def of_no_client(world: FullWorld) -> dict[str, object]:
    return {"client_id": 1}


EXPLAIN = [
    Row("console:ranking", ENTRY),
    Row("console:branch_ranking", STAFF, kwargs=of_branch),
    # Only an admin of the branch; without a suggestion it goes back and says so.
    Row(
        "console:try_suggestion",
        each(anonymous=302, dispatcher=403, contractor=403, admin=302, other_dispatcher=404),
        method="POST",
        kwargs=of_branch,
    ),
    Row("portal:scorecard", CONTRACTORS),
    Row("portal:figure", CONTRACTORS, kwargs=lambda world: {"key": "on-time"}),
    Row("portal:outcome", MINE, kwargs=of_outcome),
    Row("portal:dispute", {**MINE_FORM, "contractor": DONE}, method="POST", kwargs=of_outcome),
    Row("portal:missed", CONTRACTORS),
    # Of another branch: not there.
    Row("portal:missed_job", MINE, kwargs=of_ranked_job),
    Row("portal:clients", CONTRACTORS),
    Row("portal:refuse_client", {**MINE, "contractor": 404}, method="POST", kwargs=of_no_client),
    Row("portal:accept_client", {**MINE, "contractor": 404}, method="POST", kwargs=of_no_client),
]
