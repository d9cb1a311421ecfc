"""Weekly working hours as people give them: checked, and what a change of the clocks does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_A_DAY = 4
"""Stretches of one day; more is a slip of the hand."""
_DAY = 24 * 60
_WEEK = 7 * _DAY
_SHORTEST = 15
"""Minutes; no visit fits into less."""


class ShiftError(ValueError):
    """Hours that cannot be; ``weekday`` (Monday 0) is at fault."""

    def __init__(self, code: str, detail: str, weekday: int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.weekday = weekday


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """A weekly stretch in local time; an end at or before the start lies on the next day.

    00:00–00:00 is the whole day.
    """

    weekday: int
    starts: time
    ends: time

    @property
    def is_overnight(self) -> bool:
        """Whether it runs into the next day (a whole day does not)."""
        return time(0) < self.ends <= self.starts

    @property
    def first_minute(self) -> int:
        """Of the week, from Monday's midnight."""
        return self.weekday * _DAY + _minutes(self.starts)

    @property
    def length(self) -> int:
        """Minutes by the clock on the wall."""
        length = _minutes(self.ends) - _minutes(self.starts)
        return length if length > 0 else length + _DAY


def check_shifts(shifts: Iterable[Shift]) -> list[Shift]:
    """The shifts in order of the week. Raises ShiftError for the first that cannot be."""
    ordered = sorted(shifts)
    for shift in ordered:
        if shift.starts == shift.ends != time(0):
            raise ShiftError(
                "no-length",
                f"{DAYS[shift.weekday]} starts and ends at {clock_text(shift.starts)}. Give "
                "different times, or 12 am to 12 am for the whole day.",
                shift.weekday,
            )
        if shift.length < _SHORTEST:
            raise ShiftError(
                "too-short",
                f"{DAYS[shift.weekday]} {span_text(shift)} is too short for a visit: give at least "
                f"{_SHORTEST} minutes.",
                shift.weekday,
            )
    for weekday in range(7):
        if sum(1 for shift in ordered if shift.weekday == weekday) > MOST_A_DAY:
            raise ShiftError(
                "too-many", f"{DAYS[weekday]} has more than {MOST_A_DAY} stretches.", weekday
            )
    # Sunday night runs into Monday morning, so the week is a ring.
    ring = [*ordered, *ordered[:1]] if len(ordered) > 1 else []
    for number, (shift, following) in enumerate(pairwise(ring)):
        begins = following.first_minute + (_WEEK if number == len(ordered) - 1 else 0)
        if begins < shift.first_minute + shift.length:
            raise ShiftError("overlap", _overlap_text(shift, following), following.weekday)
    return ordered


def clock_change_notes(
    shifts: Sequence[Shift], zone: ZoneInfo, first: date, days: int = 366
) -> list[str]:
    """What the coming changes of the clocks do to these hours, a sentence for each."""
    notes = []
    for day, is_forward in _clock_changes(zone, first, days):
        for shift in sorted(shifts):
            for begins in (day - timedelta(days=1), day):
                if begins.weekday() != shift.weekday:
                    continue
                real = _real_minutes(shift, begins, zone)
                if real == shift.length:
                    continue
                notes.append(_note(shift, begins, day, real, is_forward=is_forward))
    return notes


def clock_text(moment: time) -> str:
    """``8 am``, ``noon``, ``midnight``, ``8:30 pm``."""
    if moment == time(0):
        return "midnight"
    if moment == time(12):
        return "noon"
    hour = moment.hour % 12 or 12
    minutes = f":{moment:%M}" if moment.minute else ""
    return f"{hour}{minutes} {'pm' if moment.hour >= 12 else 'am'}"


def span_text(shift: Shift) -> str:
    """``8 am to 6 pm``, ``10 pm to 6 am the next day``, ``all day``."""
    if shift.starts == shift.ends == time(0):
        return "all day"
    text = f"{clock_text(shift.starts)} to {clock_text(shift.ends)}"
    return f"{text} the next day" if shift.is_overnight else text


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _overlap_text(shift: Shift, following: Shift) -> str:
    if shift.weekday == following.weekday:
        return (
            f"{DAYS[shift.weekday]}: {span_text(shift)} and {span_text(following)} overlap. "
            "Make them one, or leave a gap."
        )
    return (
        f"{DAYS[shift.weekday]} runs past midnight, until {clock_text(shift.ends)}, into "
        f"{DAYS[following.weekday]}’s hours from {clock_text(following.starts)}. "
        f"End {DAYS[shift.weekday]} earlier, or begin {DAYS[following.weekday]} later."
    )


def _clock_changes(zone: ZoneInfo, first: date, days: int) -> list[tuple[date, bool]]:
    """Local days with fewer or more than 24 hours, and whether the clocks go forward."""
    found = []
    for number in range(days):
        day = first + timedelta(days=number)
        before = datetime.combine(day, time(0), zone).utcoffset()
        after = datetime.combine(day + timedelta(days=1), time(0), zone).utcoffset()
        if before is not None and after is not None and before != after:
            found.append((day, after > before))
    return found


def _real_minutes(shift: Shift, begins: date, zone: ZoneInfo) -> int:
    """As ``network.local_calendar`` reads it: from the first of a repeated hour to the second."""
    ends = begins if shift.ends > shift.starts else begins + timedelta(days=1)
    start = datetime.combine(begins, shift.starts, zone).astimezone(UTC)
    end = datetime.combine(ends, shift.ends, zone).replace(fold=1).astimezone(UTC)
    return max(0, int((end - start).total_seconds() // 60))


def _note(shift: Shift, begins: date, day: date, real: int, *, is_forward: bool) -> str:
    when = f"{day:%a} {day.day} {day:%b} {day.year}"
    way = "forward" if is_forward else "back"
    what = f"{DAYS[begins.weekday()]} {span_text(shift)}"
    if not real:
        return (
            f"On {when} the clocks go {way}: {what} falls into the hour that is left out, "
            "so nobody works then."
        )
    hours = f"{real // 60} h" + (f" {real % 60} min" if real % 60 else "")
    usual = f"{shift.length // 60} h" + (f" {shift.length % 60} min" if shift.length % 60 else "")
    return f"On {when} the clocks go {way}: {what} is {hours} long then, not {usual}."
