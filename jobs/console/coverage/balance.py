"""Shares firms' time out among the areas that they cover. Pure.

A firm that covers twenty areas is free for each of them, and cannot be in all of them at once. Each
firm gives its visits to its areas in proportion to what is still needed there; what an area does
not need goes round again, so that in the end as much is placed as a few rounds can place.
"""

from __future__ import annotations

import numpy as np

ROUNDS = 6


def unmet(needed: np.ndarray, visits: np.ndarray, covers: np.ndarray) -> np.ndarray:
    """Jobs that nobody has room for, by area and half-day.

    ``needed``: areas × half-days, jobs. ``visits``: firms × half-days. ``covers``: firms × areas.
    """
    left = needed.astype(float).copy()
    if not visits.size:
        return left
    room = visits.astype(float).copy()
    cover = covers.astype(float)
    for _ in range(ROUNDS):
        wanted = cover @ left  # firms × half-days: all that a firm could be asked for
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(wanted > 0, np.minimum(room, wanted) / wanted, 0.0)
        offered = (cover.T @ share) * left  # areas × half-days
        with np.errstate(invalid="ignore", divide="ignore"):
            taken = np.where(offered > 0, np.minimum(left, offered) / offered, 0.0)
        # What each firm really gave: its share of every area's need, as far as it was taken.
        given = share * (cover @ (left * taken))
        left = np.maximum(left - np.minimum(left, offered), 0.0)
        room = np.maximum(room - given, 0.0)
        if left.max(initial=0.0) < 1e-9:
            break
    return left
