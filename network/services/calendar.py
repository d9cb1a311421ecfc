"""Writes calendar entries.

Lock order: callers lock job, offers and contractor before the technician. The technician's row is
locked before an entry is inserted, because the exclusion constraint alone lets two writers wait
for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import Branch, CalendarEntry, EntryKind, Technician

LONGEST_TIME_OFF_DAYS = 366


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold to be written: ``source_ref`` is the public id of the offer it stands for."""

    branch_id: int
    technician_id: int
    starts_at: datetime
    ends_at: datetime
    latitude: float
    longitude: float
    source_ref: UUID


def lock_technicians(ids: Collection[int]) -> list[int]:
    """Lock the technicians' rows until the transaction ends, in order of id; return those found.

    Must be called inside a transaction. The lock still lets others insert rows that refer to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM network_technician WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(ids))],
        )
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def insert_holds(rows: Sequence[Hold]) -> set[UUID]:
    """Write the holds that fit and return their ``source_ref``; one statement for all.

    A hold that overlaps another entry of its technician, or repeats a ``source_ref``, is left out
    without an error. Lock the technicians first where others may write to the same calendars.
    """
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO network_calendarentry
                (branch_id, technician_id, kind, period, latitude, longitude, source_ref, note,
                 created_at)
            SELECT branch_id, technician_id, 'hold', tstzrange(starts_at, ends_at, '[)'),
                   latitude, longitude, source_ref, '', (SELECT app_now())
            FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
                        %s::float8[], %s::float8[], %s::uuid[])
                AS hold (branch_id, technician_id, starts_at, ends_at, latitude, longitude,
                         source_ref)
            ORDER BY technician_id, starts_at
            ON CONFLICT DO NOTHING
            RETURNING source_ref
            """,
            [
                [row.branch_id for row in rows],
                [row.technician_id for row in rows],
                [row.starts_at for row in rows],
                [row.ends_at for row in rows],
                [row.latitude for row in rows],
                [row.longitude for row in rows],
                [row.source_ref for row in rows],
            ],
        )
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def add_time_off(
    *, technician_id: int, start: datetime, end: datetime, note: str = ""
) -> CalendarEntry:
    """Take the technician out of work from ``start`` up to ``end`` (aware).

    Raises NetworkError when the end is not after the start or already past, when the stretch is
    longer than a year, or when some of it is taken: the visits and offers in the way are named,
    for nothing is cancelled silently. Raises Technician.DoesNotExist.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise NetworkError("no-time-zone", "The times need a time zone.", "start")
    if end <= start:
        raise NetworkError("ends-before-start", "Time off must end after it starts.", "end")
    if (end - start).days > LONGEST_TIME_OFF_DAYS:
        raise NetworkError("too-long", "Time off can last a year at most.", "end")
    if not lock_technicians([technician_id]):
        raise Technician.DoesNotExist(f"There is no technician {technician_id}.")
    if end <= app_now():
        raise NetworkError("in-the-past", "This time has already passed.", "end")
    technician = Technician.objects.select_related("branch").get(pk=technician_id)
    in_the_way = list(
        CalendarEntry.objects.for_technicians([technician_id])
        .between(start, end)
        .order_by("period")
    )
    if in_the_way:
        raise NetworkError("overlaps", _overlap_text(in_the_way, technician.branch), "start")
    return CalendarEntry.objects.create(
        branch_id=technician.branch_id,
        technician_id=technician_id,
        kind=EntryKind.TIME_OFF,
        period=(start, end),
        note=note[:200],
    )


@transaction.atomic
def remove_time_off(*, entry_id: int, technician_id: int) -> None:
    """Take back time off. Removing what is already gone changes nothing.

    Raises NetworkError for an entry that is a visit or an offer, or somebody else's.
    """
    entry = CalendarEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        return
    if entry.technician_id != technician_id or entry.kind != EntryKind.TIME_OFF:
        raise NetworkError("not-time-off", "This entry is not time off of this technician.")
    entry.delete()


_KIND_TEXT = {
    EntryKind.HOLD: "an offer waiting for an answer",
    EntryKind.BOOKING: "a visit",
    EntryKind.TIME_OFF: "time off",
}


def _overlap_text(entries: list[CalendarEntry], branch: Branch) -> str:
    zone: ZoneInfo = branch.zone
    shown = [
        f"{_KIND_TEXT[EntryKind(entry.kind)]} {_span_text(entry, zone)}" for entry in entries[:5]
    ]
    if len(entries) > 5:
        shown.append(f"{len(entries) - 5} more")
    if all(entry.kind == EntryKind.TIME_OFF for entry in entries):
        remedy = "Remove that first, or choose other times."
    else:
        remedy = "Give these back or answer them first, or choose other times."
    return f"Already taken: {'; '.join(shown)}. {remedy}"


def _span_text(entry: CalendarEntry, zone: ZoneInfo) -> str:
    start = entry.period.lower.astimezone(zone)
    end = entry.period.upper.astimezone(zone)
    same_day = start.date() == end.date()
    end_text = f"{end:%H:%M}" if same_day else f"{end:%a} {end.day} {end:%b} {end:%H:%M}"
    return f"{start:%a} {start.day} {start:%b} {start:%H:%M}–{end_text} {end:%Z}"
