"""Domain time: the SQL function ``app_now()``, and nothing else.

In production ``app_now()`` is ``clock_timestamp()``. A demo or simulation installs a clock that
runs faster from a chosen start; tests install one that a transaction setting can fix to the
microsecond. PostgreSQL holds the definition, so that web, workers, clock and triggers can never
disagree about what time it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Func

APP_NOW = "(SELECT app_now())"
"""For SQL text: a bare call is volatile and spoils the use of indexes, a sub-select does not."""

_CREATE = "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS "

CREATE_WALL_CLOCK = _CREATE + "$clock$ SELECT clock_timestamp() $clock$"

_CREATE_TEST_CLOCK = _CREATE + (
    "$clock$ SELECT coalesce(nullif(current_setting('firstcall.now', true), '')::timestamptz,"
    " clock_timestamp()) $clock$"
)


@dataclass(frozen=True, slots=True)
class ClockInfo:
    """How domain time runs: ``scale`` domain seconds a wall second; ``now`` is aware UTC.

    ``is_scaled`` is true whenever domain time is not wall time, be it faster or merely ahead.
    """

    scale: float
    is_scaled: bool
    now: datetime


class AppNow(Func):
    """Domain time in a query or as a column's ``db_default``."""

    function = "app_now"
    template = "%(function)s()"
    output_field = DateTimeField()

    def __init__(self, **extra: Any) -> None:
        super().__init__(**extra)


def app_now() -> datetime:
    """Domain time as an aware UTC datetime; one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app_now()")
        return cursor.fetchone()[0]


def clock_info() -> ClockInfo:
    """How domain time runs at present; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(clock.scale, 1), coalesce(clock.is_scaled, false), app_now()"
            " FROM (VALUES (1)) AS one (id) LEFT JOIN network_domainclock AS clock USING (id)"
        )
        scale, is_scaled, now = cursor.fetchone()
    return ClockInfo(scale=scale, is_scaled=is_scaled, now=now)


def install_wall_clock() -> ClockInfo:
    """Let domain time be wall time again.

    Domain time never goes backwards: where an earlier, faster clock has run ahead of the wall, it
    goes on from there at the wall's pace, and ``is_scaled`` stays true.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        cursor.execute("SELECT app_now() > clock_timestamp() + interval '1 second'")
        is_ahead = cursor.fetchone()[0]
        if not is_ahead:
            cursor.execute(CREATE_WALL_CLOCK)
            _record(cursor, scale=1, is_scaled=False)
    if is_ahead:
        return install_scaled_clock(scale=1, start=None)
    return clock_info()


def install_scaled_clock(*, scale: float, start: datetime | None = None) -> ClockInfo:
    """Let domain time run ``scale`` times as fast as the wall, from ``start`` (aware) or from now.

    Domain time never goes backwards, so a start that has already passed counts as now. Raises
    ValueError for a scale that is not above 0 and at most 100,000, or a start without time zone.
    """
    if not 0 < scale <= 100_000:
        raise ValueError("The scale must be above 0 and at most 100,000.")
    if start is not None and start.tzinfo is None:
        raise ValueError("The start needs a time zone.")
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        cursor.execute(
            "SELECT extract(epoch FROM greatest(%s::timestamptz, app_now()))::text,"
            " extract(epoch FROM clock_timestamp())::text",
            [start],
        )
        domain_start, wall_start = cursor.fetchone()
        # The two instants are constants of the function's body: reading them from a table would
        # make every look at the clock a table access.
        cursor.execute(
            _CREATE + f"$clock$ SELECT to_timestamp({domain_start}) + (clock_timestamp()"
            f" - to_timestamp({wall_start})) * {float(scale)!r}::double precision $clock$"
        )
        _record(cursor, scale=float(scale), is_scaled=True)
    return clock_info()


def install_test_clock(cursor: Any) -> None:
    """Let ``app_now()`` obey the setting ``firstcall.now`` where one is set (tests only)."""
    cursor.execute(_CREATE_TEST_CLOCK)


def _lock(cursor: Any) -> None:
    """Only one installation at a time: both replace the same function."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('network_domainclock'))")


def _record(cursor: Any, *, scale: float, is_scaled: bool) -> None:
    cursor.execute(
        "INSERT INTO network_domainclock (id, scale, is_scaled) VALUES (1, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET scale = excluded.scale, is_scaled = excluded.is_scaled",
        [scale, is_scaled],
    )
