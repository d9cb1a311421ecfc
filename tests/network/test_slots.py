"""The slot search against a slow, obvious one that tries every minute."""

from __future__ import annotations

from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from network.geo import distance_km, travel_minutes
from network.slots import (
    BACK_AT_BASE,
    FULLY_BOOKED,
    NOT_WORKING,
    Entry,
    Start,
    drive_minutes,
    find_start,
)

BASE = (42.35, -71.06)
SITE = (42.37, -71.08)
NEARBY = (42.36, -71.07)
FAR = (42.55, -71.30)
OTHER_STATE = (44.90, -73.90)  # about seven hours away
PLACES = [BASE, SITE, NEARBY, FAR, OTHER_STATE, None]


def brute_force(
    *, shifts, entries, base, site, window_start, window_end, duration, not_before
) -> Start | int:
    """Every minute of the window, checked rule by rule."""
    could_work = False
    for start in range(window_start, window_end + 1):
        end = start + duration
        inside = [shift for shift in shifts if shift[0] <= start and end <= shift[1]]
        if not inside:
            continue
        could_work = True
        if any(entry.start < end and start < entry.end for entry in entries):
            continue
        before = max((e for e in entries if e.end <= start), default=None, key=lambda e: e.end)
        after = min((e for e in entries if e.start >= end), default=None, key=lambda e: e.start)
        earliest = max(
            window_start, not_before, inside[0][0], before.end if before is not None else 0
        )
        origin = base
        if before is not None and before.latitude is not None:
            if start < before.end + drive_minutes(before.latitude, before.longitude, *site):
                continue
            if earliest - before.end <= BACK_AT_BASE:
                origin = (before.latitude, before.longitude)
        km = distance_km(*origin, *site)
        if start < not_before + ceil(travel_minutes(km)):
            continue
        if (
            after is not None
            and after.latitude is not None
            and end + drive_minutes(*site, after.latitude, after.longitude) > after.start
        ):
            continue
        return Start(start, travel_minutes(km), km)
    return FULLY_BOOKED if could_work else NOT_WORKING


@st.composite
def stretches(draw, highest: int, most: int) -> list[tuple[int, int]]:
    """Sorted stretches that do not overlap; they may touch."""
    cuts = sorted(draw(st.lists(st.integers(0, highest), max_size=most * 2)))
    pairs = [(cuts[i], cuts[i + 1]) for i in range(0, len(cuts) - 1, 2)]
    return [(a, b) for a, b in pairs if a < b]


@st.composite
def searches(draw):
    # Touching shifts are merged before the search sees them, as availability does.
    shifts: list[tuple[int, int]] = []
    for a, b in draw(stretches(900, 3)):
        if shifts and shifts[-1][1] == a:
            shifts[-1] = (shifts[-1][0], b)
        else:
            shifts.append((a, b))
    entries = [
        Entry(a, b, *(place or (None, None)))
        for a, b in draw(stretches(900, 5))
        for place in [draw(st.sampled_from(PLACES))]
    ]
    window_start = draw(st.integers(0, 700))
    return {
        "shifts": shifts,
        "entries": entries,
        "base": BASE,
        "site": SITE,
        "window_start": window_start,
        "window_end": window_start + draw(st.integers(0, 240)),
        "duration": draw(st.integers(5, 180)),
        "not_before": draw(st.integers(-60, 900)),
    }


@given(searches())
@settings(max_examples=1500, deadline=None)
def test_the_search_finds_what_trying_every_minute_finds(search) -> None:
    assert find_start(**search) == brute_force(**search)


def search(**changes):
    given_ = {
        "shifts": [(480, 1020)],
        "entries": [],
        "base": BASE,
        "site": SITE,
        "window_start": 480,
        "window_end": 720,
        "duration": 60,
        "not_before": 0,
    }
    return find_start(**(given_ | changes))


def test_an_empty_calendar_gives_the_start_of_the_window() -> None:
    assert search().start == 480


def test_the_window_bounds_the_arrival_and_not_the_end_of_the_visit() -> None:
    assert search(entries=[Entry(480, 700, *SITE)], duration=120).start == 700


def test_a_start_one_minute_after_the_window_is_too_late() -> None:
    assert search(entries=[Entry(480, 720, *SITE)]).start == 720
    assert search(entries=[Entry(480, 721, *SITE)]) == FULLY_BOOKED


def test_the_drive_from_the_entry_before_is_left_free() -> None:
    drive = drive_minutes(*FAR, *SITE)
    assert search(entries=[Entry(400, 480, *FAR)]).start == 480 + drive


def test_the_drive_to_the_entry_after_is_left_free() -> None:
    drive = drive_minutes(*SITE, *FAR)
    fits = Entry(540 + drive, 900, *FAR)
    assert search(entries=[fits]).start == 480
    assert search(entries=[fits._replace(start=fits.start - 1)]) == FULLY_BOOKED


def test_time_off_needs_no_drive() -> None:
    assert search(entries=[Entry(400, 500, None, None), Entry(560, 900, None, None)]).start == 500


def test_a_visit_that_would_outlast_the_shift_is_not_working_time() -> None:
    assert search(shifts=[(480, 539)]) == NOT_WORKING
    assert search(shifts=[(480, 540)]).start == 480


def test_nobody_arrives_before_they_can_have_driven_there() -> None:
    drive = drive_minutes(*BASE, *SITE)
    assert search(not_before=600).start == 600 + drive
    assert search(not_before=721) == FULLY_BOOKED


def test_after_long_idleness_the_drive_begins_at_the_base() -> None:
    early = search(entries=[Entry(180, 240, *FAR)])
    late = search(entries=[Entry(180, 239, *FAR)])
    assert early.travel_km == distance_km(*FAR, *SITE)
    assert late.travel_km == distance_km(*BASE, *SITE)
