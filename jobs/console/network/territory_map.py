"""Where a contractor works, drawn on the server: base, territory, and visits of late."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, radians, sin

import h3.api.basic_int as h3
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.console.network.places import territory_words, town_of
from network.models import Branch, Contractor, Territory, TerritoryCell, TerritoryKind
from network.outlines import KM_PER_DEGREE, Frame, closed_path

WIDTH, HEIGHT = 460.0, 380.0
#: Room around the territory, and the least that is shown, in kilometres.
ROOM, LEAST_KM = 1.25, 8.0
_CORNERS = 48

Point = tuple[float, float]


def territory_map(
    contractor: Contractor, *, branch: Branch, visits: Sequence[Point] = ()
) -> SafeString:
    """The picture as SVG. ``visits`` are latitudes and longitudes of places been to."""
    territory: Territory | None = getattr(contractor, "territory", None)
    base = contractor.base_latitude, contractor.base_longitude
    rings: list[list[Point]] = []
    cells: list[list[Point]] = []
    if territory is None:
        points = [base]
    elif territory.kind == TerritoryKind.RADIUS:
        rings = [_circle(territory.latitude, territory.longitude, territory.radius_km or 1)]
        points = [*rings[0], base]
    elif territory.kind == TerritoryKind.POLYGON:
        rings = [[(corner[0], corner[1]) for corner in territory.outline or []]]
        points = [*rings[0], base]
    else:
        kept = TerritoryCell.objects.filter(territory=territory).values_list("cell", flat=True)
        cells = [list(h3.cell_to_boundary(cell)) for cell in kept]
        points = [*(corner for cell in cells for corner in cell), base]
    frame = _frame_around(points)

    def drawn(ring: Sequence[Point]) -> str:
        placed = frame.clipped([frame.place(longitude, latitude) for latitude, longitude in ring])
        return closed_path(placed) if len(placed) > 2 else ""

    x, y = frame.place(base[1], base[0])
    return format_html(
        '<svg class="terrmap" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '{}{}{}{}<circle class="m-base" cx="{}" cy="{}" r="6"/></svg>',
        f"{WIDTH:.0f}",
        f"{HEIGHT:.0f}",
        _words(territory, base, branch),
        format_html_join("", '<path class="{}" d="{}"/>', frame.ground()),
        format_html_join(
            "", '<path class="m-cell" d="{}"/>', ((path,) for path in map(drawn, cells) if path)
        ),
        format_html_join(
            "", '<path class="m-area" d="{}"/>', ((path,) for path in map(drawn, rings) if path)
        ),
        format_html_join(
            "",
            '<circle class="m-visit" cx="{}" cy="{}" r="3.2"/>',
            (
                tuple(f"{value:.0f}" for value in frame.place(longitude, latitude))
                for latitude, longitude in visits
            ),
        ),
        f"{x:.0f}",
        f"{y:.0f}",
    )


def _circle(latitude: float, longitude: float, radius_km: float) -> list[Point]:
    north = radius_km / KM_PER_DEGREE
    east = north / cos(radians(latitude))
    return [
        (
            latitude + north * sin(2 * pi * corner / _CORNERS),
            longitude + east * cos(2 * pi * corner / _CORNERS),
        )
        for corner in range(_CORNERS)
    ]


def _frame_around(points: Sequence[Point]) -> Frame:
    north, south = max(p[0] for p in points), min(p[0] for p in points)
    east, west = max(p[1] for p in points), min(p[1] for p in points)
    latitude, longitude = (north + south) / 2, (east + west) / 2
    tall = max((north - south) * KM_PER_DEGREE * ROOM, LEAST_KM)
    wide = max((east - west) * KM_PER_DEGREE * cos(radians(latitude)) * ROOM, LEAST_KM)
    return Frame(latitude, longitude, WIDTH, HEIGHT, min(WIDTH / wide, HEIGHT / tall))


def _words(territory: Territory | None, base: Point, branch: Branch) -> str:
    town = town_of(*base)
    where = f"Base in {town}" if town else "Base"
    if territory is None:
        return f"{where}, no territory"
    return f"{where}; territory: {territory_words(territory, branch.distance_unit)}"
