"""How long somebody has to answer: properties for any moment, hours and zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.windows import (
    SHORTEST_WINDOW,
    SPARE,
    USUAL_ANSWER,
    WORTH_TRYING,
    Ask,
    PassOn,
    Turn,
    Wait,
    contact_period,
    last_answer,
    plan_ask,
    plan_cascade,
    plan_turn,
    worth_trying,
)

ZONES = st.sampled_from(
    ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
HOURS = st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0))
USUAL = st.timedeltas(timedelta(seconds=5), timedelta(hours=6))
NOW = datetime(2026, 11, 2, 14, tzinfo=UTC)


def minutes(*many):
    return [timedelta(minutes=one) for one in many]


def plan(**changes):
    facts = {
        "now": NOW,
        "policy_minutes": 60,
        "last_moment": NOW + timedelta(days=1),
        "usual": [USUAL_ANSWER],
        "worth": 1,
        "emergency": False,
        "contact": None,
    }
    return plan_ask(**{**facts, **changes})


@given(
    now=MOMENTS,
    minutes=st.integers(1, 2880),
    left=st.timedeltas(timedelta(days=-1), timedelta(days=14)),
    usual=st.lists(USUAL, min_size=1, max_size=60),
    worth=st.integers(1, WORTH_TRYING),
    emergency=st.booleans(),
    begins=HOURS,
    ends=HOURS,
    zone=ZONES,
)
def test_whoever_is_asked_can_still_arrive_and_is_not_asked_in_quiet_hours(
    now, minutes, left, usual, worth, emergency, begins, ends, zone
):
    contact = contact_period(now=now, contact_from=begins, contact_until=ends, time_zone=zone)
    last = now + left
    answer = plan_ask(
        now=now,
        policy_minutes=minutes,
        last_moment=last,
        usual=usual,
        worth=worth,
        emergency=emergency,
        contact=contact,
    )
    match answer:
        case Ask(expires, seats):
            assert 1 <= seats <= worth
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


def need(usual, cap):
    """What somebody must be given: as long as he takes, in the bounds."""
    return min(cap, max(SHORTEST_WINDOW, usual))


CAPS = st.integers(2, 2880).map(lambda many: timedelta(minutes=many))
CROWDS = st.lists(
    st.integers(5, 6 * 3600).map(lambda many: timedelta(seconds=many)), min_size=1, max_size=20
)


@given(usual=CROWDS, cap=CAPS, spare=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_with_enough_time_the_last_candidate_is_reached_before_the_last_moment(usual, cap, spare):
    left = sum((need(one, cap) for one in usual), timedelta()) + spare
    turns = plan_cascade(left=left, usual=usual, cap=cap)
    assert [turn.seats for _, turn in turns] == [1] * len(usual), "one after the other"
    for (begins, turn), one in zip(turns, usual, strict=True):
        assert need(one, cap) <= turn.window <= cap
        assert begins + turn.window <= left


@given(
    usual=st.lists(USUAL, min_size=1, max_size=WORTH_TRYING),
    cap=CAPS,
    left=st.timedeltas(SHORTEST_WINDOW, timedelta(days=1)),
)
def test_with_less_time_everybody_worth_trying_is_reached_some_of_them_at_once(usual, cap, left):
    turns = plan_cascade(left=left, usual=usual, cap=cap)
    assert sum(turn.seats for _, turn in turns) == len(usual)
    begins, turn = turns[-1]
    assert begins + turn.window <= left


@given(usual=CROWDS, cap=CAPS, left=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_no_turn_is_too_short_too_long_or_too_late_and_none_overlaps(usual, cap, left):
    ended = timedelta()
    for begins, turn in plan_cascade(left=left, usual=usual, cap=cap):
        assert begins == ended
        ended = begins + turn.window
        assert SHORTEST_WINDOW <= turn.window <= cap
        assert ended <= left
        assert 1 <= turn.seats <= WORTH_TRYING


@given(usual=CROWDS, cap=CAPS, left=st.timedeltas(SHORTEST_WINDOW, timedelta(days=3)))
def test_the_call_opens_only_when_one_by_one_could_not_finish(usual, cap, left):
    worth = worth_trying(asked=0, remaining=len(usual))
    turn = plan_turn(left=left, usual=usual, worth=worth, cap=cap)
    fits = sum((need(one, cap) for one in usual[:worth]), timedelta()) <= left
    assert (turn.seats == 1) == (fits or worth == 1)


@pytest.mark.parametrize(
    ("left", "usual", "expected"),
    [
        # the time left is shared ...
        (90, minutes(10, 10, 10), Turn(timedelta(minutes=30), 1)),
        # ... up to the policy's minutes ...
        (900, minutes(10, 10, 10), Turn(timedelta(minutes=60), 1)),
        # ... and whoever takes long gets as long as he takes
        (60, minutes(30, 10, 10), Turn(timedelta(minutes=30), 1)),
        (60, minutes(10, 30, 10), Turn(timedelta(minutes=20), 1)),
        # one by one would take 30 minutes: two at once, then the third
        (29, minutes(10, 10, 10), Turn(timedelta(minutes=14.5), 2)),
        (19, minutes(10, 10, 10), Turn(timedelta(minutes=19), 3)),
        (2, minutes(10, 10, 10), Turn(timedelta(minutes=2), 3)),
    ],
)
def test_the_window_by_example(left, usual, expected):
    turn = plan_turn(
        left=timedelta(minutes=left), usual=usual, worth=len(usual), cap=timedelta(hours=1)
    )
    assert turn == expected


def test_time_for_those_further_down_is_kept_back():
    alone = plan(last_moment=NOW + timedelta(minutes=240), usual=minutes(*[10] * 6), worth=6)
    assert alone == Ask(NOW + timedelta(minutes=40))
    of_twelve = plan(last_moment=NOW + timedelta(minutes=240), usual=minutes(*[10] * 12), worth=6)
    assert of_twelve == Ask(NOW + timedelta(minutes=30))


def test_candidates_are_taken_six_at_a_time():
    assert [worth_trying(asked=n, remaining=20 - n) for n in range(20)] == [
        6, 5, 4, 3, 2, 1, 6, 5, 4, 3, 2, 1, 6, 5, 4, 3, 2, 1, 2, 1,
    ]  # fmt: skip


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


@given(minutes=st.integers(-60, 600), drive=st.integers(1, 90))
def test_who_answers_last_arrives_before_the_window_ends(minutes: int, drive: int) -> None:
    ends, travel = NOW + timedelta(minutes=minutes), timedelta(minutes=drive)
    last = last_answer(now=NOW, window_end=ends, travel=travel)
    spare = ends - travel - last
    assert timedelta() <= spare <= SPARE
    left = ends - travel - NOW
    assert (last - NOW >= SHORTEST_WINDOW) == (left >= SHORTEST_WINDOW), "nobody is passed over"
    if left >= timedelta(hours=2):
        assert spare == SPARE
