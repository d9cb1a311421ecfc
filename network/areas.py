"""The shapes a territory may have, checked and turned into cells. Pure, without ORM.

A radius around a point, a drawn outline, or a list of ZIP codes; each becomes the cells of
resolution 8 whose centres lie in it, compacted. What cannot be a territory raises ``AreaError``,
with words for the person who drew or typed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import cos, radians
from typing import Any

import h3.api.basic_int as h3
import numpy as np

from network.display import distance
from network.geo import (
    EARTH_KM,
    RESOLUTION,
    ZipPlace,
    check_place,
    circle_cells,
    compact,
    distances_km,
    lookup_zip,
)
from network.zip_index import has_zips_near, nearest_zip_km, zip_cells, zips_in

SMALLEST_RADIUS_KM = 1
LARGEST_RADIUS_KM = 200
LARGEST_AREA_KM2 = 20_000
"""About the size of Massachusetts: more is a slip of the hand, or no area anybody drives."""
MOST_POINTS = 500
MOST_ZIPS = 400
SHORE_KM = 8.0
"""An area further than this from every ZIP code's centre is taken for water or wilderness."""

_KM_PER_DEGREE = EARTH_KM * radians(1)
_SEPARATORS = re.compile(r"[\s,;]+")

Point = tuple[float, float]


