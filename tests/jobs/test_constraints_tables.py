"""What the tables refuse at once: each bad write is refused, and passes once its guard is gone."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.jobs.guards import Past, check_guard, past  # noqa: F401
from tests.jobs.table_cases import CASES as TABLES
from tests.jobs.table_cases_customer import CASES as CUSTOMER
from tests.jobs.table_cases_messages import CASES as MESSAGES
from tests.jobs.table_cases_papers import CASES as PAPERS
from tests.jobs.table_cases_standby import CASES as STANDBYS
from tests.jobs.test_constraints_deferred import CASES as DEFERRED

CASES = [*TABLES, *PAPERS, *STANDBYS, *CUSTOMER, *MESSAGES]


def test_each_bad_write_is_refused_and_passes_once_its_guard_is_dropped(past: Past) -> None:  # noqa: F811
    wrong = [
        f"{number} {name}: {complaint}"
        for number, (name, drop, write) in enumerate(CASES)
        if (complaint := check_guard(name, drop, lambda write=write: write(past)))
    ]
    assert wrong == []


# Numbers of our own that Django declares unsigned, unique ids, and parts of other guards.
UNTESTED = {
    "job_live_key_unique",  # a copy of the primary key, the target of a foreign key
    "job_open_key_unique",
    "jobs_clockbeat_name_key",
}


@pytest.mark.django_db
def test_every_constraint_of_the_tables_has_its_case() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid::regclass::text ~ '^(jobs_|network_calendarentry)'"
            " AND (contype IN ('c', 'u', 'x') OR (contype = 'f' AND conname !~ '_fk_'))"
            " UNION SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid::regclass::text ~ '^(jobs_|network_calendarentry)'"
            " AND indisunique AND NOT indisprimary"
        )
        there = {
            name
            for (name,) in cursor.fetchall()
            # (Names that end in _uniq are Django's own, of link tables.)
            if not name.endswith(
                ("_check", "_uniq", "_public_id_key", "technician_of_the_same_branch")
            )
        }
    covered = {name for name, *_ in CASES} | {name for name, *_ in DEFERRED} | UNTESTED
    assert sorted(there - covered) == []
