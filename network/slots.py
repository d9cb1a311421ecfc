"""The earliest start of a visit in one technician's calendar. Pure: plain numbers, no ORM.

Times are whole minutes since the epoch (UTC), so that durations are true across changes of the
clock. The rules:

* The arrival window bounds the *start*: ``window_start <= start <= window_end``.
* The whole visit lies inside one stretch of working time.
* It overlaps no calendar entry, and leaves time to drive: from the entry before it, and to the
  entry after it, where these have a place. Time off has none, and asks for no drive.
* The technician sets off at ``not_before`` at the earliest, from wherever the plan has them: at the
  last place they were, or, where that was more than ``BACK_AT_BASE`` minutes ago, at the base.

Working time bounds the visits, not the drive from home to the first of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from network.geo import distance_km, travel_minutes

BACK_AT_BASE = 240
"""After so many idle minutes a technician is taken to be back at the base (ours)."""

NOT_WORKING = 0
FULLY_BOOKED = 1

_FOREVER = 1 << 62


class Entry(NamedTuple):
    """Taken time ``[start, end)``, in minutes; latitude and longitude are None for time off."""

    start: int
    end: int
    latitude: float | None
    longitude: float | None


class Start(NamedTuple):
    """A start that fits, and the drive there."""

    start: int
    travel_minutes: float
    travel_km: float


def find_start(
    *,
    shifts: Sequence[tuple[int, int]],
    entries: Sequence[Entry],
    base: tuple[float, float],
    site: tuple[float, float],
    window_start: int,
    window_end: int,
    duration: int,
    not_before: int,
) -> Start | int:
    """The earliest start that obeys the rules above, or why there is none.

    ``shifts`` are disjoint ``(start, end)`` stretches of working time and ``entries`` the taken
    times, both sorted and never overlapping among themselves. Returns ``NOT_WORKING`` when no
    shift could hold the visit even with an empty calendar and no drive, else ``FULLY_BOOKED``.
    """
    latest_end = window_end + duration
    earliest = window_start if window_start > not_before else not_before
    refusal = NOT_WORKING
    shift_index = bisect_right(shifts, (window_start, 0)) - 1
    if shift_index < 0:
        shift_index = 0
    for shift_start, shift_end in shifts[shift_index:]:
        if shift_start > window_end:
            break
        low = shift_start if shift_start > earliest else earliest
        high = (shift_end if shift_end < latest_end else latest_end) - duration
        if (shift_start if shift_start > window_start else window_start) <= high:
            refusal = FULLY_BOOKED
        if low > high:
            continue
        # Every gap between entries that could hold a start from ``low`` to ``high``. The first
        # one is after the last entry that has begun by ``low``.
        index = bisect_right(entries, (low, _FOREVER))
        while True:
            before = entries[index - 1] if index else None
            after = entries[index] if index < len(entries) else None
            gap_low = low
            origin = base
            last_place: tuple[float, float] | None = None
            if before is not None:
                if before.end > gap_low:
                    gap_low = before.end
                if gap_low > high:
                    break
                if before.latitude is not None and before.longitude is not None:
                    last_place = (before.latitude, before.longitude)
                    if gap_low - before.end <= BACK_AT_BASE:
                        origin = last_place
            if after is None or gap_low + duration <= after.start:
                km = distance_km(*origin, *site)
                minutes = travel_minutes(km)
                drive = ceil(minutes)
                start = gap_low
                if not_before + drive > start:
                    start = not_before + drive
                if before is not None and last_place is not None:
                    if last_place is not origin:
                        drive = drive_minutes(*last_place, *site)
                    if before.end + drive > start:
                        start = before.end + drive
                if start <= high and (after is None or _reaches(start + duration, after, site)):
                    return Start(start, minutes, km)
            if after is None or after.start > high:
                break
            index += 1
    return refusal


def drive_minutes(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Whole minutes to allow for the drive between two places."""
    return ceil(travel_minutes(distance_km(lat1, lon1, lat2, lon2)))


def _reaches(end: int, after: Entry, site: tuple[float, float]) -> bool:
    """Whether a visit that ends then leaves time for the drive to the next entry."""
    if end > after.start:
        return False
    if after.latitude is None or after.longitude is None:
        return True
    return end + drive_minutes(*site, after.latitude, after.longitude) <= after.start
