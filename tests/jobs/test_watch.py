"""What a booked visit is watched for: pure rules, with properties for any visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.watch import NUDGE_AFTER, PRESUME_AFTER, Step, Watched, next_step

#: The window: 08–12; the visit is planned for 09.
EIGHT = datetime(2026, 11, 3, 13, tzinfo=UTC)
NINE, TWELVE = EIGHT + timedelta(hours=1), EIGHT + timedelta(hours=4)


def hours(many: float) -> timedelta:
    return timedelta(hours=many)


def visit(**changes):
    facts = {
        "window_end": TWELVE,
        "starts_at": NINE,
        "booked_at": NINE - hours(48),
        "eta": None,
        "en_route_at": None,
        "asked_at": None,
        "asked_again_at": None,
        "nudged_at": None,
        "lead": timedelta(minutes=75),
    }
    return Watched(**{**facts, **changes})


ASKED = {"asked_at": NINE - hours(24), "asked_again_at": NINE - hours(4)}
LAST = TWELVE - timedelta(minutes=75)


@pytest.mark.parametrize(
    ("known", "at", "expected"),
    [
        ({}, NINE - hours(30), (Step.ASK, NINE - hours(24))),
        ({"asked_at": NINE - hours(24)}, NINE - hours(20), (Step.ASK_AGAIN, NINE - hours(4))),
        # accepted the evening before: asked once, in the morning
        ({"booked_at": NINE - hours(14)}, NINE - hours(13), (Step.ASK_AGAIN, NINE - hours(4))),
        # accepted just now: the yes says that he comes
        ({"booked_at": NINE - hours(2)}, NINE - hours(2), (Step.NUDGE, LAST - NUDGE_AFTER)),
        # two questions due at once are one
        ({}, NINE - hours(3), (Step.ASK_AGAIN, NINE - hours(4))),
        # asked twice in vain: warned, and then presumed, at the last moment for a substitute
        (ASKED, NINE - hours(3), (Step.NUDGE, LAST - NUDGE_AFTER)),
        ({**ASKED, "nudged_at": LAST - NUDGE_AFTER}, LAST, (Step.PRESUME, LAST)),
        # he named a time: nobody asks, until 15 minutes after it
        ({"eta": NINE}, NINE - hours(30), (Step.NUDGE, NINE + NUDGE_AFTER)),
        (
            {"eta": NINE, "nudged_at": NINE + NUDGE_AFTER},
            NINE,
            (Step.PRESUME, NINE + PRESUME_AFTER),
        ),
        # never asked and planned late: half an hour after the planned start
        (
            {"starts_at": TWELVE, "booked_at": TWELVE - hours(3), "nudged_at": TWELVE},
            TWELVE,
            (Step.PRESUME, TWELVE + PRESUME_AFTER),
        ),
        # on the way: an hour, from when the drive should have ended
        (
            {"eta": NINE, "en_route_at": NINE, "nudged_at": NINE + timedelta(minutes=45)},
            NINE,
            (Step.PRESUME, NINE + timedelta(minutes=90)),
        ),
    ],
)
def test_the_next_step_by_example(known, at, expected):
    assert next_step(visit(**known), at) == expected


MINUTES = st.integers(-3000, 3000).map(lambda many: NINE + timedelta(minutes=many))
MAYBE = st.none() | MINUTES


@given(
    starts=st.integers(0, 240),
    booked=st.integers(0, 6000),
    eta=st.none() | st.integers(0, 240),
    en_route=st.none() | st.integers(-120, 300),
    at=MINUTES,
)
def test_silence_runs_through_every_step_once_and_ends_in_a_presumption(
    starts, booked, eta, en_route, at
):
    starts_at = EIGHT + timedelta(minutes=starts)
    known = visit(
        starts_at=starts_at,
        booked_at=starts_at - timedelta(minutes=booked),
        eta=None if eta is None else EIGHT + timedelta(minutes=eta),
        en_route_at=None if en_route is None else EIGHT + timedelta(minutes=en_route),
    )
    at = max(at, known.booked_at)
    seen = []
    for _ in range(5):
        step, when = next_step(known, at)
        assert step not in seen
        seen.append(step)
        at = max(at, when)
        if step == Step.PRESUME:
            break
        column = {"ask": "asked_at", "ask_again": "asked_again_at", "nudge": "nudged_at"}
        known = Watched(
            **{
                **{name: getattr(known, name) for name in Watched.__dataclass_fields__},
                column[step.value]: at,
            }
        )
    assert seen[-2:] == [Step.NUDGE, Step.PRESUME], "warned before anything is taken"
    assert at >= known.nudged_at + NUDGE_AFTER
    if known.eta is not None:
        assert Step.ASK not in seen
        assert at >= known.eta + PRESUME_AFTER
