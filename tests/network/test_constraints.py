"""What the database itself refuses: each refusal, and that it is this constraint that refuses.

Every case is run twice: as things are, where the named constraint must refuse it, and with that
constraint dropped (inside the test's transaction), where the bad row must go in.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from network.models import (
    CalendarEntry,
    Technician,
    TechnicianSkill,
)
from tests.network.constraint_cases import CASES
from tests.network.constraint_world import (
    HOUR,
    add_entry,
    make_world,
)
from tests.network.factories import BOSTON, MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SimpleNamespace:
    return make_world()


IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(CASES)]


def _table(model: Any) -> str:
    return model if isinstance(model, str) else model._meta.db_table


@pytest.mark.parametrize(("name", "model", "bad"), CASES, ids=IDS)
def test_the_constraint_refuses(world, name: str, model: type, bad: Callable[[Any], Any]) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        bad(world)
    assert refusal.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "model", "bad"), CASES, ids=IDS)
def test_without_the_constraint_the_bad_row_goes_in(
    world, name: str, model: type, bad: Callable[[Any], Any]
) -> None:
    with connection.cursor() as cursor:
        # Deferred checks that are still pending would forbid changing the table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name])
        if cursor.fetchone():
            cursor.execute(f"ALTER TABLE {_table(model)} DROP CONSTRAINT {name}")
        else:
            cursor.execute(f"DROP INDEX {name}")
    bad(world)


def test_every_named_constraint_of_the_network_has_a_case() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'network\\_%%'"
            " AND contype IN ('c', 'x')"
            # Django's own checks that small positive numbers are not negative.
            " AND conname NOT LIKE '%%\\_check'"
        )
        named = {row[0] for row in cursor.fetchall()}
    covered = {name for name, _, _ in CASES} | {"network_user_email_is_lower_case"}
    assert named - covered == set()


def test_touching_entries_are_no_overlap(world) -> None:
    add_entry(world)
    add_entry(world, period=(MONDAY + HOUR, MONDAY + 2 * HOUR))
    assert CalendarEntry.objects.count() == 2


def test_bulk_rows_get_branch_and_contractor_from_their_parent(world) -> None:
    [technician] = Technician.objects.bulk_create([Technician(contractor=world.contractor)])
    [had] = TechnicianSkill.objects.bulk_create(
        [TechnicianSkill(technician=technician, skill=world.skill)]
    )
    technician.refresh_from_db()
    had.refresh_from_db()
    assert technician.branch_id == world.branch.pk
    assert had.contractor_id == world.contractor.pk


def test_a_place_is_needed_to_hold_time(world) -> None:
    add_entry(world, kind="time_off", latitude=None, longitude=None, source_ref=None)
    entry = CalendarEntry.objects.get()
    assert BOSTON
    assert entry.created_at is not None
