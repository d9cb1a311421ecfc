"""Places: H3 cells, distances, travel times, ZIP codes. Pure, without ORM.

**Cells.** A territory is the set of H3 cells of resolution 8 (about 0.74 km² each) whose *centre*
lies within it, stored compacted: seven children that are all present become their parent. Its edge
is therefore off by at most the radius of one cell, about 0.6 km. The definition by centres lets a
single site be checked by one distance, with the same answer as the stored cells give.

**Travel.** Without a road network, minutes are the straight line × ``DETOUR`` ÷ a speed that
grows with distance: the first kilometres at 11 mph (Boston's last mile, metrowestdailynews.com,
2019), what lies beyond them at ``OPEN_ROAD_KMH``. Dispatch needs an order of magnitude and a
consistent comparison, not a route; the ETA is always confirmed by the contractor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from math import asin, ceil, cos, inf, pi, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
import zipcodes

RESOLUTION = 8
COARSEST = 4
"""Compacting stops here (about 1,770 km² a cell), so that a site has five cells to look up."""

EARTH_KM = 6371.0088
CELL_SPACING_KM = 0.92
"""A little less than the distance between neighbouring centres at resolution 8."""

DETOUR = 1.3
"""Road distance ÷ straight line; 1.3 is the usual figure for towns (ours, not measured here)."""
LAST_MILE_KMH = 11 * 1.609344
OPEN_ROAD_KMH = 55.0
LAST_MILE_ROAD_KM = 5.0
"""How much of a drive, in road kilometres, goes at last-mile speed."""

_MINUTES_PER_KM_NEAR = DETOUR * 60 / LAST_MILE_KMH
_NEAR_KM = LAST_MILE_ROAD_KM / DETOUR
_NEAR_MINUTES = _NEAR_KM * _MINUTES_PER_KM_NEAR
_MINUTES_PER_KM_FAR = DETOUR * 60 / OPEN_ROAD_KMH
_RADIAN = pi / 180


@dataclass(frozen=True, slots=True)
class ZipPlace:
    """A US ZIP code's centre, town and IANA time zone."""

    zip: str
    latitude: float
    longitude: float
    time_zone: str
    city: str
    state: str


def site_cell(latitude: float, longitude: float) -> int:
    """The H3 cell of resolution 8 that holds the point."""
    return h3.latlng_to_cell(latitude, longitude, RESOLUTION)


def cell_and_ancestors(cell: int) -> list[int]:
    """The cell and its ancestors up to the coarsest that a territory may hold."""
    return [cell] + [
        h3.cell_to_parent(cell, resolution)
        for resolution in range(RESOLUTION - 1, COARSEST - 1, -1)
    ]


def cells_within(cell: int, km: float) -> list[int]:
    """The cells up to ``km`` around a site's cell, and all their ancestors.

    A territory that ends no further than that from the site holds one of them; a few that end a
    little further do too, so ask again by distance.
    """
    if km <= 0:
        return cell_and_ancestors(cell)
    found: set[int] = set()
    for near in h3.grid_disk(cell, ceil(km / CELL_SPACING_KM) + 1):
        found.update(cell_and_ancestors(near))
    return sorted(found)


@lru_cache(maxsize=65_536)
def cell_centre(cell: int) -> tuple[float, float]:
    """Latitude and longitude of the cell's centre, in degrees."""
    return h3.cell_to_latlng(cell)


def circle_cells(latitude: float, longitude: float, radius_km: float) -> list[int]:
    """The compacted cells whose centres lie within ``radius_km`` of the point, sorted.

    Never empty: the point's own cell is always in it. Raises ValueError for a radius that is not
    above 0 and at most 200 km, or a point off the globe.
    """
    check_place(latitude, longitude)
    if not 0 < radius_km <= 200:
        raise ValueError("A radius must be above 0 and at most 200 km.")
    own = site_cell(latitude, longitude)
    rings = int(radius_km / CELL_SPACING_KM) + 2
    while _nearest_of_ring(own, rings, latitude, longitude) <= radius_km:
        rings += 3  # the spacing differs from place to place
    cells = h3.grid_disk(own, rings)
    centres = np.array([h3.cell_to_latlng(cell) for cell in cells])
    distances = distances_km(latitude, longitude, centres[:, 0], centres[:, 1])
    inside = {cell for cell, near in zip(cells, distances <= radius_km, strict=True) if near}
    inside.add(own)
    return compact(inside)


def _nearest_of_ring(own: int, rings: int, latitude: float, longitude: float) -> float:
    centres = np.array([h3.cell_to_latlng(cell) for cell in h3.grid_ring(own, rings)])
    return float(distances_km(latitude, longitude, centres[:, 0], centres[:, 1]).min())


