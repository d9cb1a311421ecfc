"""Cells, distances and ZIP codes."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import h3.api.basic_int as h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.geo import (
    RESOLUTION,
    cell_and_ancestors,
    cell_centre,
    circle_cells,
    distance_km,
    distances_km,
    lookup_zip,
    offset_point,
    site_cell,
    site_time_zone,
    travel_minutes,
    zips_around,
)

BOSTON = (42.3471, -71.1027)
EDGE_ERROR_KM = 0.6


def test_a_known_distance() -> None:
    # Boston's State House to New York's City Hall, about 306 km.
    assert distance_km(42.3588, -71.0638, 40.7127, -74.0060) == pytest.approx(306, abs=2)


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180))
def test_one_distance_and_many_agree(lat1, lon1, lat2, lon2) -> None:
    one = distance_km(lat1, lon1, lat2, lon2)
    assert distances_km(lat1, lon1, [lat2], [lon2])[0] == pytest.approx(one, abs=1e-6)
    assert distance_km(lat2, lon2, lat1, lon1) == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize("radius_km", [1, 5, 25, 60])
def test_the_edge_of_a_territory_is_off_by_less_than_a_cell(radius_km: int) -> None:
    cells = set(circle_cells(*BOSTON, radius_km))
    draw = random.Random(radius_km)
    near_edge = 0
    for _ in range(600):
        angle = draw.uniform(0, 2 * math.pi)
        wanted = max(0.0, radius_km + draw.uniform(-1.5, 1.5))
        point = offset_point(*BOSTON, wanted * math.cos(angle), wanted * math.sin(angle))
        away = distance_km(*BOSTON, *point)
        inside = bool(cells & set(cell_and_ancestors(site_cell(*point))))
        if away < radius_km - EDGE_ERROR_KM:
            assert inside
        elif away > radius_km + EDGE_ERROR_KM:
            assert not inside
        else:
            near_edge += 1
    assert near_edge > 50


def test_stored_cells_and_the_distance_rule_say_the_same() -> None:
    cells = set(circle_cells(*BOSTON, 12))
    for cell in h3.grid_disk(site_cell(*BOSTON), 18):
        by_distance = distance_km(*BOSTON, *cell_centre(cell)) <= 12
        assert bool(cells & set(cell_and_ancestors(cell))) == by_distance


def test_compacting_keeps_the_area_and_needs_far_fewer_cells() -> None:
    compacted = circle_cells(*BOSTON, 25)
    whole = h3.uncompact_cells(compacted, RESOLUTION)
    assert len(whole) == len(set(whole))
    assert len(compacted) < len(whole) / 5


@settings(max_examples=40, deadline=None)
@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(1, 15))
def test_anywhere_on_the_globe_a_circle_holds_its_centre(latitude, longitude, radius) -> None:
    cells = set(circle_cells(latitude, longitude, radius))
    assert cells & set(cell_and_ancestors(site_cell(latitude, longitude)))


@pytest.mark.parametrize(("latitude", "longitude", "radius"), [(91, 0, 5), (0, 181, 5), (0, 0, 0)])
def test_a_circle_off_the_globe_or_without_size_is_refused(latitude, longitude, radius) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        circle_cells(latitude, longitude, radius)


def test_travel_time_grows_with_distance_and_open_road_is_faster() -> None:
    minutes = [travel_minutes(km / 10) for km in range(600)]
    assert minutes[0] == 0
    assert all(a < b for a, b in pairwise(minutes))
    assert travel_minutes(40) < 40 * travel_minutes(1)


@pytest.mark.parametrize("text", ["02215", " 02215 ", "02215-1234"])
def test_a_zip_is_found_however_it_is_written(text: str) -> None:
    place = lookup_zip(text)
    assert place is not None
    assert (place.city, place.state, place.time_zone) == ("Boston", "MA", "America/New_York")
    assert distance_km(place.latitude, place.longitude, *BOSTON) < 1


@pytest.mark.parametrize(
    "text", ["", "2215", "00000", "0221x", "０２２１５", "02215-12", "SW1A 1AA"]
)
def test_what_is_no_zip_is_not_found(text: str) -> None:
    assert lookup_zip(text) is None


def test_the_sites_time_zone_comes_from_its_zip() -> None:
    assert site_time_zone("85001", "America/New_York") == "America/Phoenix"
    assert site_time_zone("00000", "America/New_York") == "America/New_York"


def test_zips_around_a_point_are_near_and_sorted() -> None:
    places = zips_around(*BOSTON, 10)
    away = [distance_km(*BOSTON, place.latitude, place.longitude) for place in places]
    assert len(places) > 20
    assert away == sorted(away)
    assert away[-1] <= 10
