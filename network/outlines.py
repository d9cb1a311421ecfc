"""The bundled outlines of counties and neighbourhoods, for maps drawn on the server. No ORM."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path

from django.conf import settings

KM_PER_DEGREE = 111.195
MARGIN = 12.0
OUTLINES = Path("static") / "geo" / "boston.geojson"

Ring = tuple[tuple[float, float], ...]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed line in degrees (longitude, latitude), and what it bounds."""

    kind: str
    name: str
    ring: Ring

    def is_near(self, latitude: float, longitude: float, *, degrees: float) -> bool:
        """Whether its bounding box comes that near; spares clipping what is far away."""
        lons = [x for x, _ in self.ring]
        lats = [y for _, y in self.ring]
        return (
            min(lons) - degrees <= longitude <= max(lons) + degrees
            and min(lats) - degrees <= latitude <= max(lats) + degrees
        )

    @property
    def middle(self) -> Point:
        """Latitude and longitude of its centre of area."""
        area = x = y = 0.0
        for (x0, y0), (x1, y1) in zip(self.ring, self.ring[1:] + self.ring[:1], strict=True):
            cross = x0 * y1 - x1 * y0
            area += cross
            x += (x0 + x1) * cross
            y += (y0 + y1) * cross
        if abs(area) < 1e-12:
            return self.ring[0][1], self.ring[0][0]
        return y / (3 * area), x / (3 * area)


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
        kind, name = str(feature["properties"]["kind"]), str(feature["properties"]["name"])
        found += [
            Outline(kind, name, tuple((x, y) for x, y, *_ in polygon[0])) for polygon in polygons
        ]
    return tuple(sorted(found, key=lambda outline: outline.kind != "county"))


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of ``width`` × ``height`` around a point: where places lie in it, in pixels."""

    latitude: float
    longitude: float
    width: float
    height: float
    pixels_per_km: float

    @property
    def _per_degree(self) -> Point:
        scale = KM_PER_DEGREE * self.pixels_per_km
        return scale * cos(radians(self.latitude)), scale

    def place(self, longitude: float, latitude: float) -> Point:
        """The pixel of a place."""
        across, down = self._per_degree
        return (
            self.width / 2 + (longitude - self.longitude) * across,
            self.height / 2 - (latitude - self.latitude) * down,
        )

    def clipped(self, ring: Sequence[Point]) -> list[Point]:
        """The part of a closed ring of pixels inside the picture and a small margin."""
        return clipped(ring, self.width, self.height)

    def ground(self) -> list[tuple[str, str]]:
        """Class and SVG path of every outline in the picture, counties first."""
        drawn = []
        across, down = self._per_degree
        reach = max((self.width / 2 + MARGIN) / across, (self.height / 2 + MARGIN) / down)
        for outline in outlines():
            if not outline.is_near(self.latitude, self.longitude, degrees=reach):
                continue
            ring = self.clipped([self.place(x, y) for x, y in outline.ring])
            if len(ring) > 2:
                drawn.append(
                    ("m-county" if outline.kind == "county" else "m-hood", closed_path(ring))
                )
        return drawn


def closed_path(ring: Sequence[Point]) -> str:
    """A closed SVG path through these pixels."""
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in ring) + "Z"


def clipped(ring: Sequence[Point], width: float, height: float) -> list[Point]:
    """The part of a closed ring within a box and ``MARGIN`` around it (Sutherland–Hodgman)."""
    kept = list(ring)
    for axis, edge, sign in (
        (0, -MARGIN, 1.0),
        (0, width + MARGIN, -1.0),
        (1, -MARGIN, 1.0),
        (1, height + MARGIN, -1.0),
    ):
        kept = _cut(kept, lambda p, a=axis, e=edge, s=sign: s * (p[a] - e))  # type: ignore[misc]
    return kept


def _cut(ring: list[Point], inside: Callable[[Point], float]) -> list[Point]:
    kept: list[Point] = []
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
