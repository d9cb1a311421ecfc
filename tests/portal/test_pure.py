"""Pure parts: arrival choices, candidate starts, wording, and the map that gives nothing away."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from math import cos, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network import outlines
from network.geo import distance_km, site_cell
from network.models import Branch, Contractor
from portal import area_map
from portal.arrival import MOST_CHOICES, arrival_choices, time_in_window
from portal.plans import MOST_STARTS, candidate_starts, chosen_plan
from portal.wording import for_reader, greeting, how_late, standing, to_the_second

NOON = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)  # noon in Boston
TZ = "America/New_York"

minutes = st.integers(0, 600)


@given(planned=minutes, told=st.none() | minutes, now=st.integers(-600, 600), way=st.booleans())
def test_arrival_choices_keep_the_promise(
    planned: int, told: int | None, now: int, way: bool
) -> None:
    start, end = NOON, NOON + timedelta(hours=4)
    moment = NOON + timedelta(minutes=now, seconds=7)
    told_at = None if told is None else NOON + timedelta(minutes=told)
    choices = arrival_choices(
        planned=NOON + timedelta(minutes=planned),
        told=told_at,
        window_start=start,
        window_end=end,
        now=moment,
        on_the_way=way,
    )
    assert len(choices) <= MOST_CHOICES
    assert choices == sorted(set(choices))
    assert all(max(start, moment) <= choice <= end and choice != told_at for choice in choices)


def test_the_plan_is_the_first_choice() -> None:
    planned = NOON + timedelta(minutes=7)
    choices = arrival_choices(
        planned=planned,
        told=None,
        window_start=NOON,
        window_end=NOON + timedelta(hours=4),
        now=NOON - timedelta(days=1),
        on_the_way=False,
    )
    assert choices[:2] == [planned, planned + timedelta(minutes=30)]


def test_on_the_way_later_counts_from_what_was_told() -> None:
    told = NOON + timedelta(minutes=60)
    choices = arrival_choices(
        planned=NOON,
        told=told,
        window_start=NOON,
        window_end=NOON + timedelta(hours=4),
        now=NOON,
        on_the_way=True,
    )
    assert choices == [told + timedelta(minutes=later) for later in (10, 20, 40)]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (time(23, 0), datetime(2026, 11, 4, 4, 0, tzinfo=UTC)),
        (time(1, 30), datetime(2026, 11, 4, 6, 30, tzinfo=UTC)),  # after midnight, inside
        (time(12, 0), datetime(2026, 11, 3, 17, 0, tzinfo=UTC)),  # outside: the first day
    ],
)
def test_a_time_of_day_falls_into_a_window_over_midnight(clock: time, expected: datetime) -> None:
    opening = datetime(2026, 11, 4, 3, 0, tzinfo=UTC)  # 22:00 in Boston
    found = time_in_window(
        clock, window_start=opening, window_end=opening + timedelta(hours=4), tz=TZ
    )
    assert found == expected


@given(start=st.integers(0, 1440), length=st.integers(1, 60 * 72))
def test_candidate_starts_lie_in_the_window_and_are_few(start: int, length: int) -> None:
    opening = NOON + timedelta(minutes=start)
    closing = opening + timedelta(minutes=length)
    starts = candidate_starts(opening, closing, TZ)
    assert starts[0] == opening
    assert len(starts) <= MOST_STARTS + 1
    assert starts == sorted(set(starts))
    assert all(opening <= moment <= closing for moment in starts)


def test_no_plan_is_the_plan_as_offered() -> None:
    assert chosen_plan("") == (None, None)
    assert chosen_plan(f"7|{NOON.isoformat()}") == (7, NOON)


boston = {"lat": st.floats(42.0, 42.7), "lon": st.floats(-71.6, -70.6)}


@given(lat=boston["lat"], lon=boston["lon"])
def test_the_circle_holds_the_site(lat: float, lon: float) -> None:
    middle = area_map.middle_of_area(site_cell(lat, lon))
    assert distance_km(lat, lon, *middle) <= area_map.CIRCLE_KM


@settings(deadline=None, max_examples=40)
@given(lat=boston["lat"], lon=boston["lon"], east=st.floats(-0.2, 0.2), north=st.floats(-0.2, 0.2))
def test_the_picture_depends_on_the_wider_cell_only(
    lat: float, lon: float, east: float, north: float
) -> None:
    cell = site_cell(lat, lon)
    near = site_cell(lat + north / 111.2, lon + east / (111.2 * cos(radians(lat))))
    if area_map.middle_of_area(cell) == area_map.middle_of_area(near):
        drawn = {area_map.area_map(cell=one, area="Fenway", unit="mi") for one in (cell, near)}
        assert len(drawn) == 1


def test_the_picture_holds_no_coordinates_and_stays_small() -> None:
    svg = area_map.area_map(cell=site_cell(42.3467, -71.1019), area="Fen<way", unit="mi")
    assert "2.1 mi wide in Fen&lt;way" in svg
    assert not re.search(r"42\.\d|71\.\d", svg)
    assert 1000 < len(svg) < 16_000


def test_far_from_every_outline_there_is_no_picture() -> None:
    assert area_map.area_map(cell=site_cell(39.74, -104.99), area="Denver", unit="mi") == ""


@given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=3, max_size=30))
def test_clipping_stays_inside_the_picture(ring: list[tuple[float, float]]) -> None:
    edge = outlines.MARGIN + 1e-6
    for x, y in outlines.clipped(ring, area_map.WIDTH, area_map.HEIGHT):
        assert -edge <= x <= area_map.WIDTH + edge
        assert -edge <= y <= area_map.HEIGHT + edge


def test_clipping_leaves_what_is_inside_as_it_is() -> None:
    triangle = [(10.0, 10.0), (50.0, 10.0), (30.0, 40.0)]
    assert sorted(outlines.clipped(triangle, area_map.WIDTH, area_map.HEIGHT)) == sorted(triangle)


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (1, "Good evening, Dana"),
        (9, "Good morning, Dana"),
        (13, "Good afternoon, Dana"),
        (18, "Good evening, Dana"),
    ],
)
def test_the_greeting_goes_by_the_clock(hour: int, words: str) -> None:
    assert greeting(datetime(2026, 11, 3, hour, tzinfo=UTC), "UTC", "Dana Whitfield") == words


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (timedelta(0), "under a second"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=4.9), "4 seconds"),
        (timedelta(minutes=6), "6 min"),
    ],
)
def test_lateness_in_words(late: timedelta, words: str) -> None:
    assert how_late(late) == words


def test_seconds_are_said_where_they_decided() -> None:
    assert to_the_second(NOON + timedelta(seconds=4), TZ) == "12:00:04 pm"


def test_refusals_speak_to_one_person_of_themselves() -> None:
    detail = "This technician's time was taken a moment ago. Choose another time or technician."
    assert for_reader(detail, is_firm=True) == detail
    alone = for_reader(detail, is_firm=False)
    assert alone == "Your time was taken a moment ago. Choose another time."


@pytest.mark.parametrize(
    ("status", "until", "words"),
    [
        ("active", date(2027, 6, 1), None),
        ("active", date(2026, 11, 10), "run out on 10 Nov"),
        ("active", date(2026, 11, 3), "run out on 3 Nov"),
        ("active", date(2026, 11, 2), "ran out on 2 Nov"),
        ("active", None, "not in order"),
        ("paused", date(2027, 6, 1), "paused"),
        ("suspended", date(2027, 6, 1), "Suspended"),
        ("applicant", None, "Not approved"),
        ("left", None, "left"),
    ],
)
def test_what_keeps_offers_away_is_said(status: str, until: date | None, words: str | None) -> None:
    branch = Branch(time_zone=TZ)
    note = standing(Contractor(branch=branch, status=status, cleared_until=until), NOON)
    assert (note is None) if words is None else (note is not None and words in note.title)
