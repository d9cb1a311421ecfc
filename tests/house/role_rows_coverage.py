"""The role table's rows for the coverage pages."""

from __future__ import annotations

from tests.house.role_row import Row
from tests.house.role_rows_pages import ENTRY, STAFF, of_branch

COVERAGE = [
    Row("console:coverage", ENTRY),
    Row("console:branch_coverage", STAFF, kwargs=of_branch),
    Row("console:what_if", STAFF, kwargs=of_branch),
]
