"""Writes territories and their cells; each service replaces what the contractor had before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from network.areas import (
    LARGEST_RADIUS_KM,
    SMALLEST_RADIUS_KM,
    Area,
    AreaError,
    AreaPreview,
    BranchArea,
    polygon_area,
    preview_area,
    radius_area,
    zip_area,
)
from network.errors import NetworkError
from network.geo import compact
from network.models import Branch, Contractor, Territory
from network.services.history import note_event
from network.services.snapshots import territory_snapshot
from network.zip_index import cells_without_zips

__all__ = [
    "LARGEST_RADIUS_KM",
    "SMALLEST_RADIUS_KM",
    "preview_polygon_territory",
    "preview_radius_territory",
    "preview_zip_territory",
    "set_polygon_territory",
    "set_radius_territory",
    "set_zip_territory",
]


def set_radius_territory(
    *,
    contractor_id: int,
    latitude: float,
    longitude: float,
    radius_km: float,
    left_out: Iterable[str] = (),
    actor_id: int | None = None,
) -> Territory:
    """Let the contractor work within ``radius_km`` of the point, instead of anywhere before.

    ``left_out`` are ZIP codes in it where they do not go; with ``actor_id`` the change is noted so
    that it can be undone.
    Raises NetworkError for a point off the globe, a radius outside 1 to 200 km or a circle wholly
    outside the branch or in the sea, and Contractor.DoesNotExist.
    """
    with transaction.atomic():
        contractor = _locked(contractor_id)
        area = _checked(radius_area, latitude, longitude, radius_km)
        return _save(contractor, area, left_out, actor_id)


def set_polygon_territory(
    *,
    contractor_id: int,
    outline: Iterable[Sequence[float]],
    left_out: Iterable[str] = (),
    actor_id: int | None = None,
) -> Territory:
    """Let the contractor work within a drawn outline of (latitude, longitude) corners.

    ``network.areas.outline_of_geojson`` makes such an outline of what a map sends. Raises
    NetworkError (field ``outline``) for one that crosses itself, has too few or too many corners,
    is too small or too large, or lies wholly outside the branch or in the sea.
    """
    with transaction.atomic():
        contractor = _locked(contractor_id)
        return _save(contractor, _checked(polygon_area, outline), left_out, actor_id)


def set_zip_territory(
    *, contractor_id: int, zips: Iterable[str] | str, actor_id: int | None = None
) -> Territory:
    """Let the contractor work in these US ZIP codes, given as a list or as typed text.

    Raises NetworkError (field ``zips``) for what is no US ZIP code and for one outside the branch.
    """
    with transaction.atomic():
        contractor = _locked(contractor_id)
        area = _checked(zip_area, zips, branch_area(contractor.branch))
        return _save(contractor, area, (), actor_id)


def preview_radius_territory(
    *, branch: Branch, latitude: float, longitude: float, radius_km: float
) -> tuple[Area, AreaPreview]:
    """What such a territory would cover; nothing is saved. Raises NetworkError as saving does."""
    return _preview(branch, _checked(radius_area, latitude, longitude, radius_km))


def preview_polygon_territory(
    *, branch: Branch, outline: Iterable[Sequence[float]]
) -> tuple[Area, AreaPreview]:
    """What such a territory would cover; nothing is saved. Raises NetworkError as saving does."""
    return _preview(branch, _checked(polygon_area, outline))


def preview_zip_territory(*, branch: Branch, zips: Iterable[str] | str) -> tuple[Area, AreaPreview]:
    """What such a territory would cover; nothing is saved. Raises NetworkError as saving does."""
    return _preview(branch, _checked(zip_area, zips, branch_area(branch)))


def branch_area(branch: Branch) -> BranchArea:
    """Where the branch has sites, as plain figures."""
    return BranchArea(
        branch.name,
        branch.latitude,
        branch.longitude,
        branch.service_radius_km,
        branch.distance_unit,
    )


def _checked(build, *arguments) -> Area:  # type: ignore[no-untyped-def]
    try:
        area: Area = build(*arguments)
    except AreaError as error:
        raise NetworkError(error.code, error.detail, error.field) from error
    return area


def _preview(branch: Branch, area: Area) -> tuple[Area, AreaPreview]:
    try:
        return area, preview_area(area, branch_area(branch))
    except AreaError as error:
        raise NetworkError(error.code, error.detail, error.field) from error


def _locked(contractor_id: int) -> Contractor:
    """The lock lets one writer at a time replace the cells."""
    return (
        Contractor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("branch")
        .get(pk=contractor_id)
    )


def _save(
    contractor: Contractor, area: Area, left_out: Iterable[str], actor_id: int | None
) -> Territory:
    _preview(contractor.branch, area)
    kept_out = sorted(set(left_out))
    cells = area.cells
    if kept_out:
        try:
            cells = compact(cells_without_zips(area.cells, kept_out))
        except LookupError as error:
            raise NetworkError("unknown-zip", str(error), "left_out") from error
        if not cells:
            raise NetworkError(
                "nothing-left",
                "Nothing would be left of your area. Draw a new one, or pause your offers.",
                "left_out",
            )
    before = territory_snapshot(contractor.pk) if actor_id is not None else None
    territory, _ = Territory.objects.update_or_create(
        contractor=contractor,
        defaults={
            "branch_id": contractor.branch_id,
            "kind": area.kind,
            "latitude": area.latitude,
            "longitude": area.longitude,
            "radius_km": area.radius_km,
            "outline": area.outline,
            "zips": area.zips,
            "left_out": kept_out,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM network_territorycell WHERE territory_id = %s", [territory.pk])
        cursor.execute(
            "INSERT INTO network_territorycell (territory_id, contractor_id, branch_id, cell)"
            " SELECT %s, %s, %s, unnest(%s::bigint[])",
            [territory.pk, contractor.pk, contractor.branch_id, cells],
        )
    if actor_id is not None:
        after = territory_snapshot(contractor.pk)
        if after != before:
            note_event(
                contractor_id=contractor.pk,
                action="territory-changed",
                actor_id=actor_id,
                note=str(territory),
                data={"before": before, "after": after},
            )
    return territory
