"""Which arrival times to offer on one tap. Pure arithmetic on aware UTC datetimes."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from network import display

MOST_CHOICES = 4
_LATER_ON_THE_WAY = (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40))
_LATER = (timedelta(0), timedelta(minutes=30), timedelta(minutes=60), timedelta(minutes=90))
_GRID = timedelta(minutes=5)


def round_up(moment: datetime) -> datetime:
    """The next full five minutes."""
    past = timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment if not past else moment - past + _GRID


def arrival_choices(
    *,
    planned: datetime,
    told: datetime | None,
    window_start: datetime,
    window_end: datetime,
    now: datetime,
    on_the_way: bool,
) -> list[datetime]:
    """Times inside the promise, from now on, without the one already told; at most four.

    Before leaving: the planned start and half hours after it. On the way: 10, 20 and 40 minutes
    after what was told.
    """
    first = max(now, window_start)
    base = max(told or planned, first) if on_the_way else max(planned, first)
    base = base if base == planned else round_up(base)
    steps = _LATER_ON_THE_WAY if on_the_way and told else _LATER
    times = [base + step for step in steps]
    return [at for at in times if first <= at <= window_end and at != told][:MOST_CHOICES]


def time_in_window(
    clock: time, *, window_start: datetime, window_end: datetime, tz: str
) -> datetime:
    """A wall-clock time at the site, on the day on which it lies inside the window.

    Where no day makes it fit, on the window's first day: the refusal then says what is wrong.
    """
    zone = display.zone(tz)
    first = window_start.astimezone(zone).date()
    days = [first]
    while days[-1] < window_end.astimezone(zone).date():
        days.append(days[-1] + timedelta(days=1))
    moments = [datetime.combine(day, clock, zone) for day in days]
    fitting = [moment for moment in moments if window_start <= moment <= window_end]
    return fitting[0] if fitting else moments[0]
