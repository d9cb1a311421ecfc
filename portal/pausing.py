"""Until when a pause lasts: the choices of one tap, in the branch's time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from network import display

#: The evening begins (ours); later in the day it is no choice any more.
EVENING = time(18)
#: A day begins when offers may come, or at this hour (ours).
MORNING = time(8)
#: A choice that would end sooner than this is no pause.
SHORTEST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Choice:
    """One tap: its word for the form, what it says, and when offers come again."""

    value: str
    label: str
    until: datetime


def pause_choices(now: datetime, zone: ZoneInfo, contact_from: time | None) -> list[Choice]:
    """An hour, this evening, tomorrow morning: those that make sense at this hour."""
    today = now.astimezone(zone).date()
    morning = day_begins(today + timedelta(days=1), zone, contact_from)
    choices = [
        Choice("hour", "For an hour", _whole_minute(now + timedelta(hours=1))),
        Choice("evening", "Until this evening", datetime.combine(today, EVENING, zone)),
        Choice("tomorrow", "Until tomorrow", morning),
    ]
    return [choice for choice in choices if choice.until - now >= SHORTEST]


def day_begins(day: date, zone: ZoneInfo, contact_from: time | None) -> datetime:
    """When offers may come on that day."""
    return datetime.combine(day, contact_from or MORNING, zone)


def until_text(until: datetime, now: datetime, tz: str) -> str:
    """``6 pm EST``, ``tomorrow 8 am EST``, ``Mon 9 Nov 8 am EST``."""
    clock = f"{display.phone_clock(until, tz)} {display.zone_name(until, tz)}"
    day = display.day(until, tz, now)
    if day == "Today":
        return clock
    return f"{day.lower() if day == 'Tomorrow' else day} {clock}"


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
