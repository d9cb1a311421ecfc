"""What the place around a cell is called: a neighbourhood, else a town. Pure, without ORM.

A cell is called after the bundled neighbourhood that holds its centre, else after the town of the
nearest delivery ZIP code, so that areas have names that people use wherever a branch lies.
"""

from __future__ import annotations

from functools import cache, lru_cache

from django.utils.text import slugify

from network.geo import cell_centre, distance_km, lookup_zip
from network.outlines import Outline, Ring, outlines
from network.zip_index import nearest_zip

NEAREST_ZIP_KM = 20.0
"""A place further than this from every delivery ZIP's centre has no town."""
ELSEWHERE = "Elsewhere"


@cache
def neighbourhoods() -> tuple[Outline, ...]:
    """The bundled outlines of neighbourhoods."""
    return tuple(outline for outline in outlines() if outline.kind == "neighborhood")


@lru_cache(maxsize=65_536)
def area_of_cell(cell: int) -> str:
    """The name of the neighbourhood or town around a cell's centre."""
    latitude, longitude = cell_centre(cell)
    for outline in neighbourhoods():
        if outline.is_near(latitude, longitude, degrees=0) and holds(
            outline.ring, latitude, longitude
        ):
            return outline.name
    place = lookup_zip(nearest_zip(latitude, longitude, NEAREST_ZIP_KM))
    if place is None:
        return ELSEWHERE
    if place.city.upper() == "BOSTON":
        return _neighbourhood_beside(latitude, longitude)
    return place.city.title()


def _neighbourhood_beside(latitude: float, longitude: float) -> str:
    """For the shore and the bridges, which lie outside every outline."""
    return min(
        (distance_km(latitude, longitude, y, x), outline.name)
        for outline in neighbourhoods()
        for x, y in outline.ring
    )[1]


def holds(ring: Ring, latitude: float, longitude: float) -> bool:
    """Whether a ring of (longitude, latitude) holds the point (even–odd rule)."""
    inside = False
    x0, y0 = ring[-1]
    for x1, y1 in ring:
        if (y0 > latitude) != (y1 > latitude):
            crossing = x0 + (x1 - x0) * (latitude - y0) / (y1 - y0)
            if longitude < crossing:
                inside = not inside
        x0, y0 = x1, y1
    return inside


def area_key(name: str) -> str:
    """How an area stands in an address, as in ``hyde-park``."""
    return slugify(name)