def compact(cells: Iterable[int]) -> list[int]:
    """The same area in the fewest cells, none coarser than ``COARSEST``; sorted."""
    compacted = h3.compact_cells(list(cells))
    kept: list[int] = []
    for cell in compacted:
        if h3.get_resolution(cell) < COARSEST:
            kept.extend(h3.cell_to_children(cell, COARSEST))
        else:
            kept.append(cell)
    return sorted(kept)


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The great-circle distance by the haversine formula, in kilometres."""
    lat1 *= _RADIAN
    lat2 *= _RADIAN
    half = (
        sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) * _RADIAN / 2) ** 2
    )
    return 2 * EARTH_KM * asin(sqrt(half if half < 1.0 else 1.0))


def distances_km(latitude: float, longitude: float, latitudes: Any, longitudes: Any) -> np.ndarray:
    """``distance_km`` from one point to many at once."""
    lat1 = radians(latitude)
    lat2 = np.radians(np.asarray(latitudes, dtype=float))
    delta = np.radians(np.asarray(longitudes, dtype=float) - longitude)
    half = np.sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * np.cos(lat2) * np.sin(delta / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def cells_away_km(cells: Iterable[int], latitude: float, longitude: float) -> float:
    """About how far the point lies from the nearest of the cells (of any resolution), in km.

    A cell counts as a circle of its own area, so the error is a few hundred metres.
    """
    listed = list(cells)
    if not listed:
        return inf
    centres = np.array([h3.cell_to_latlng(cell) for cell in listed])
    reach = np.sqrt(np.array([h3.cell_area(cell, "km^2") for cell in listed]) / pi)
    return float((distances_km(latitude, longitude, centres[:, 0], centres[:, 1]) - reach).min())


def travel_minutes(km: float) -> float:
    """Driving time for a straight-line distance, by the model in this module's docstring."""
    if km <= _NEAR_KM:
        return km * _MINUTES_PER_KM_NEAR
    return _NEAR_MINUTES + (km - _NEAR_KM) * _MINUTES_PER_KM_FAR


def check_place(latitude: float, longitude: float) -> None:
    """Raise ValueError unless the point lies on the globe."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("Latitude must be -90 to 90 and longitude -180 to 180.")


@cache
def _zip_index() -> dict[str, dict[str, Any]]:
    """Every US ZIP by its five digits. Built once: the library searches its list each time."""
    return {row["zip_code"]: row for row in zipcodes.list_all()}


def lookup_zip(text: str) -> ZipPlace | None:
    """The place of a US ZIP code such as 02215 or 02215-1234, or None when there is none."""
    digits = text.strip()
    if len(digits) == 10 and digits[5] == "-" and digits[6:].isdecimal():
        digits = digits[:5]
    if len(digits) != 5 or not digits.isascii() or not digits.isdecimal():
        return None
    row = _zip_index().get(digits)
    if row is None or not row["lat"] or not row["long"]:
        return None
    return _place(row)


def _place(row: dict[str, Any]) -> ZipPlace:
    return ZipPlace(
        zip=row["zip_code"],
        latitude=float(row["lat"]),
        longitude=float(row["long"]),
        time_zone=row["timezone"] or "",
        city=row["city"] or "",
        state=row["state"] or "",
    )


@cache
def delivery_zips() -> tuple[ZipPlace, ...]:
    """Ordinary (delivery) ZIPs. Post-box and single-building ones are left out."""
    return tuple(
        _place(row)
        for row in _zip_index().values()
        if row["zip_code_type"] == "STANDARD" and row["lat"] and row["long"]
    )


def is_delivery_zip(code: str) -> bool:
    """Whether mail is delivered to addresses of the ZIP, so that it covers an area."""
    row = _zip_index().get(code)
    return row is not None and row["zip_code_type"] == "STANDARD"


def zips_around(latitude: float, longitude: float, radius_km: float) -> list[ZipPlace]:
    """Ordinary (delivery) ZIPs whose centres lie within the radius, nearest first.

    Post-box and single-building ZIPs are left out: nobody's base or site is there.
    """
    reach = radius_km / 111.0 + 0.1
    found: list[tuple[float, ZipPlace]] = []
    for place in delivery_zips():
        if abs(place.latitude - latitude) > reach:
            continue
        km = distance_km(latitude, longitude, place.latitude, place.longitude)
        if km <= radius_km:
            found.append((km, place))
    found.sort(key=lambda pair: (pair[0], pair[1].zip))
    return [place for _, place in found]


def site_time_zone(zip_code: str, default: str) -> str:
    """The IANA time zone of a site by its ZIP code; ``default`` where the ZIP tells none."""
    place = lookup_zip(zip_code)
    if place is None or not place.time_zone:
        return default
    try:
        ZoneInfo(place.time_zone)
    except (KeyError, ValueError):
        return default
    return place.time_zone


def offset_point(
    latitude: float, longitude: float, east_km: float, north_km: float
) -> tuple[float, float]:
    """The point so many kilometres east and north; flat, good to 1 % below 100 km."""
    per_degree = EARTH_KM * pi / 180
    north = latitude + north_km / per_degree
    return north, longitude + east_km / (per_degree * cos(radians(latitude)))
