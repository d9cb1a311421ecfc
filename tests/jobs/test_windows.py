"""How long somebody has to answer: properties for any moment, hours and zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.windows import FAIR_TURNS, SHORTEST_WINDOW, Ask, PassOn, Wait, contact_period, plan_ask

ZONES = st.sampled_from(
    ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
HOURS = st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0))
NOW = datetime(2026, 11, 2, 14, tzinfo=UTC)


def plan(**changes):
    facts = {
        "now": NOW,
        "policy_minutes": 60,
        "last_moment": NOW + timedelta(days=1),
        "candidates_left": 1,
        "emergency": False,
        "contact": None,
    }
    return plan_ask(**{**facts, **changes})


@given(
    now=MOMENTS,
    minutes=st.integers(1, 2880),
    left=st.timedeltas(timedelta(days=-1), timedelta(days=14)),
    candidates=st.integers(1, 60),
    emergency=st.booleans(),
    begins=HOURS,
    ends=HOURS,
    zone=ZONES,
)
def test_whoever_is_asked_can_still_arrive_and_is_not_asked_in_quiet_hours(
    now, minutes, left, candidates, emergency, begins, ends, zone
):
    contact = contact_period(now=now, contact_from=begins, contact_until=ends, time_zone=zone)
    last = now + left
    answer = plan_ask(
        now=now,
        policy_minutes=minutes,
        last_moment=last,
        candidates_left=candidates,
        emergency=emergency,
        contact=contact,
    )
    match answer:
        case Ask(expires):
            assert now < expires <= last
            assert expires - now <= timedelta(minutes=minutes)
            assert expires - now >= min(SHORTEST_WINDOW, timedelta(minutes=minutes))
            if contact and not emergency:
                assert contact[0] <= now
                assert expires <= contact[1]
        case Wait(until):
            assert not emergency
            assert now < until
            assert until + SHORTEST_WINDOW <= last
            local = until.astimezone(ZoneInfo(zone))
            wanted = datetime.combine(local.date(), begins, ZoneInfo(zone))
            assert wanted.timestamp() == until.timestamp()
        case PassOn():
            assert left < SHORTEST_WINDOW or (contact is not None and not emergency)


@given(now=MOMENTS, begins=HOURS, ends=HOURS, zone=ZONES)
def test_the_contact_period_is_the_one_that_runs_or_the_next(now, begins, ends, zone):
    period = contact_period(now=now, contact_from=begins, contact_until=ends, time_zone=zone)
    if begins == ends:
        assert period is None
        return
    assert period is not None
    first, last = (moment.astimezone(UTC) for moment in period)
    assert now < last
    # The next one begins within a day (and an hour, in the night the clocks go back).
    assert first - now <= timedelta(hours=25)
    assert last - first <= timedelta(hours=25)


@given(
    turns=st.integers(1, FAIR_TURNS),
    minutes=st.integers(2, 2880),
    spare=st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_silence_leaves_each_of_the_next_three_a_turn(turns, minutes, spare):
    last = NOW + turns * SHORTEST_WINDOW + spare
    now = NOW
    for candidates_left in range(turns, 0, -1):
        answer = plan(
            now=now, policy_minutes=minutes, last_moment=last, candidates_left=candidates_left
        )
        assert isinstance(answer, Ask)
        assert answer.expires_at - now >= SHORTEST_WINDOW
        now = answer.expires_at
    assert now <= last


@pytest.mark.parametrize("many", [4, 50])
def test_however_many_are_ranked_the_time_left_is_shared_among_three(many):
    answer = plan(last_moment=NOW + timedelta(minutes=90), candidates_left=many)
    assert answer == Ask(NOW + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (119, PassOn("too late to answer and still arrive in the window")),
        (120, Ask(NOW + timedelta(seconds=120))),
        (121, Ask(NOW + timedelta(seconds=121))),
    ],
)
def test_with_less_than_two_minutes_nobody_is_asked(seconds, expected):
    assert plan(last_moment=NOW + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("contact_minutes", "expected"),
    [
        (60, Ask(NOW + timedelta(minutes=60))),
        (59, Ask(NOW + timedelta(minutes=59))),
        (30, Ask(NOW + timedelta(minutes=30))),
        (29, Wait(NOW + timedelta(hours=16))),
    ],
)
def test_with_less_than_half_a_fair_window_it_waits_for_the_next_day(contact_minutes, expected):
    contact = (NOW - timedelta(hours=8), NOW + timedelta(minutes=contact_minutes))
    assert plan(last_moment=NOW + timedelta(days=2), contact=contact) == expected


def test_it_does_not_wait_for_a_morning_that_is_too_late():
    contact = (NOW + timedelta(hours=10), NOW + timedelta(hours=18))
    late = NOW + timedelta(hours=10, minutes=1)
    assert isinstance(plan(contact=contact, last_moment=late), PassOn)
    assert plan(contact=contact, last_moment=late + timedelta(minutes=1)) == Wait(contact[0])
    assert isinstance(plan(contact=contact, last_moment=late, emergency=True), Ask)


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        # the day before, the day of and the day after New York's clocks go forward (8 March)
        (datetime(2026, 3, 7, 11, tzinfo=UTC), (7, 12), (7, 22)),
        (datetime(2026, 3, 8, 10, tzinfo=UTC), (8, 11), (8, 21)),
        (datetime(2026, 3, 8, 22, tzinfo=UTC), (9, 11), (9, 21)),
    ],
)
def test_contact_hours_follow_the_local_clock_through_a_change(now, begins, ends):
    period = contact_period(
        now=now, contact_from=time(7), contact_until=time(17), time_zone="America/New_York"
    )
    assert [moment.astimezone(UTC) for moment in period] == [
        datetime(2026, 3, *begins, tzinfo=UTC), datetime(2026, 3, *ends, tzinfo=UTC),
    ]  # fmt: skip


def test_contact_hours_may_run_past_midnight():
    night = datetime(2026, 11, 3, 5, tzinfo=UTC)  # 0:00 in Boston
    begins, ends = contact_period(
        now=night, contact_from=time(20), contact_until=time(2), time_zone="America/New_York"
    )
    assert begins.astimezone(UTC) == datetime(2026, 11, 3, 1, tzinfo=UTC)
    assert ends.astimezone(UTC) == datetime(2026, 11, 3, 7, tzinfo=UTC)
