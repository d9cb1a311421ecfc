"""What an area means to whoever draws it: ZIP codes, past jobs, and what a little more adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import h3.api.basic_int as h3

from jobs.past_demand import requests_by_cell
from network.area_names import area_of_cell
from network.areas import LARGEST_RADIUS_KM, Area, AreaPreview
from network.display import KM_PER_MILE
from network.geo import (
    RESOLUTION,
    cell_and_ancestors,
    cell_centre,
    distance_km,
    lookup_zip,
    site_cell,
)
from network.kinds_of_work import kinds_of_work_of
from network.models import Branch, TerritoryKind
from network.zip_index import nearest_zip, zip_cells

LOOK_BACK = timedelta(days=90)
STEP = {"mi": 2.0, "km": 3.0}
"""How much further “a little more” reaches, in the branch's unit."""
FIRST_ZIPS = 9
"""So many ZIP codes are shown before “n more”."""


@dataclass(frozen=True, slots=True)
class Zip:
    """A ZIP code and what its middle is called."""

    code: str
    name: str


@dataclass(slots=True)
class AreaSays:
    """What a page says of an area.

    ``jobs`` were asked for in it in the last 90 days, of ``kinds`` kinds of work (0: the skills
    are not known yet, so every kind counts). ``more_radius``, in the branch's unit, would have
    held ``more_jobs`` more. ``shapes`` are GeoJSON for the map; ``zip`` is the ZIP code whose
    middle is nearest to the middle of a radius.
    """

    zips: list[Zip]
    left_out: list[Zip]
    jobs: int
    kinds: int
    unit: str
    kind: str
    latitude: float
    longitude: float
    zip: str = ""
    notes: list[str] = field(default_factory=list)
    more_step: float = 0.0
    more_radius: float = 0.0
    more_jobs: int = 0
    shapes: dict[str, Any] = field(default_factory=dict)

    @property
    def more_radius_text(self) -> str:
        """As somebody would type it: ``13``, ``7.5``."""
        return f"{self.more_radius:g}"

    @property
    def first_zips(self) -> list[Zip]:
        return self.zips[:FIRST_ZIPS]

    @property
    def other_zips(self) -> list[Zip]:
        return self.zips[FIRST_ZIPS:]


def zip_named(code: str) -> Zip:
    """The ZIP code with its quarter or town."""
    place = lookup_zip(code)
    name = area_of_cell(site_cell(place.latitude, place.longitude)) if place else ""
    return Zip(code, name)


def area_says(
    *,
    branch: Branch,
    contractor_id: int,
    area: Area,
    preview: AreaPreview,
    left_out: Iterable[str],
    now: datetime,
) -> AreaSays:
    """Three queries at most, whatever the area's size."""
    out = {code for code in left_out if lookup_zip(code)}
    gone = {cell for code in out for cell in zip_cells(code)}
    kinds = kinds_of_work_of(contractor_id)
    counted = kinds or list(branch.service_types.values_list("pk", flat=True))
    asked = requests_by_cell(
        branch_id=branch.pk, service_types=counted, since=now - LOOK_BACK, until=now
    )
    cells = set(area.cells)
    jobs = sum(
        count
        for cell, count in asked.items()
        if cell not in gone and not cells.isdisjoint(cell_and_ancestors(cell))
    )
    says = AreaSays(
        zips=[zip_named(code) for code in _nearest_first(preview.zips, area) if code not in out],
        left_out=[zip_named(code) for code in sorted(out)],
        jobs=jobs,
        kinds=len(kinds),
        unit=branch.distance_unit,
        kind=area.kind,
        latitude=area.latitude,
        longitude=area.longitude,
        zip=nearest_zip(area.latitude, area.longitude),
        notes=list(preview.notes),
        shapes=_shapes(area, gone),
    )
    if area.kind == TerritoryKind.RADIUS and area.radius_km is not None:
        _a_little_more(says, area, branch, asked, gone)
    return says


def _a_little_more(
    says: AreaSays, area: Area, branch: Branch, asked: dict[int, int], gone: set[int]
) -> None:
    assert area.radius_km is not None
    km = KM_PER_MILE if branch.distance_unit == "mi" else 1.0
    step = STEP[branch.distance_unit]
    reach = area.radius_km + step * km
    if reach > LARGEST_RADIUS_KM:
        return
    says.more_step = step
    says.more_radius = round(reach / km, 1)
    says.more_jobs = sum(
        count
        for cell, count in asked.items()
        if cell not in gone
        and area.radius_km < distance_km(area.latitude, area.longitude, *cell_centre(cell)) <= reach
    )


def _nearest_first(codes: Iterable[str], area: Area) -> list[str]:
    def away(code: str) -> float:
        place = lookup_zip(code)
        assert place is not None
        return distance_km(area.latitude, area.longitude, place.latitude, place.longitude)

    return sorted(codes, key=lambda code: (away(code), code))


def _shapes(area: Area, gone: set[int]) -> dict[str, Any]:
    """What the map cannot draw by itself: where ZIP codes reach, and what is left out."""
    shapes: dict[str, Any] = {}
    if area.kind == TerritoryKind.ZIPS:
        shapes["zips"] = _geometry(h3.uncompact_cells(area.cells, RESOLUTION))
    inside = set(area.cells)
    without = [cell for cell in gone if not inside.isdisjoint(cell_and_ancestors(cell))]
    if without:
        shapes["left_out"] = _geometry(without)
    return shapes


def _geometry(cells: Iterable[int]) -> dict[str, Any]:
    """The cells' common outline as GeoJSON, to four decimals (about 10 m)."""
    shape = h3.cells_to_h3shape(list(cells), tight=False)
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [
                [[round(longitude, 4), round(latitude, 4)] for latitude, longitude in ring]
                for ring in (part.outer, *part.holes)
            ]
            for part in shape
        ],
    }
