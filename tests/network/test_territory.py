"""Territories of every kind: what is refused, what is stored, and that both lookups agree."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from network.areas import AreaError, outline_of_geojson, polygon_area, radius_area
from network.availability import Refusal
from network.eligibility import explain_not_eligible, find_eligible
from network.errors import NetworkError
from network.geo import (
    RESOLUTION,
    cell_and_ancestors,
    cell_centre,
    lookup_zip,
    offset_point,
    site_cell,
)
from network.models import Territory, TerritoryCell
from network.services.territory import (
    preview_polygon_territory,
    preview_radius_territory,
    preview_zip_territory,
    set_polygon_territory,
    set_radius_territory,
    set_zip_territory,
)
from network.zip_index import zip_cells
from tests.network.factories import (
    BOSTON,
    MONDAY,
    load,
    make_branch,
    make_contractor,
    make_service_type,
    make_skill,
    make_technician,
    work_order,
)

EARLY = MONDAY - timedelta(days=1)


def square(east: float, north: float, side: float) -> list[tuple[float, float]]:
    """Corners of a square of ``side`` km whose south-west corner lies so far from Boston."""
    steps = [(0, 0), (side, 0), (side, side), (0, side)]
    return [offset_point(*BOSTON, east + x, north + y) for x, y in steps]


BOW_TIE = [square(0, 0, 10)[number] for number in (0, 2, 1, 3)]
SPIKE = [*square(0, 0, 10)[:2], offset_point(*BOSTON, 5, 0), offset_point(*BOSTON, 5, 8)]
SEA = square(35, -10, 8)


@pytest.mark.parametrize(
    ("outline", "code", "words"),
    [
        (BOW_TIE, "self-crossing", "side 1 meets side 3"),
        (SPIKE, "self-crossing", "crosses itself"),
        (square(0, 0, 200), "too-large", "39,"),
        (square(0, 0, 0.05), "too-small", "square kilometre"),
        (square(0, 0, 10)[:2], "too-few-corners", "three corners"),
        ([BOSTON] * 9, "too-few-corners", "three corners"),
        ([(95.0, 0.0), *square(0, 0, 5)], "bad-place", "Latitude"),
        ([("north",), *square(0, 0, 5)], "bad-place", ""),
        ([(1.0,), *square(0, 0, 5)], "bad-outline", "corner"),
        (
            [offset_point(*BOSTON, math.cos(n / 90), math.sin(n / 90)) for n in range(560)],
            "too-many-corners",
            "500",
        ),
    ],
)
def test_an_outline_that_is_no_area_is_refused_with_the_reason(outline, code, words) -> None:
    with pytest.raises(AreaError) as refusal:
        polygon_area(outline)
    assert refusal.value.code == code
    assert words in refusal.value.detail
    assert refusal.value.field == "outline"


def test_either_direction_and_a_closed_ring_give_the_same_area() -> None:
    outline = square(-5, -5, 10)
    one = polygon_area(outline)
    assert polygon_area(outline[::-1]).cells == one.cells
    assert polygon_area([*outline, outline[0]]).cells == one.cells
    assert (one.latitude, one.longitude) == pytest.approx(BOSTON, abs=0.001)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_crossings_are_those_that_comparing_every_two_sides_finds(seed) -> None:
    draw = random.Random(seed)
    count = draw.randint(5, 30)
    ring = [
        offset_point(
            *BOSTON,
            (radius := draw.uniform(4, 20)) * math.cos(2 * math.pi * n / count),
            radius * math.sin(2 * math.pi * n / count),
        )
        for n in range(count)
    ]
    inside = polygon_area(ring)
    assert inside.cells
    draw.shuffle(ring)
    if _crosses(ring):
        with pytest.raises(AreaError) as refusal:
            polygon_area(ring)
        assert refusal.value.code == "self-crossing"
    else:
        assert polygon_area(ring).cells


def _crosses(ring: list[tuple[float, float]]) -> bool:
    def turn(a, b, c) -> bool:
        return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])

    sides = list(zip(ring, ring[1:] + ring[:1], strict=True))
    return any(
        turn(a, b, c) != turn(a, b, d) and turn(c, d, a) != turn(c, d, b)
        for (a, b), (c, d) in combinations(sides, 2)
        if not {a, b} & {c, d}
    )


def test_geojson_of_a_map_becomes_an_outline() -> None:
    ring = [[longitude, latitude] for latitude, longitude in square(0, 0, 5)]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    assert outline_of_geojson({"type": "Feature", "geometry": polygon}) == square(0, 0, 5)
    for bad in (
        None,
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [ring, ring]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
    ):
        with pytest.raises(AreaError):
            outline_of_geojson(bad)


def test_a_zip_holds_its_centre_and_shares_no_cell_with_a_neighbour() -> None:
    codes = ["02215", "02115", "02116", "02120", "02446"]
    held = {code: set(zip_cells(code)) for code in codes}
    for code in codes:
        place = lookup_zip(code)
        assert site_cell(place.latitude, place.longitude) in held[code]
    fenway, others = held["02215"], set.union(*(held[code] for code in codes[1:]))
    assert len(fenway & others) <= 1, "at most the one cell that holds two centres"
    with pytest.raises(LookupError):
        zip_cells("00000")


@pytest.mark.django_db
class TestSaved:
    @pytest.fixture
    def branch(self):
        return make_branch()

    @pytest.fixture
    def contractor(self, branch):
        return make_contractor(branch, radius_km=0)

    def covers(self, contractor, place) -> bool:
        cells = cell_and_ancestors(site_cell(*place))
        return TerritoryCell.objects.filter(contractor=contractor, cell__in=cells).exists()

    def test_each_kind_replaces_the_one_before(self, contractor) -> None:
        set_radius_territory(
            contractor_id=contractor.pk, latitude=BOSTON[0], longitude=BOSTON[1], radius_km=5
        )
        set_polygon_territory(contractor_id=contractor.pk, outline=square(10, 10, 6))
        assert not self.covers(contractor, BOSTON)
        assert self.covers(contractor, offset_point(*BOSTON, 13, 13))
        saved = set_zip_territory(contractor_id=contractor.pk, zips="02215, 02115;02116\n02215")
        assert saved.zips == ["02115", "02116", "02215"]
        assert (saved.kind, saved.radius_km, saved.outline) == ("zips", None, None)
        assert not self.covers(contractor, offset_point(*BOSTON, 13, 13))
        place = lookup_zip("02215")
        assert self.covers(contractor, (place.latitude, place.longitude))
        assert Territory.objects.filter(contractor=contractor).count() == 1

    @pytest.mark.parametrize(
        ("zips", "code", "words"),
        [
            ("", "no-zips", "at least one"),
            ("02215 K1A0B1 SW1A", "unknown-zip", "“K1A0B1” and “SW1A” are not US ZIP codes"),
            ("02215, 10115", "foreign-zip", "10115 (New York, NY) lies outside the branch"),
            (["02215", "99999"], "unknown-zip", "“99999” is not a US ZIP code"),
        ],
    )
    def test_a_zip_of_elsewhere_is_refused(self, contractor, zips, code, words) -> None:
        with pytest.raises(NetworkError) as refusal:
            set_zip_territory(contractor_id=contractor.pk, zips=zips)
        assert (refusal.value.code, refusal.value.field) == (code, "zips")
        assert words in refusal.value.detail
        assert not Territory.objects.filter(contractor=contractor).exists()

    def test_the_sea_and_another_town_are_refused(self, contractor) -> None:
        with pytest.raises(NetworkError) as refusal:
            set_polygon_territory(contractor_id=contractor.pk, outline=SEA)
        assert refusal.value.code == "in-the-sea"
        assert "sea" in refusal.value.detail
        with pytest.raises(NetworkError) as refusal:
            set_polygon_territory(contractor_id=contractor.pk, outline=square(-200, 0, 10))
        assert refusal.value.code == "outside-branch"
        with pytest.raises(NetworkError) as refusal:
            set_radius_territory(
                contractor_id=contractor.pk, latitude=40.7, longitude=-74.0, radius_km=20
            )
        assert (refusal.value.code, refusal.value.field) == ("outside-branch", "radius_km")

    def test_a_branch_without_us_zip_codes_knows_no_shore(self) -> None:
        berlin = make_branch(latitude=52.52, longitude=13.40, time_zone="Europe/Berlin")
        _, preview = preview_radius_territory(
            branch=berlin, latitude=52.5, longitude=13.4, radius_km=10
        )
        assert preview.zips == []
        assert preview.notes == []

    def test_the_preview_names_the_zips_and_what_lies_outside(self, branch) -> None:
        area, preview = preview_radius_territory(
            branch=branch, latitude=BOSTON[0], longitude=BOSTON[1], radius_km=8
        )
        assert "02215" in preview.zips
        assert 20 < len(preview.zips) < 80
        assert preview.area_km2 == pytest.approx(math.pi * 64, rel=0.05)
        assert preview.share_inside_branch == 1
        _, preview = preview_zip_territory(branch=branch, zips="02215 02116")
        assert preview.zips == ["02116", "02215"]
        _, preview = preview_polygon_territory(branch=branch, outline=square(-90, -20, 60))
        assert 0.1 < preview.share_inside_branch < 0.9
        assert "outside the branch" in preview.notes[0]
        assert area.kind == "radius"

    def test_memory_and_index_agree_for_every_kind(self, branch) -> None:
        skill = make_skill(branch)
        service_type = make_service_type(branch, {skill: 1})
        drawn, listed, circle, none = (make_contractor(branch, radius_km=0) for _ in range(4))
        for contractor in (drawn, listed, circle, none):
            make_technician(contractor, {skill: 2})
        set_polygon_territory(contractor_id=drawn.pk, outline=square(-6, -6, 12))
        set_zip_territory(contractor_id=listed.pk, zips="02215 02446 02135")
        set_radius_territory(
            contractor_id=circle.pk, latitude=BOSTON[0], longitude=BOSTON[1], radius_km=6
        )
        draw = random.Random(1)
        seen: set[tuple[int, ...]] = set()
        for _ in range(40):
            place = offset_point(*BOSTON, draw.uniform(-9, 9), draw.uniform(-9, 9))
            work = work_order(service_type, place=place)
            found = {slot.contractor_id for slot in find_eligible(work, at=EARLY).slots}
            known = load(work, drawn, listed, circle, none)
            in_memory = {
                contractor.pk
                for contractor in (drawn, listed, circle, none)
                if not isinstance(known.best_slot(work, contractor.pk, not_before=EARLY), Refusal)
            }
            assert in_memory == found
            seen.add(tuple(sorted(found)))
        assert len(seen) >= 4, "the sites must tell the areas apart"

    def test_how_far_outside_is_said_for_every_kind(self, branch) -> None:
        skill = make_skill(branch)
        service_type = make_service_type(branch, {skill: 1})
        drawn = make_contractor(branch, name="Drawn", radius_km=0)
        none = make_contractor(branch, name="None", radius_km=0)
        for contractor in (drawn, none):
            make_technician(contractor, {skill: 2})
        set_polygon_territory(contractor_id=drawn.pk, outline=square(5, -5, 10))
        work = work_order(service_type, place=offset_point(*BOSTON, -5, 0))
        said = {entry.name: entry.sentence for entry in explain_not_eligible(work, at=EARLY)}
        assert said["None"] == "has set no territory"
        miles = float(said["Drawn"].removeprefix("outside territory by ").removesuffix(" mi"))
        assert miles == pytest.approx(10 / 1.609, abs=0.5)

    def test_saving_an_area_costs_as_many_statements_however_many_corners_it_has(
        self, branch
    ) -> None:
        """How long it takes is measured by the benchmark (``area_outline_ms``)."""
        skill = make_skill(branch)
        service_type = make_service_type(branch, {skill: 1})
        contractor = make_contractor(branch, radius_km=0)
        make_technician(contractor, {skill: 2})
        work = work_order(service_type)

        def statements(corners: int) -> int:
            ring = [
                offset_point(*BOSTON, 30 * math.cos(angle), 30 * math.sin(angle))
                for angle in (2 * n / corners * math.pi for n in range(corners))
            ]
            with CaptureQueriesContext(connection) as captured:
                set_polygon_territory(contractor_id=contractor.pk, outline=ring)
                assert len(find_eligible(work, at=EARLY).slots) == 1
            return len(captured)

        statements(5)  # fills what is read once per process
        assert statements(60) == statements(6)


def test_every_cell_of_an_area_has_its_centre_inside() -> None:
    area = radius_area(*BOSTON, 7)
    import h3.api.basic_int as h3

    from network.geo import distance_km

    small = h3.uncompact_cells(area.cells, RESOLUTION)
    assert all(distance_km(*BOSTON, *cell_centre(cell)) <= 7 for cell in small)
