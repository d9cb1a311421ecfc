"""Which branches there are for a place."""

from __future__ import annotations

from network.geo import distance_km
from network.models import Branch


def branches_around(latitude: float, longitude: float) -> list[tuple[Branch, float]]:
    """Every branch that people may join, with its distance in km, the nearest first.

    Those that a simulation made are left out. One query.
    """
    found = [
        (branch, distance_km(latitude, longitude, branch.latitude, branch.longitude))
        for branch in Branch.objects.filter(is_simulated=False)
    ]
    return sorted(found, key=lambda pair: (pair[1], pair[0].name))


def branches_covering(latitude: float, longitude: float) -> list[tuple[Branch, float]]:
    """Those of ``branches_around`` whose area reaches the place."""
    return [
        (branch, km)
        for branch, km in branches_around(latitude, longitude)
        if km <= branch.service_radius_km
    ]
