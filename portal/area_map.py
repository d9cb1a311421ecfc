"""A small map of the area of a job: an approximate circle, never the site.

The circle's middle is the middle of the site's H3 cell of resolution 7, about five square
kilometres: all sites in it give the same picture, so the picture cannot give one away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import cos, radians
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from network import display
from network.geo import cell_and_ancestors, cell_centre

#: Kilometres; holds every point whose cell lies in the circle's own (see the tests).
CIRCLE_KM = 1.7
WIDTH, HEIGHT = 354.0, 132.0
PIXELS_PER_KM = 16.0
KM_PER_DEGREE = 111.195
MARGIN = 12.0
OUTLINES = Path("static") / "geo" / "boston.geojson"

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed line in degrees (longitude, latitude), and what it bounds."""

    kind: str
    ring: Ring

    def is_near(self, latitude: float, longitude: float, *, degrees: float) -> bool:
        """Whether its bounding box comes that near; spares clipping what is far away."""
        lons = [x for x, _ in self.ring]
        lats = [y for _, y in self.ring]
        return (
            min(lons) - degrees <= longitude <= max(lons) + degrees
            and min(lats) - degrees <= latitude <= max(lats) + degrees
        )


@cache
def outlines() -> tuple[Outline, ...]:
    """The bundled outlines, counties before the neighbourhoods that lie on them."""
    collection = json.loads((Path(settings.BASE_DIR) / OUTLINES).read_text())
    found = []
    for feature in collection["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"]
        if geometry["type"] == "Polygon":
            polygons = [polygons]
        kind = str(feature["properties"]["kind"])
        found += [Outline(kind, tuple((x, y) for x, y, *_ in polygon[0])) for polygon in polygons]
    return tuple(sorted(found, key=lambda outline: outline.kind != "county"))


def middle_of_area(cell: int) -> tuple[float, float]:
    """Latitude and longitude of the middle of the wider cell around a site's cell."""
    return cell_centre(cell_and_ancestors(cell)[1])


def area_map(*, cell: int, area: str, unit: str) -> SafeString:
    """The picture as SVG, or nothing where no outline is near: a bare circle says nothing."""
    return _drawn(*middle_of_area(cell), area, unit)


@lru_cache(maxsize=256)
def _drawn(latitude: float, longitude: float, area: str, unit: str) -> SafeString:
    shrink = cos(radians(latitude))

    def project(point: tuple[float, float]) -> tuple[float, float]:
        return (
            WIDTH / 2 + (point[0] - longitude) * shrink * KM_PER_DEGREE * PIXELS_PER_KM,
            HEIGHT / 2 - (point[1] - latitude) * KM_PER_DEGREE * PIXELS_PER_KM,
        )

    drawn = []
    reach = (WIDTH / 2 + MARGIN) / (shrink * KM_PER_DEGREE * PIXELS_PER_KM)
    for outline in outlines():
        if not outline.is_near(latitude, longitude, degrees=reach):
            continue
        ring = clipped([project(point) for point in outline.ring])
        if len(ring) > 2:
            css = "m-county" if outline.kind == "county" else "m-hood"
            path = "L".join(f"{x:.0f} {y:.0f}" for x, y in ring)
            drawn.append((css, f"M{path}Z"))
    if not drawn:
        return mark_safe("")
    radius = CIRCLE_KM * PIXELS_PER_KM
    across = display.distance(2 * CIRCLE_KM, unit)
    return format_html(
        '<svg class="areamap" viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" role="img"'
        ' aria-label="The job is somewhere inside a circle {} wide{}">{}'
        '<circle class="m-area" cx="{}" cy="{}" r="{}"/>'
        '<text class="m-name" x="{}" y="{}" text-anchor="middle">{}</text></svg>',
        f"{WIDTH:.0f}",
        f"{HEIGHT:.0f}",
        across,
        f" in {area}" if area else "",
        format_html_join("", '<path class="{}" d="{}"/>', drawn),
        f"{WIDTH / 2:.0f}",
        f"{HEIGHT / 2:.0f}",
        f"{radius:.0f}",
        f"{WIDTH / 2:.0f}",
        f"{HEIGHT / 2 + radius + 16:.0f}",
        area,
    )


def clipped(ring: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The part of a closed ring inside the picture and a small margin (Sutherland–Hodgman)."""
    kept = list(ring)
    for axis, edge, sign in (
        (0, -MARGIN, 1.0),
        (0, WIDTH + MARGIN, -1.0),
        (1, -MARGIN, 1.0),
        (1, HEIGHT + MARGIN, -1.0),
    ):
        kept = _cut(kept, lambda p, a=axis, e=edge, s=sign: s * (p[a] - e))  # type: ignore[misc]
    return kept


def _cut(
    ring: list[tuple[float, float]], inside: Callable[[tuple[float, float]], float]
) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for index, point in enumerate(ring):
        before = ring[index - 1]
        depth, depth_before = inside(point), inside(before)
        if (depth >= 0) != (depth_before >= 0):
            share = depth_before / (depth_before - depth)
            kept.append(
                (
                    before[0] + share * (point[0] - before[0]),
                    before[1] + share * (point[1] - before[1]),
                )
            )
        if depth >= 0:
            kept.append(point)
    return kept
