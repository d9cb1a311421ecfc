"""Where contractors are: a place from what somebody typed, and a name for a base."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from network import display
from network.geo import lookup_zip, site_cell
from network.models import Territory, TerritoryKind
from network.outlines import outlines
from network.zip_index import nearest_zip


@dataclass(frozen=True, slots=True)
class Place:
    """A point with its name."""

    name: str
    latitude: float
    longitude: float

    def __str__(self) -> str:
        return self.name

    @property
    def cell(self) -> int:
        return site_cell(self.latitude, self.longitude)


@cache
def neighbourhoods() -> dict[str, Place]:
    """The neighbourhoods whose outlines are bundled, by their name in lower case."""
    return {
        outline.name.lower(): Place(outline.name, *outline.middle)
        for outline in outlines()
        if outline.kind != "county" and outline.name
    }


def find_place(text: str) -> Place | None:
    """The middle of a US ZIP code or of a neighbourhood; None for neither."""
    found = lookup_zip(text)
    if found is not None:
        return Place(f"{found.zip} {found.city}", found.latitude, found.longitude)
    return neighbourhoods().get(" ".join(text.lower().split()))


@lru_cache(maxsize=8192)
def town_of(latitude: float, longitude: float) -> str:
    """The town of the nearest ZIP code, or nothing far from every one."""
    found = lookup_zip(nearest_zip(latitude, longitude))
    return found.city if found is not None else ""


def territory_words(territory: Territory | None, unit: str) -> str:
    """``7 mi``, ``drawn area``, ``12 ZIP codes``."""
    if territory is None:
        return "no territory"
    if territory.kind == TerritoryKind.RADIUS:
        return display.distance(territory.radius_km, unit)
    if territory.kind == TerritoryKind.ZIPS:
        count = len(territory.zips or [])
        return f"{count} ZIP code{'s' if count != 1 else ''}"
    return "drawn area"
