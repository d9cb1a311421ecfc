"""When somebody could come: capacity of whole windows, found in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from math import cos, radians
from zoneinfo import ZoneInfo

from django.db import connection

from network.availability import Availability, Slot, WorkOrder
from network.geo import cells_within

#: The nearest that are looked at for one site (ours): enough to say that somebody can come.
NEAREST = 60
#: Counting stops here: beyond it "many" is what matters.
MANY = 6


@dataclass(frozen=True, slots=True)
class Opening:
    """One window: ``free`` contractors could come (``MANY`` means so many or more)."""

    start: datetime
    end: datetime
    free: int
    keeps: bool = False
    """Whether the contractor who is booked now could come then."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A visit that would be given up: its time counts as free."""

    contractor_id: int
    technician_id: int
    starts_at: datetime
    ends_at: datetime


def windows_ahead(
    *,
    at: datetime,
    tz: str,
    first_hour: int,
    last_hour: int,
    hours: int,
    days: int,
    lead: timedelta,
) -> list[tuple[datetime, datetime]]:
    """The usual windows of the next days by the site's clock, from ``at`` + ``lead`` on."""
    zone = ZoneInfo(tz)
    today = at.astimezone(zone).date()
    found = []
    for ahead in range(days + 1):
        for hour in range(first_hour, last_hour - hours + 1, hours):
            day = today + timedelta(days=ahead)
            start = datetime.combine(day, time(hour), zone)
            ends = hour + hours
            end = datetime.combine(day + timedelta(days=ends // 24), time(ends % 24), zone)
            # compared as instants: datetimes of one zone compare by wall time otherwise
            if start.timestamp() >= (at + lead).timestamp():
                found.append((start, end))
    return found


_COVERING = """
SELECT contractor.id
  FROM network_contractor AS contractor
 WHERE contractor.id IN (SELECT contractor_id FROM network_territorycell
                          WHERE branch_id = %(branch)s AND cell = ANY(%(cells)s))
   AND contractor.status = 'active' AND contractor.cleared_until IS NOT NULL
   AND NOT contractor.id = ANY(%(without)s)
   AND EXISTS (SELECT 1 FROM network_technician t WHERE t.contractor_id = contractor.id AND t.active
               AND NOT EXISTS (
                 SELECT 1 FROM network_servicetypeskill need
                  WHERE need.service_type_id = %(service)s AND NOT EXISTS (
                    SELECT 1 FROM network_technicianskill has
                     WHERE has.technician_id = t.id AND has.skill_id = need.skill_id)))
 ORDER BY (contractor.base_latitude - %(latitude)s) ^ 2
        + ((contractor.base_longitude - %(longitude)s) * %(shrink)s) ^ 2, contractor.id
 LIMIT %(limit)s
"""


def reaching(work: WorkOrder, *, without: Collection[int] = ()) -> list[int]:
    """The nearest contractors of the trade whose territory reaches the site, one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COVERING,
            {
                "branch": work.branch_id,
                "cells": cells_within(work.cell, work.extra_km),
                "service": work.service_type_id,
                "without": list(without),
                "latitude": work.latitude,
                "longitude": work.longitude,
                "shrink": cos(radians(work.latitude)),
                "limit": NEAREST,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def load_for(
    work: WorkOrder,
    contractor_ids: Collection[int],
    windows: Sequence[tuple[datetime, datetime]],
    *,
    at: datetime,
) -> Availability:
    """Calendars over all the windows, in six queries."""
    return Availability.load(
        branch_id=work.branch_id,
        contractor_ids=contractor_ids,
        span=(
            min(start for start, _ in windows),
            max(end for _, end in windows) + timedelta(minutes=work.duration_minutes),
        ),
        service_type_ids=[work.service_type_id],
        client_ids=[work.client_id],
        at=at,
    )


def find_openings(
    work: WorkOrder,
    windows: Sequence[tuple[datetime, datetime]],
    *,
    at: datetime,
    taken: Taken | None = None,
    without: Collection[int] = (),
    enough: int | None = None,
) -> list[Opening]:
    """How many could come in each window; seven queries, however many windows.

    ``taken`` is the visit that would be given up. With ``enough``, looking ends after so many
    windows in which somebody can come, and only those are returned.
    """
    if not windows:
        return []
    ids = reaching(work, without=without)
    if taken is not None and taken.contractor_id not in ids:
        ids.append(taken.contractor_id)
    if not ids:
        return [] if enough else [Opening(start, end, 0) for start, end in windows]
    known = load_for(work, ids, windows, at=at)
    if taken is not None:
        known.give_back(taken.technician_id, taken.starts_at, taken.ends_at)
    return count_openings(work, windows, known, ids, taken=taken, enough=enough)


def count_openings(
    work: WorkOrder,
    windows: Sequence[tuple[datetime, datetime]],
    known: Availability,
    ids: Collection[int],
    *,
    taken: Taken | None = None,
    enough: int | None = None,
) -> list[Opening]:
    """As ``find_openings``, over what is loaded already."""
    found: list[Opening] = []
    for start, end in windows:
        asked = replace(work, window_start=start, window_end=end)
        free = 0
        keeps = False
        if taken is not None and taken.contractor_id in known:
            keeps = isinstance(
                known.best_slot(
                    asked, taken.contractor_id, not_before=known.at, check_territory=False
                ),
                Slot,
            )
            free += keeps
        for contractor_id in ids:
            if free >= MANY:
                break
            if taken is not None and contractor_id == taken.contractor_id:
                continue
            if contractor_id in known:
                answer = known.best_slot(asked, contractor_id, not_before=known.at)
                free += isinstance(answer, Slot)
        if free or enough is None:
            found.append(Opening(start, end, free, keeps))
        if enough is not None and len(found) >= enough:
            break
    return found
