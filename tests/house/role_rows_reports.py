"""The role table's rows for the console's reports."""

from __future__ import annotations

from tests.house.role_row import Row
from tests.house.role_rows_pages import ENTRY, STAFF, of_branch
from tests.house.role_world import FullWorld


def of_measure(world: FullWorld) -> dict[str, object]:
    return {"branch": world.branch.slug, "measure": "offers-per-job"}


REPORTS = [
    Row("console:reports", ENTRY),
    Row("console:branch_reports", STAFF, kwargs=of_branch),
    Row("console:reports_csv", STAFF, kwargs=of_branch),
    Row("console:report", STAFF, kwargs=of_measure),
    Row("console:report_csv", STAFF, kwargs=of_measure),
]
