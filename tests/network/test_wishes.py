"""What contractors ask for themselves: notice, visits a day, holidays, after hours, pauses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest

from network.availability import Refusal
from network.eligibility import explain_not_eligible, find_eligible, forget_counts
from network.errors import NetworkError
from network.models import Contractor
from network.public_holidays import is_holiday_calendar, public_holidays
from network.services.contractors import pause_offers, resume_offers, set_wishes
from network.wishes import notice_text, without
from tests.network.factories import (
    BOSTON,
    MONDAY,
    add_booking,
    load,
    make_branch,
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
THANKSGIVING = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)  # 08:00 in Boston


def test_cutting_closed_stretches_out_of_shifts() -> None:
    assert without([(0, 10), (20, 30)], [(5, 25)]) == [(0, 5), (25, 30)]
    assert without([(0, 30)], [(10, 20)]) == [(0, 10), (20, 30)]
    assert without([(0, 10)], [(0, 10)]) == []
    assert without([(0, 10)], [(10, 20)]) == [(0, 10)]


def test_the_words_of_a_notice() -> None:
    assert [notice_text(minutes) for minutes in (60, 90, 1440, 2880, 120, 1)] == [
        "1 hour’s",
        "90 minutes’",
        "1 day’s",
        "2 days’",
        "2 hours’",
        "1 minute’s",
    ]


def test_holidays_are_those_of_the_branchs_calendar() -> None:
    spring = (datetime(2026, 4, 1).date(), datetime(2026, 4, 30).date())
    assert list(public_holidays("US-MA", *spring).values()) == ["Patriots' Day"]
    assert public_holidays("US", *spring) == {}
    for unknown in ("", "XX", "US-XX"):
        assert public_holidays(unknown, *spring) == {}
    assert is_holiday_calendar("US-MA")
    assert not is_holiday_calendar("US-XX")


@pytest.fixture
def one(db) -> SimpleNamespace:
    branch = make_branch(holiday_calendar="US-MA")
    skill = make_skill(branch)
    contractor = make_contractor(branch)
    technician = make_technician(contractor, {skill: 2})
    service_type = make_service_type(branch, {skill: 1})
    return SimpleNamespace(
        branch=branch,
        skill=skill,
        contractor=contractor,
        technician=technician,
        service_type=service_type,
        work=work_order(service_type),
    )


def wish(one, **fields) -> None:
    Contractor.objects.filter(pk=one.contractor.pk).update(**fields)


def answer(one, work=None, *, at=EARLY, **options):
    work = work or one.work
    known = load(work, one.contractor)
    known.at = at
    return known.best_slot(work, one.contractor.pk, not_before=at, **options)


class TestNotice:
    def test_the_visit_begins_after_the_notice(self, one) -> None:
        wish(one, notice_minutes=120)
        assert answer(one, at=MONDAY - HOUR).starts_at == MONDAY + HOUR
        assert answer(one, at=MONDAY - 3 * HOUR).starts_at == MONDAY

    @pytest.mark.parametrize(("minutes_late", "fits"), [(-1, True), (0, True), (1, False)])
    def test_at_the_windows_very_end(self, one, minutes_late, fits) -> None:
        wish(one, notice_minutes=60)
        at = one.work.window_end - HOUR + timedelta(minutes=minutes_late)
        found = answer(one, at=at)
        if fits:
            assert found.starts_at == at + HOUR
        else:
            assert found == Refusal("notice_too_short", "needs 1 hour’s notice")

    def test_a_dispatcher_may_assign_without_it(self, one) -> None:
        wish(one, notice_minutes=10_000)
        assert answer(one).rule == "notice_too_short"
        assert answer(one, check_territory=False).starts_at == MONDAY
        assert answer(one, check_territory=False, check_wishes=True).rule == "notice_too_short"


class TestDailyLimit:
    def test_a_full_day_is_full_for_the_whole_firm(self, one) -> None:
        other = make_technician(one.contractor, {one.skill: 2})
        wish(one, most_jobs_a_day=2)
        add_booking(one.technician, MONDAY + 8 * HOUR, 60)
        assert not isinstance(answer(one), Refusal)
        add_booking(other, MONDAY + 10 * HOUR, 60)
        assert answer(one) == Refusal("daily_limit", "takes 2 visits a day, Mon 23 Nov is full")

    def test_time_off_and_other_days_do_not_count(self, one) -> None:
        wish(one, most_jobs_a_day=1)
        add_booking(one.technician, MONDAY - 10 * HOUR, 60)  # 22:00 of the day before
        add_booking(one.technician, MONDAY + 24 * HOUR, 60)
        assert not isinstance(answer(one), Refusal)

    def test_an_early_visit_of_a_long_day_counts(self, one) -> None:
        wish(one, most_jobs_a_day=1)
        late = work_order(one.service_type, start=MONDAY + 13 * HOUR, hours=1)  # 21:00
        add_booking(one.technician, MONDAY - 8 * HOUR, 30)  # 00:00 of the same day
        assert answer(one, late).rule == "daily_limit"

    def test_a_window_over_midnight_leaves_the_next_day(self, one) -> None:
        wish(one, most_jobs_a_day=1)
        add_booking(one.technician, MONDAY, 60)
        night = work_order(one.service_type, start=MONDAY + 14 * HOUR, hours=6)  # 22:00–04:00
        assert answer(one, night).starts_at == MONDAY + 16 * HOUR

    def test_a_slot_taken_in_memory_counts(self, one) -> None:
        wish(one, most_jobs_a_day=1)
        known = load(one.work, one.contractor)
        slot = known.best_slot(one.work, one.contractor.pk, not_before=EARLY)
        known.take(slot, latitude=BOSTON[0], longitude=BOSTON[1])
        again = known.best_slot(one.work, one.contractor.pk, not_before=EARLY)
        assert again.rule == "daily_limit"


class TestHolidays:
    def test_who_keeps_holidays_is_not_sent_on_one(self, one) -> None:
        work = work_order(one.service_type, start=THANKSGIVING)
        assert not isinstance(answer(one, work), Refusal)
        wish(one, works_on_holidays=False)
        assert answer(one, work) == Refusal("not_working", "does not work on Thanksgiving Day")
        assert not isinstance(answer(one), Refusal), "an ordinary Monday"


class TestAfterHours:
    def test_emergencies_are_taken_at_any_hour_by_those_who_said_so(self, one) -> None:
        set_hours(one.technician, time(8), time(17))
        night = work_order(one.service_type, start=MONDAY + 15 * HOUR, hours=1)  # 23:00
        emergency = replace(night, is_emergency=True)
        assert answer(one, emergency).rule == "not_working"
        wish(one, after_hours_emergencies=True, notice_minutes=600, works_on_holidays=False)
        assert answer(one, night).rule == "not_working"
        assert answer(one, emergency).starts_at == night.window_start
        thanksgiving = work_order(one.service_type, start=THANKSGIVING, is_emergency=True)
        assert not isinstance(answer(one, thanksgiving), Refusal)

    def test_a_technician_without_any_hours_stays_at_home(self, one) -> None:
        one.technician.working_hours.all().delete()
        wish(one, after_hours_emergencies=True)
        assert answer(one, replace(one.work, is_emergency=True)).rule == "not_working"


class TestPause:
    @pytest.mark.parametrize(("seconds", "paused"), [(-1, True), (0, False), (1, False)])
    def test_it_ends_by_itself(self, one, seconds, paused) -> None:
        until = EARLY
        wish(one, paused_until=until)
        at = until + timedelta(seconds=seconds)
        forget_counts()
        found = find_eligible(one.work, at=at)
        assert [slot.contractor_id for slot in found.slots] == (
            [] if paused else [one.contractor.pk]
        )
        assert found.not_eligible == ({"not_active": 1} if paused else {})
        explained = [entry.sentence for entry in explain_not_eligible(one.work, at=at)]
        assert explained == (["has paused offers until 08:00 on 22 Nov"] if paused else [])
        assert Contractor.objects.askable(at=at).exists() is not paused
        assert Contractor.objects.paused(at=at).exists() is paused

    def test_a_dispatcher_may_still_assign(self, one) -> None:
        wish(one, paused_until=MONDAY + HOUR)
        assert not isinstance(answer(one, check_territory=False), Refusal)

    def test_the_service(self, one, clock) -> None:
        clock.set(EARLY)
        for until, code in ((EARLY, "in-the-past"), (EARLY + timedelta(days=400), "too-long")):
            with pytest.raises(NetworkError) as refusal:
                pause_offers(contractor_id=one.contractor.pk, until=until)
            assert (refusal.value.code, refusal.value.field) == (code, "until")
        assert pause_offers(contractor_id=one.contractor.pk, until=MONDAY).paused_until == MONDAY
        assert resume_offers(contractor_id=one.contractor.pk).paused_until is None
        actions = one.contractor.events.values_list("action", flat=True)
        assert list(actions) == ["offers-resumed", "offers-paused"]
        wish(one, status="suspended")
        with pytest.raises(NetworkError):
            pause_offers(contractor_id=one.contractor.pk, until=MONDAY)


def test_wishes_are_set_together_and_checked(one) -> None:
    changed = set_wishes(
        contractor_id=one.contractor.pk,
        notice_minutes=90,
        most_jobs_a_day=4,
        after_hours_emergencies=True,
        works_on_holidays=False,
    )
    changed.refresh_from_db()
    assert (changed.notice_minutes, changed.most_jobs_a_day) == (90, 4)
    assert (changed.after_hours_emergencies, changed.works_on_holidays) == (True, False)
    rest = {"after_hours_emergencies": False, "works_on_holidays": True}
    for bad, field in (
        ({"notice_minutes": 50_000, "most_jobs_a_day": None}, "notice_minutes"),
        ({"notice_minutes": 0, "most_jobs_a_day": 0}, "most_jobs_a_day"),
    ):
        with pytest.raises(NetworkError) as refusal:
            set_wishes(contractor_id=one.contractor.pk, **bad, **rest)
        assert refusal.value.field == field
