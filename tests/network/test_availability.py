"""The hard rules, one by one, and the in-memory calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from network.availability import Availability, Refusal, Slot
from network.models import ClientContractor, TechnicianSkill
from network.services.calendar import add_time_off
from tests.network.factories import (
    BOSTON,
    MONDAY,
    add_booking,
    load,
    make_branch,
    make_client,
    make_contractor,
    make_service_type,
    make_skill,
    make_technician,
    set_hours,
    work_order,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
EARLY = MONDAY - timedelta(days=1)
FAR = (42.60, -71.45)  # about 40 km from Boston


@pytest.fixture
def one() -> SimpleNamespace:
    """A contractor with one technician of level 2, and work that needs level 2."""
    branch = make_branch()
    skill = make_skill(branch)
    contractor = make_contractor(branch)
    technician = make_technician(contractor, {skill: 2})
    service_type = make_service_type(branch, {skill: 2})
    return SimpleNamespace(
        branch=branch,
        skill=skill,
        contractor=contractor,
        technician=technician,
        service_type=service_type,
        work=work_order(service_type),
    )


def answer(one: SimpleNamespace, work=None, **options) -> Slot | Refusal:
    work = work or one.work
    options.setdefault("not_before", EARLY)
    return load(work, one.contractor).best_slot(work, one.contractor.pk, **options)


def refused(one: SimpleNamespace, work=None, **options) -> tuple[str, str]:
    refusal = answer(one, work, **options)
    assert isinstance(refusal, Refusal), refusal
    return refusal.rule, refusal.sentence


def change(one: SimpleNamespace, **fields) -> None:
    for name, value in fields.items():
        setattr(one.contractor, name, value)
    one.contractor.save()


def test_a_free_contractor_gets_the_start_of_the_window(one) -> None:
    slot = answer(one)
    assert slot == Slot(
        contractor_id=one.contractor.pk,
        technician_id=one.technician.pk,
        starts_at=MONDAY,
        ends_at=MONDAY + HOUR,
        travel_minutes=0.0,
        travel_km=0.0,
        skill_level=2,
    )


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("applicant", "still an applicant"),
        ("paused", "has paused work"),
        ("suspended", "is suspended"),
        ("left", "has left"),
    ],
)
def test_only_active_contractors_are_asked(one, status: str, sentence: str) -> None:
    change(one, status=status)
    assert refused(one) == ("not_active", sentence)


def test_a_contractor_without_active_technician_is_not_active(one) -> None:
    one.technician.active = False
    one.technician.save()
    assert refused(one) == ("not_active", "has no active technician")


def test_clearance_holds_to_the_end_of_its_local_day(one) -> None:
    # 23:30 in Boston is already the next day in UTC.
    late = work_order(one.service_type, start=MONDAY + timedelta(hours=15.5), hours=0)
    late = replace(late, duration_minutes=30)
    change(one, cleared_until=date(2026, 11, 23))
    assert answer(one, late).ends_at == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert refused(one, replace(late, duration_minutes=31))[0] == "not_cleared"
    change(one, cleared_until=date(2026, 11, 22))
    assert refused(one) == ("not_cleared", "cleared only until 22 Nov 2026")
    change(one, cleared_until=None)
    assert refused(one) == ("not_cleared", "not cleared for work")


def test_clearance_that_ends_before_the_first_free_slot_does_not_count(one) -> None:
    change(one, cleared_until=date(2026, 11, 23))
    night = work_order(one.service_type, start=MONDAY + timedelta(hours=14), hours=4)  # 22–02
    assert isinstance(answer(one, night), Slot)
    add_booking(one.technician, MONDAY + timedelta(hours=14), 90)
    assert refused(one, night)[0] == "not_cleared"


def test_a_site_outside_the_territory_is_refused_with_the_distance(one) -> None:
    work = work_order(one.service_type, place=FAR)
    rule, sentence = refused(one, work)
    assert rule == "outside_territory"
    assert sentence == "outside territory by 12.4 mi"
    one.branch.distance_unit = "km"
    one.branch.save()
    assert refused(one, work)[1] == "outside territory by 20 km"
    assert isinstance(answer(one, work, check_territory=False), Slot)


def test_without_territory_nothing_is_inside(one) -> None:
    one.contractor.territory.delete()
    assert refused(one) == ("outside_territory", "has set no territory")


def test_a_client_can_block_and_prefer(one) -> None:
    client, fan = make_client(one.branch), make_client(one.branch)
    ClientContractor.objects.create(
        client=client, contractor=one.contractor, relation="blocked", note="note of 11 Aug"
    )
    ClientContractor.objects.create(client=fan, contractor=one.contractor, relation="preferred")
    assert refused(one, replace(one.work, client_id=client.pk)) == (
        "blocked_by_client",
        "blocked by the client: note of 11 Aug",
    )
    work = replace(one.work, client_id=fan.pk)
    availability = load(work, one.contractor)
    assert isinstance(availability.best_slot(work, one.contractor.pk, not_before=EARLY), Slot)
    assert availability.is_preferred(one.contractor.pk, fan.pk)
    assert not availability.is_preferred(one.contractor.pk, client.pk)
    assert not availability.is_preferred(one.contractor.pk, None)


def test_a_missing_skill_and_a_low_level_are_told_apart(one) -> None:
    held = TechnicianSkill.objects.get(technician=one.technician)
    held.level = 1
    held.save()
    assert refused(one) == ("skill_level_too_low", "Water heaters: skill level 1 of 2")
    held.delete()
    assert refused(one) == ("skill_missing", "lacks the skill Water heaters")


def test_a_certificate_counts_through_its_last_day(one) -> None:
    TechnicianSkill.objects.update(expires_on=date(2026, 11, 23))
    assert isinstance(answer(one), Slot)
    TechnicianSkill.objects.update(expires_on=date(2026, 11, 22))
    assert refused(one) == ("skill_missing", "certificate for Water heaters has expired")


def test_one_technician_must_have_all_the_skills(one) -> None:
    gas = make_skill(one.branch, "gas-fitting")
    both = make_service_type(one.branch, {one.skill: 2, gas: 1})
    make_technician(one.contractor, {gas: 3})
    assert refused(one, work_order(both))[0] == "skill_missing"
    complete = make_technician(one.contractor, {gas: 1, one.skill: 3})
    slot = answer(one, work_order(both))
    assert slot.technician_id == complete.pk
    assert slot.skill_level == 1


def test_work_that_needs_no_skill_can_be_done_by_anybody(one) -> None:
    anything = make_service_type(one.branch, {})
    assert isinstance(answer(one, work_order(anything)), Slot)


def test_outside_working_hours_nobody_is_asked(one) -> None:
    set_hours(one.technician, time(13), time(17))
    rule, sentence = refused(one)
    assert rule == "not_working"
    assert sentence == "does not work Mon 08:00–12:00 long enough for the visit"
    set_hours(one.technician, time(8), time(8, 59))
    assert refused(one)[0] == "not_working"
    set_hours(one.technician, time(11, 30), time(12, 30))
    assert answer(one).starts_at == MONDAY + 3.5 * HOUR


def test_a_full_calendar_is_fully_booked(one) -> None:
    add_booking(one.technician, MONDAY, 241)
    assert refused(one) == ("fully_booked", "fully booked in the window")


def test_an_idle_contractor_who_is_too_far_away_now_cannot_be_there_in_time(one) -> None:
    change(one, base_latitude=FAR[0], base_longitude=FAR[1])
    assert refused(one, not_before=MONDAY + 3.9 * HOUR) == (
        "fully_booked",
        "cannot be there before the window ends",
    )


def test_time_off_is_taken_time(one, clock) -> None:
    clock.set(EARLY)
    add_time_off(technician_id=one.technician.pk, start=MONDAY, end=MONDAY + 2 * HOUR)
    assert answer(one).starts_at == MONDAY + 2 * HOUR


def test_the_drive_starts_where_the_technician_will_be(one) -> None:
    add_booking(one.technician, MONDAY - HOUR, 60, place=(42.40, -71.10))
    slot = answer(one)
    assert slot.travel_km == pytest.approx(5.9, abs=0.1)
    assert slot.starts_at > MONDAY


def test_taken_slots_are_not_given_twice(one) -> None:
    availability = load(one.work, one.contractor)
    starts = []
    while isinstance(
        slot := availability.best_slot(one.work, one.contractor.pk, not_before=EARLY), Slot
    ):
        starts.append(slot.starts_at)
        availability.take(slot, latitude=BOSTON[0], longitude=BOSTON[1])
    # The last may start as the window ends.
    assert starts == [MONDAY + n * HOUR for n in range(5)]


def test_the_best_technician_is_the_one_with_the_shortest_drive(one) -> None:
    away = make_technician(
        one.contractor, {one.skill: 3}, base_latitude=42.40, base_longitude=-71.15
    )
    near = make_technician(one.contractor, {one.skill: 3})
    # The first two are both at the contractor's base: then the higher level wins.
    assert answer(one).technician_id == near.pk
    assert answer(one, technician_id=away.pk).technician_id == away.pk
    assert refused(one, technician_id=0) == (
        "not_active",
        "that technician is not active in this firm",
    )


def test_pay_is_call_out_plus_hours_in_whole_cents(one) -> None:
    change(one, call_out_fee=Decimal("45.00"), hourly_rate=Decimal("100.00"))
    availability = load(one.work, one.contractor)
    assert availability.pay_for(one.contractor.pk, 75) == Decimal("170.00")
    assert availability.pay_for(one.contractor.pk, 50) == Decimal("128.33")
    assert availability.required_level(one.service_type.pk) == 2


def test_an_exact_start_may_carry_seconds(one) -> None:
    exact = replace(
        one.work,
        window_start=MONDAY + timedelta(seconds=20),
        window_end=MONDAY + timedelta(seconds=20),
    )
    assert isinstance(answer(one, exact), Slot)


def test_work_outside_the_loaded_span_is_an_error_and_not_a_guess(one) -> None:
    availability = load(one.work, one.contractor)
    with pytest.raises(ValueError, match="outside the loaded span"):
        availability.best_slot(
            work_order(one.service_type, start=MONDAY + timedelta(days=2)),
            one.contractor.pk,
            not_before=EARLY,
        )


def test_another_branchs_contractor_is_not_loaded(one) -> None:
    stranger = make_contractor(make_branch())
    availability = load(one.work, one.contractor, stranger)
    assert one.contractor.pk in availability
    assert stranger.pk not in availability


def test_loading_asks_the_same_number_of_queries_for_one_and_for_many(
    one, django_assert_num_queries
) -> None:
    with django_assert_num_queries(6):
        load(one.work, one.contractor)
    many = [make_contractor(one.branch, radius_km=None) for _ in range(20)]
    for contractor in many:
        make_technician(contractor, {one.skill: 2})
    with django_assert_num_queries(6):
        availability = load(one.work, one.contractor, *many)
    with django_assert_num_queries(0):
        for contractor in many:
            availability.best_slot(one.work, contractor.pk, not_before=EARLY)


class TestLocalTime:
    """Working hours are local, durations are true. In 2026 New York's clocks change on 8 March
    (02:00 becomes 03:00) and on 1 November (02:00 becomes 01:00)."""

    def start_of(self, one, day: datetime, hours: float = 30) -> Slot | Refusal:
        work = replace(
            work_order(one.service_type, start=day, hours=0),
            window_end=day + timedelta(hours=hours),
        )
        return answer(one, work, not_before=day - timedelta(days=1))

    def test_eight_oclock_is_eight_oclock_on_either_side_of_the_change(self, one) -> None:
        set_hours(one.technician, time(8), time(17))
        saturday = self.start_of(one, datetime(2026, 3, 7, 5, 0, tzinfo=UTC))
        sunday = self.start_of(one, datetime(2026, 3, 8, 5, 0, tzinfo=UTC))
        assert saturday.starts_at == datetime(2026, 3, 7, 13, 0, tzinfo=UTC)
        assert sunday.starts_at == datetime(2026, 3, 8, 12, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("midnight", "real_minutes"),
        [
            (datetime(2026, 3, 8, 5, 0, tzinfo=UTC), 7 * 60),
            (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), 9 * 60),
        ],
    )
    def test_a_night_shift_has_its_real_length(self, one, midnight, real_minutes) -> None:
        # Saturday 22:00 to Sunday 06:00.
        set_hours(one.technician, time(22), time(6), days=[5])
        begins = midnight - timedelta(hours=2)
        work = replace(work_order(one.service_type, start=begins, hours=0))
        fits = replace(work, duration_minutes=real_minutes)
        assert answer(one, fits, not_before=begins).starts_at == begins
        assert (
            refused(one, replace(work, duration_minutes=real_minutes + 1), not_before=begins)[0]
            == "not_working"
        )

    def test_a_shift_that_starts_in_the_skipped_hour_starts_after_it(self, one) -> None:
        set_hours(one.technician, time(2, 30), time(6), days=[6])
        slot = self.start_of(one, datetime(2026, 3, 8, 5, 0, tzinfo=UTC))
        assert slot.starts_at == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # 03:30 daylight time

    def test_a_shift_wholly_in_the_skipped_hour_is_no_error(self, one) -> None:
        set_hours(one.technician, time(2, 15), time(2, 45), days=[6])
        assert isinstance(self.start_of(one, datetime(2026, 3, 8, 5, 0, tzinfo=UTC), 6), Refusal)

    def test_the_repeated_hour_is_worked_twice(self, one) -> None:
        set_hours(one.technician, time(1), time(2), days=[6])
        work = work_order(one.service_type, start=datetime(2026, 11, 1, 5, 0, tzinfo=UTC), hours=0)
        assert isinstance(
            answer(one, replace(work, duration_minutes=120), not_before=EARLY - timedelta(days=60)),
            Slot,
        )

    def test_round_the_clock_has_no_seam_at_midnight(self, one) -> None:
        late = work_order(one.service_type, start=MONDAY + timedelta(hours=15.5), hours=0)
        assert answer(one, late).starts_at == late.window_start

    def test_overlapping_hours_are_one_shift(self, one) -> None:
        one.technician.working_hours.all().delete()
        for starts, ends in ((time(8), time(12)), (time(11), time(13)), (time(13), time(14))):
            one.technician.working_hours.create(weekday=0, starts=starts, ends=ends)
        work = work_order(one.service_type, hours=0, duration_minutes=360)
        assert answer(one, work).starts_at == MONDAY


def test_an_unknown_branch_is_an_error(one) -> None:
    with pytest.raises(LookupError):
        Availability.load(
            branch_id=0,
            contractor_ids=[],
            span=(MONDAY, MONDAY + HOUR),
            service_type_ids=[],
            client_ids=[],
            at=MONDAY,
        )
