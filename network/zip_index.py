"""US ZIP codes as arrays, and which cells each of them holds. Pure, without ORM.

There are centres of ZIP codes here and no outlines, so a ZIP holds the cells that lie nearer to its
centre than to any other delivery ZIP's, out to ``REACH_KM``. A ZIP without delivery routes (post
boxes, one large building) holds the cell of its centre only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from math import cos, radians

import h3.api.basic_int as h3
import numpy as np

from network.geo import (
    CELL_SPACING_KM,
    EARTH_KM,
    RESOLUTION,
    ZipPlace,
    delivery_zips,
    distances_km,
    is_delivery_zip,
    lookup_zip,
    site_cell,
)

REACH_KM = 12.0
"""No cell is further from its ZIP's centre; beyond lies open country or water."""

_KM_PER_DEGREE = EARTH_KM * radians(1)


@dataclass(frozen=True, slots=True)
class _Index:
    codes: list[str]
    latitudes: np.ndarray
    longitudes: np.ndarray
    cells: np.ndarray
    numbers: dict[str, int]


@cache
def _index() -> _Index:
    """Every delivery ZIP, in order of latitude, so that a band of them is one slice."""
    places = sorted(delivery_zips(), key=lambda place: (place.latitude, place.zip))
    return _Index(
        codes=[place.zip for place in places],
        latitudes=np.array([place.latitude for place in places]),
        longitudes=np.array([place.longitude for place in places]),
        cells=np.array([site_cell(place.latitude, place.longitude) for place in places]),
        numbers={place.zip: number for number, place in enumerate(places)},
    )


def _near(latitude: float, longitude: float, km: float) -> np.ndarray:
    """Numbers of the delivery ZIPs whose centres lie within ``km``."""
    index = _index()
    reach = km / _KM_PER_DEGREE + 1e-9
    first = int(np.searchsorted(index.latitudes, latitude - reach))
    last = int(np.searchsorted(index.latitudes, latitude + reach, side="right"))
    away = distances_km(
        latitude, longitude, index.latitudes[first:last], index.longitudes[first:last]
    )
    return np.nonzero(away <= km)[0] + first


def has_zips_near(latitude: float, longitude: float, km: float) -> bool:
    """Whether any delivery ZIP's centre lies within ``km`` of the point."""
    return bool(len(_near(latitude, longitude, km)))


def nearest_zip(latitude: float, longitude: float, km: float = 40.0) -> str:
    """The delivery ZIP whose centre is nearest to the point, within ``km``; empty for none."""
    near = _near(latitude, longitude, km)
    if not len(near):
        return ""
    index = _index()
    away = distances_km(latitude, longitude, index.latitudes[near], index.longitudes[near])
    return index.codes[int(near[int(np.argmin(away))])]


def nearest_zip_km(latitudes: np.ndarray, longitudes: np.ndarray, km: float) -> float:
    """The shortest way from any of these points to a ZIP's centre; infinite beyond ``km``.

    The points must lie together (a territory): their middle says which ZIPs are looked at.
    """
    middle = float(latitudes.mean()), float(longitudes.mean())
    extent = float(distances_km(*middle, latitudes, longitudes).max())
    index = _index()
    best = float("inf")
    for number in _near(*middle, extent + km):
        away = distances_km(
            float(index.latitudes[number]), float(index.longitudes[number]), latitudes, longitudes
        )
        best = min(best, float(away.min()))
    return best if best <= km else float("inf")


def zips_in(cells: set[int], latitude: float, longitude: float, km: float) -> list[str]:
    """Delivery ZIPs whose centre's cell is in ``cells`` (of resolution 8 or coarser), sorted.

    The point and ``km`` bound where they can be.
    """
    index = _index()
    resolutions = {h3.get_resolution(cell) for cell in cells}
    found = []
    for number in _near(latitude, longitude, km):
        cell = int(index.cells[number])
        if any(h3.cell_to_parent(cell, resolution) in cells for resolution in resolutions):
            found.append(index.codes[number])
    return sorted(found)


@lru_cache(maxsize=20_000)
def zip_cells(code: str) -> tuple[int, ...]:
    """The cells of resolution 8 that the ZIP holds; never empty. Raises LookupError."""
    place: ZipPlace | None = lookup_zip(code)
    if place is None:
        raise LookupError(f"There is no ZIP code {code}.")
    own = site_cell(place.latitude, place.longitude)
    if not is_delivery_zip(place.zip):
        return (own,)
    index = _index()
    rivals = _near(place.latitude, place.longitude, 2 * REACH_KM)
    # Flat kilometres around the centre are exact enough over so short a way, and much cheaper.
    east = _KM_PER_DEGREE * cos(radians(place.latitude))
    rival_x = (index.longitudes[rivals] - place.longitude) * east
    rival_y = (index.latitudes[rivals] - place.latitude) * _KM_PER_DEGREE
    others = (rival_x != 0) | (rival_y != 0)  # ZIPs with one centre share their cells
    cells = h3.grid_disk(own, int(REACH_KM / CELL_SPACING_KM) + 2)
    centres = np.array([h3.cell_to_latlng(cell) for cell in cells])
    x = (centres[:, 1] - place.longitude) * east
    y = (centres[:, 0] - place.latitude) * _KM_PER_DEGREE
    away = np.hypot(x, y)
    inside = away <= REACH_KM
    if others.any():
        nearest = np.hypot(
            x[:, None] - rival_x[others][None, :], y[:, None] - rival_y[others][None, :]
        ).min(axis=1)
        inside &= away <= nearest
    held = {cell for cell, keep in zip(cells, inside, strict=True) if keep}
    held.add(own)
    return tuple(sorted(held))


def cells_without_zips(cells: list[int], codes: list[str]) -> list[int]:
    """The cells, of resolution 8, that are left when those of the ZIP codes are taken out.

    Raises LookupError for what is no ZIP code.
    """
    gone = {cell for code in codes for cell in zip_cells(code)}
    fine = h3.uncompact_cells(cells, RESOLUTION)
    return [cell for cell in fine if cell not in gone]
