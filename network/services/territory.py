"""Writes territories and their cells."""

from __future__ import annotations

from django.db import connection, transaction

from network.errors import NetworkError
from network.geo import check_place, circle_cells
from network.models import Contractor, Territory, TerritoryKind

SMALLEST_RADIUS_KM = 1
LARGEST_RADIUS_KM = 200


@transaction.atomic
def set_radius_territory(
    *, contractor_id: int, latitude: float, longitude: float, radius_km: float
) -> Territory:
    """Let the contractor work within ``radius_km`` of the point, instead of anywhere before.

    Raises NetworkError for a point off the globe or a radius outside 1 to 200 km, and
    Contractor.DoesNotExist.
    """
    try:
        check_place(latitude, longitude)
    except ValueError as error:
        raise NetworkError("bad-place", str(error), "latitude") from error
    if not SMALLEST_RADIUS_KM <= radius_km <= LARGEST_RADIUS_KM:
        raise NetworkError(
            "bad-radius",
            f"A radius must be {SMALLEST_RADIUS_KM} to {LARGEST_RADIUS_KM} km.",
            "radius_km",
        )
    # The lock lets one writer at a time replace the cells.
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    territory, _ = Territory.objects.update_or_create(
        contractor=contractor,
        defaults={
            "branch_id": contractor.branch_id,
            "kind": TerritoryKind.RADIUS,
            "latitude": latitude,
            "longitude": longitude,
            "radius_km": radius_km,
        },
    )
    cells = circle_cells(latitude, longitude, radius_km)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM network_territorycell WHERE territory_id = %s", [territory.pk])
        cursor.execute(
            "INSERT INTO network_territorycell (territory_id, contractor_id, branch_id, cell)"
            " SELECT %s, %s, %s, unnest(%s::bigint[])",
            [territory.pk, contractor.pk, contractor.branch_id, cells],
        )
    return territory
