"""The role table's rows for explaining the ranking: in the console and in the portal."""

from __future__ import annotations

from tests.house.role_row import Row, each
from tests.house.role_rows_pages import ENTRY, STAFF, of_branch

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
]