class AreaError(ValueError):
    """A shape that cannot be a territory. ``code`` is for programs; ``field`` is at fault."""

    def __init__(self, code: str, detail: str, field: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


@dataclass(frozen=True, slots=True)
class BranchArea:
    """Where a branch has sites: within ``radius_km`` of its centre."""

    name: str
    latitude: float
    longitude: float
    radius_km: float
    distance_unit: str


@dataclass(frozen=True, slots=True)
class Area:
    """A checked shape. ``cells`` are compacted; the point is its centre."""

    kind: str
    latitude: float
    longitude: float
    cells: list[int]
    radius_km: float | None = None
    outline: list[Point] | None = None
    zips: list[str] | None = None


@dataclass(frozen=True, slots=True)
class AreaPreview:
    """What an area means before it is saved; ``notes`` are sentences worth reading first."""

    zips: list[str]
    area_km2: float
    share_inside_branch: float
    notes: list[str] = field(default_factory=list)


# -- the three kinds -------------------------------------------------------------------------


def radius_area(latitude: float, longitude: float, radius_km: float) -> Area:
    """All within ``radius_km`` (1 to 200) of the point."""
    try:
        check_place(latitude, longitude)
    except ValueError as error:
        raise AreaError("bad-place", str(error), "latitude") from error
    if not SMALLEST_RADIUS_KM <= radius_km <= LARGEST_RADIUS_KM:
        raise AreaError(
            "bad-radius",
            f"A radius must be {SMALLEST_RADIUS_KM} to {LARGEST_RADIUS_KM} km.",
            "radius_km",
        )
    cells = circle_cells(latitude, longitude, radius_km)
    return Area("radius", latitude, longitude, cells, radius_km=radius_km)


def polygon_area(outline: Iterable[Sequence[float]]) -> Area:
    """All within one drawn outline of (latitude, longitude) corners, in either direction."""
    points = _corners(outline)
    latitudes = np.array([point[0] for point in points])
    longitudes = np.array([point[1] for point in points])
    middle_latitude = float(latitudes.mean())
    x = (longitudes - float(longitudes[0])) * _KM_PER_DEGREE * cos(radians(middle_latitude))
    y = (latitudes - float(latitudes[0])) * _KM_PER_DEGREE
    crossing = _first_crossing(x, y)
    if crossing is not None:
        raise AreaError(
            "self-crossing",
            f"The outline crosses itself: side {crossing[0] + 1} meets side {crossing[1] + 1}. "
            "Move a corner so that its sides do not cross.",
            "outline",
        )
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * next_y - next_x * y
    signed = float(cross.sum()) / 2
    if abs(signed) > LARGEST_AREA_KM2:
        raise AreaError(
            "too-large",
            f"The area is {abs(signed):,.0f} km²; {LARGEST_AREA_KM2:,} km² is the most. "
            "Draw only where you really drive.",
            "outline",
        )
    cells = h3.polygon_to_cells(h3.LatLngPoly(points), RESOLUTION) if abs(signed) > 0.01 else []
    if not cells:
        raise AreaError(
            "too-small", "The area is too small: draw at least about a square kilometre.", "outline"
        )
    # The centroid of the surface, not of the corners, which may crowd on one side.
    centre_x = float(((x + next_x) * cross).sum()) / (6 * signed)
    centre_y = float(((y + next_y) * cross).sum()) / (6 * signed)
    return Area(
        "polygon",
        float(latitudes[0]) + centre_y / _KM_PER_DEGREE,
        float(longitudes[0]) + centre_x / (_KM_PER_DEGREE * cos(radians(middle_latitude))),
        compact(cells),
        outline=points,
    )


def zip_area(zips: Iterable[str] | str, branch: BranchArea) -> Area:
    """All of these US ZIP codes; a text is split at spaces, commas and semicolons.

    Raises AreaError for what is no ZIP code, and for one whose centre lies outside the branch.
    """
    words = _SEPARATORS.split(zips) if isinstance(zips, str) else list(zips)
    places: dict[str, ZipPlace] = {}
    unknown: list[str] = []
    for word in (word.strip() for word in words):
        if not word:
            continue
        place = lookup_zip(word)
        if place is None:
            unknown.append(word)
        else:
            places[place.zip] = place
    if unknown:
        raise AreaError(
            "unknown-zip",
            f"{_listed([f'“{word[:20]}”' for word in unknown])} "
            f"{'is not a US ZIP code' if len(unknown) == 1 else 'are not US ZIP codes'} "
            "of five digits.",
            "zips",
        )
    if not places:
        raise AreaError("no-zips", "Give at least one ZIP code.", "zips")
    if len(places) > MOST_ZIPS:
        raise AreaError(
            "too-many-zips", f"{len(places)} ZIP codes; {MOST_ZIPS} are the most.", "zips"
        )
    found = list(places.values())
    latitudes = np.array([place.latitude for place in found])
    longitudes = np.array([place.longitude for place in found])
    away = distances_km(branch.latitude, branch.longitude, latitudes, longitudes)
    foreign = [
        f"{place.zip} ({place.city.title()}, {place.state})"
        for place, km in zip(found, away, strict=True)
        if km > branch.radius_km
    ]
    if foreign:
        raise AreaError(
            "foreign-zip",
            f"{_listed(foreign)} {'lies' if len(foreign) == 1 else 'lie'} outside the branch "
            f"{branch.name}, which reaches "
            f"{distance(branch.radius_km, branch.distance_unit)} from its centre.",
            "zips",
        )
    cells = {cell for code in places for cell in zip_cells(code)}
    return Area(
        "zips",
        float(latitudes.mean()),
        float(longitudes.mean()),
        compact(cells),
        zips=sorted(places),
    )


def outline_of_geojson(value: Any) -> list[Point]:
    """The corners, as (latitude, longitude), of a GeoJSON Polygon or of a Feature with one.

    Raises AreaError for anything else, for holes, and for more than one part.
    """
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or value.get("type") != "Polygon":
        raise AreaError("bad-outline", "Draw one area on the map.", "outline")
    rings = value.get("coordinates")
    if not isinstance(rings, list) or not rings:
        raise AreaError("bad-outline", "Draw one area on the map.", "outline")
    if len(rings) > 1:
        raise AreaError("has-holes", "Draw one area without holes.", "outline")
    try:
        return [(float(corner[1]), float(corner[0])) for corner in rings[0]]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise AreaError(
            "bad-outline", "The outline has a corner without a place.", "outline"
        ) from error


# -- against the branch ----------------------------------------------------------------------


def preview_area(area: Area, branch: BranchArea) -> AreaPreview:
    """The ZIPs it covers and how much of it lies in the branch.

    Raises AreaError for an area that lies wholly outside the branch, or in the sea. Where a branch
    has no US ZIP codes around it, nothing is known of the shore and only the first is asked.
    """
    centres = np.array([h3.cell_to_latlng(cell) for cell in area.cells])
    sizes = np.array([h3.cell_area(cell, "km^2") for cell in area.cells])
    latitudes, longitudes = centres[:, 0], centres[:, 1]
    # A coarse cell at the branch's edge counts by its centre; its size is the error.
    inside = (
        distances_km(branch.latitude, branch.longitude, latitudes, longitudes) <= branch.radius_km
    )
    share = float(sizes[inside].sum() / sizes.sum())
    if not inside.any():
        raise AreaError(
            "outside-branch",
            f"This lies wholly outside the branch {branch.name}, which reaches "
            f"{distance(branch.radius_km, branch.distance_unit)} from its centre.",
            _FIELD[area.kind],
        )
    knows_zips = has_zips_near(branch.latitude, branch.longitude, branch.radius_km)
    reach = float(distances_km(area.latitude, area.longitude, latitudes, longitudes).max()) + 30
    covered = area.zips or zips_in(set(area.cells), area.latitude, area.longitude, reach)
    if knows_zips and not covered and nearest_zip_km(latitudes, longitudes, SHORE_KM) > SHORE_KM:
        raise AreaError(
            "in-the-sea",
            "There is no ZIP code in or near this area: it seems to lie in the sea. "
            "Move it to where your customers are.",
            _FIELD[area.kind],
        )
    notes = []
    if share < 0.995:
        notes.append(
            f"{max(1, round((1 - share) * 100))} % of it lies outside the branch {branch.name}; "
            "jobs come from inside only."
        )
    if knows_zips and not covered:
        notes.append("It covers no ZIP code's centre: few jobs will lie in it.")
    return AreaPreview(list(covered), float(sizes.sum()), share, notes)


_FIELD = {"radius": "radius_km", "polygon": "outline", "zips": "zips"}


# -- geometry --------------------------------------------------------------------------------


def _corners(outline: Iterable[Sequence[float]]) -> list[Point]:
    points: list[Point] = []
    try:
        for corner in outline:
            point = (float(corner[0]), float(corner[1]))
            check_place(*point)
            if not points or points[-1] != point:
                points.append(point)
    except (TypeError, IndexError) as error:
        raise AreaError(
            "bad-outline", "The outline has a corner without a place.", "outline"
        ) from error
    except ValueError as error:
        raise AreaError("bad-place", str(error), "outline") from error
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3:
        raise AreaError("too-few-corners", "An area needs at least three corners.", "outline")
    if len(points) > MOST_POINTS:
        raise AreaError(
            "too-many-corners",
            f"The outline has {len(points)} corners; {MOST_POINTS} are the most.",
            "outline",
        )
    return points


def _first_crossing(x: np.ndarray, y: np.ndarray) -> tuple[int, int] | None:
    """The first two sides, by number, that cross or touch where they should not."""
    count = len(x)
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    for side in range(count - 1):
        others = np.arange(side + 1, count)
        # Neighbours share a corner; they are at fault only when one runs back over the other.
        neighbour = (others == side + 1) | ((side == 0) & (others == count - 1))
        ax, ay, bx, by = x[side], y[side], next_x[side], next_y[side]
        cx, cy, dx, dy = x[others], y[others], next_x[others], next_y[others]
        to_c = _turn(ax, ay, bx, by, cx, cy)
        to_d = _turn(ax, ay, bx, by, dx, dy)
        from_a = _turn(cx, cy, dx, dy, ax, ay)
        from_b = _turn(cx, cy, dx, dy, bx, by)
        meets = (to_c * to_d <= 0) & (from_a * from_b <= 0)
        in_line = (to_c == 0) & (to_d == 0)
        apart = (
            (np.maximum(cx, dx) < min(ax, bx))
            | (np.minimum(cx, dx) > max(ax, bx))
            | (np.maximum(cy, dy) < min(ay, by))
            | (np.minimum(cy, dy) > max(ay, by))
        )
        meets &= ~(in_line & apart)
        backwards = in_line & ((bx - ax) * (dx - cx) + (by - ay) * (dy - cy) < 0)
        bad = np.where(neighbour, backwards, meets)
        if bad.any():
            return side, int(others[int(np.argmax(bad))])
    return None


def _turn(ax: Any, ay: Any, bx: Any, by: Any, cx: Any, cy: Any) -> Any:
    """-1, 0 or 1: on which side of the line from a to b the point c lies."""
    value = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return np.where(np.abs(value) < 1e-9, 0, np.sign(value))


def _listed(words: list[str]) -> str:
    shown = words[:5]
    if len(words) > 5:
        shown.append(f"{len(words) - 5} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
