"""Holds, bookings and time off."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from network.errors import NetworkError
from network.models import CalendarEntry
from network.services.calendar import (
    Hold,
    add_time_off,
    insert_holds,
    remove_time_off,
)
from network.services.contractors import set_status
from network.services.territory import set_radius_territory
from tests.network.factories import (
    BOSTON,
    MONDAY,
    add_booking,
    make_branch,
    make_contractor,
    make_technician,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def technician(clock):
    clock.set(MONDAY - timedelta(days=1))
    return make_technician(make_contractor(make_branch()))


def hold(technician, start, minutes=60, **fields) -> Hold:
    values = {
        "branch_id": technician.branch_id,
        "technician_id": technician.pk,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=minutes),
        "latitude": BOSTON[0],
        "longitude": BOSTON[1],
        "source_ref": uuid4(),
    }
    return Hold(**(values | fields))


def test_holds_that_fit_go_in_and_the_others_are_left_out(
    technician, django_assert_num_queries
) -> None:
    add_booking(technician, MONDAY, 60)
    touching = hold(technician, MONDAY + HOUR)
    overlapping = hold(technician, MONDAY + HOUR / 2)
    later = hold(technician, MONDAY + 3 * HOUR)
    same_as_later = hold(technician, MONDAY + 3.5 * HOUR)
    # One statement and the savepoint around it.
    with django_assert_num_queries(3):
        held = insert_holds([overlapping, touching, later, same_as_later])
    assert held == {touching.source_ref, later.source_ref}
    entry = CalendarEntry.objects.get(source_ref=touching.source_ref)
    assert (entry.kind, entry.period.lower, entry.period.upper) == (
        "hold",
        touching.starts_at,
        touching.ends_at,
    )
    assert entry.created_at == MONDAY - timedelta(days=1)
    assert insert_holds([]) == set()


def test_a_hold_is_never_written_twice(technician) -> None:
    first = hold(technician, MONDAY)
    assert insert_holds([first]) == {first.source_ref}
    again = hold(technician, MONDAY + 5 * HOUR, source_ref=first.source_ref)
    assert insert_holds([again]) == set()


def refusal(**arguments) -> NetworkError:
    with pytest.raises(NetworkError) as refused:
        add_time_off(**arguments)
    return refused.value


def test_time_off_over_visits_names_what_is_in_the_way(technician) -> None:
    add_booking(technician, MONDAY, 90)
    insert_holds([hold(technician, MONDAY + 3 * HOUR)])
    error = refusal(
        technician_id=technician.pk, start=MONDAY - 3 * HOUR, end=MONDAY + timedelta(days=1)
    )
    assert (error.code, error.field) == ("overlaps", "start")
    assert error.detail == (
        "Already taken: a visit Mon 23 Nov 08:00–09:30 EST; an offer waiting for an answer"
        " Mon 23 Nov 11:00–12:00 EST. Give these back or answer them first, or choose other"
        " times."
    )
    assert not CalendarEntry.objects.time_off().exists()
    add_time_off(technician_id=technician.pk, start=MONDAY + 1.5 * HOUR, end=MONDAY + 3 * HOUR)


def test_time_off_over_time_off_says_so(technician) -> None:
    for day in range(7):
        start = MONDAY + timedelta(days=day)
        add_time_off(technician_id=technician.pk, start=start, end=start + HOUR)
    error = refusal(technician_id=technician.pk, start=MONDAY, end=MONDAY + timedelta(days=9))
    assert error.detail.endswith("2 more. Remove that first, or choose other times.")
    over_midnight = refusal(technician_id=technician.pk, start=MONDAY + HOUR / 2, end=MONDAY + HOUR)
    assert "time off Mon 23 Nov 08:00–09:00 EST" in over_midnight.detail


@pytest.mark.parametrize(
    ("start", "end", "code", "field"),
    [
        (MONDAY, MONDAY, "ends-before-start", "end"),
        (MONDAY, MONDAY - HOUR, "ends-before-start", "end"),
        (MONDAY - 48 * HOUR, MONDAY - 24 * HOUR, "in-the-past", "end"),
        (MONDAY, MONDAY + timedelta(days=368), "too-long", "end"),
        (MONDAY.replace(tzinfo=None), MONDAY, "no-time-zone", "start"),
    ],
)
def test_senseless_time_off_is_refused(technician, start, end, code, field) -> None:
    error = refusal(technician_id=technician.pk, start=start, end=end)
    assert (error.code, error.field) == (code, field)


def test_time_off_ends_at_the_moment_it_could_last_begin_to_matter(technician, clock) -> None:
    clock.set(MONDAY)
    assert refusal(technician_id=technician.pk, start=MONDAY - HOUR, end=MONDAY).code == (
        "in-the-past"
    )
    add_time_off(
        technician_id=technician.pk,
        start=MONDAY - HOUR,
        end=MONDAY + timedelta(microseconds=1),
    )


def test_only_ones_own_time_off_can_be_removed(technician) -> None:
    mine = add_time_off(technician_id=technician.pk, start=MONDAY, end=MONDAY + HOUR)
    visit = add_booking(technician, MONDAY + HOUR, 60)
    other = make_technician(technician.contractor)
    for entry, who in ((mine, other), (visit, technician)):
        with pytest.raises(NetworkError, match="not time off"):
            remove_time_off(entry_id=entry.pk, technician_id=who.pk)
    remove_time_off(entry_id=mine.pk, technician_id=technician.pk)
    remove_time_off(entry_id=mine.pk, technician_id=technician.pk)
    assert list(CalendarEntry.objects.all()) == [visit]


def test_statuses_move_as_the_table_says(technician) -> None:
    contractor = technician.contractor
    assert set_status(contractor_id=contractor.pk, status="paused").status == "paused"
    assert set_status(contractor_id=contractor.pk, status="paused").status == "paused"
    set_status(contractor_id=contractor.pk, status="left")
    with pytest.raises(NetworkError) as refused:
        set_status(contractor_id=contractor.pk, status="active")
    assert refused.value.code == "move-not-allowed"
    with pytest.raises(NetworkError) as refused:
        set_status(contractor_id=contractor.pk, status="retired")
    assert refused.value.code == "unknown-status"


def test_a_new_territory_replaces_the_old_one(technician) -> None:
    contractor = technician.contractor
    before = set(contractor.territory.cells.values_list("cell", flat=True))
    territory = set_radius_territory(
        contractor_id=contractor.pk, latitude=BOSTON[0], longitude=BOSTON[1], radius_km=5
    )
    after = set(territory.cells.values_list("cell", flat=True))
    assert territory == contractor.territory
    assert 0 < len(after) < len(before)
    for fields, code in (({"radius_km": 0.5}, "bad-radius"), ({"latitude": 91}, "bad-place")):
        values = {"latitude": BOSTON[0], "longitude": BOSTON[1], "radius_km": 5} | fields
        with pytest.raises(NetworkError) as refused:
            set_radius_territory(contractor_id=contractor.pk, **values)
        assert refused.value.code == code
