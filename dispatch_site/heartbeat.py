"""Whether the clock is looking at the due list."""

from __future__ import annotations

from django.db import connection


def clock_age_seconds() -> float | None:
    """Seconds of wall time since the liveliest clock last wrote its heartbeat; None without any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - max(beat_at))::float8"
            " FROM jobs_clockbeat"
        )
        age: float | None = cursor.fetchone()[0]
    return age
