"""Writers who want the same time at once, on real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, connections, transaction

from network.models import CalendarEntry, Technician
from network.services.calendar import Hold, insert_holds, lock_technicians
from tests.network.factories import (
    BOSTON,
    MONDAY,
    make_branch,
    make_contractor,
    make_technician,
)

pytestmark = pytest.mark.django_db(transaction=True)

RACERS = 8


def hold(technician: Technician, start=MONDAY) -> Hold:
    return Hold(
        branch_id=technician.branch_id,
        technician_id=technician.pk,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        latitude=BOSTON[0],
        longitude=BOSTON[1],
        source_ref=uuid4(),
    )


def race(*runners: Callable[[threading.Barrier], object]) -> list[object]:
    """Start all at once, each in a thread with a connection of its own; results or errors."""
    results: list[object] = [None] * len(runners)
    together = threading.Barrier(len(runners))

    def run(index: int, runner: Callable[[threading.Barrier], object]) -> None:
        try:
            results[index] = runner(together)
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(index, runner)) for index, runner in enumerate(runners)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return results


@pytest.fixture
def technicians() -> list[Technician]:
    contractor = make_contractor(make_branch(), radius_km=None)
    return [make_technician(contractor, hours=None) for _ in range(2)]


def grab(technician: Technician) -> Callable[[threading.Barrier], object]:
    def run(together: threading.Barrier) -> object:
        wanted = hold(technician)
        together.wait()
        with transaction.atomic():
            lock_technicians([technician.pk])
            return insert_holds([wanted])

    return run


def test_of_many_who_want_an_hour_one_gets_it(technicians) -> None:
    results = race(*[grab(technicians[0]) for _ in range(RACERS)])
    winners = [result for result in results if isinstance(result, set) and result]
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(winners) == 1
    assert CalendarEntry.objects.count() == 1


def test_control_without_the_constraint_several_would_get_it(technicians) -> None:
    def look_and_write(together: threading.Barrier) -> object:
        wanted = hold(technicians[0])
        with transaction.atomic():
            assert not CalendarEntry.objects.exists()
            together.wait()
            return insert_holds([wanted])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = 'calendar_entries_never_overlap'"
        )
        definition = cursor.fetchone()[0]
        cursor.execute(
            "ALTER TABLE network_calendarentry DROP CONSTRAINT calendar_entries_never_overlap"
        )
    try:
        race(*[look_and_write for _ in range(RACERS)])
        assert CalendarEntry.objects.count() == RACERS
    finally:
        CalendarEntry.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE network_calendarentry"
                f" ADD CONSTRAINT calendar_entries_never_overlap {definition}"
            )


def crossing(
    first: Technician, second: Technician, *, lock: bool
) -> Callable[[threading.Barrier], object]:
    """Takes an hour of one technician and then of the other, in one transaction."""

    def run(together: threading.Barrier) -> object:
        with transaction.atomic():
            if lock:
                together.wait()
                lock_technicians([first.pk, second.pk])
            held = insert_holds([hold(first)])
            if not lock:
                together.wait()
            return held | insert_holds([hold(second)])

    return run


def test_locking_technicians_in_order_prevents_deadlock(technicians) -> None:
    one, two = technicians
    results = race(crossing(one, two, lock=True), crossing(two, one, lock=True))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(len(result) for result in results) == [0, 2]  # type: ignore[arg-type]


def test_control_without_the_lock_the_same_two_deadlock(technicians) -> None:
    one, two = technicians
    results = race(crossing(one, two, lock=False), crossing(two, one, lock=False))
    deadlocks = [result for result in results if isinstance(result, OperationalError)]
    assert len(deadlocks) == 1
    assert "deadlock detected" in str(deadlocks[0])


def test_a_lock_on_a_technician_lets_others_insert_rows_that_refer_to_it(technicians) -> None:
    def locked(together: threading.Barrier) -> object:
        with transaction.atomic():
            lock_technicians([technicians[0].pk])
            together.wait()
            together.wait()
            return "held"

    def writer(together: threading.Barrier) -> object:
        together.wait()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            return insert_holds([hold(technicians[0])])
        finally:
            together.wait()

    results = race(locked, writer)
    assert results[0] == "held"
    assert isinstance(results[1], set)
    assert len(results[1]) == 1
