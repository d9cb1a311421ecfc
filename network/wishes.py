"""What contractors have asked for themselves: notice, most visits a day, holidays, after hours.

Wishes bind the machine, which asks nobody against them; a dispatcher who has somebody on the
telephone may assign over them. Pure: minutes since the epoch, as everywhere around ``find_start``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from network.local_calendar import LocalCalendar
    from network.slots import Entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Wishes:
    """One contractor's wishes; ``None`` and 0 mean that there is none."""

    notice_minutes: int = 0
    most_jobs_a_day: int | None = None
    after_hours_emergencies: bool = False
    works_on_holidays: bool = True


@dataclass(slots=True)
class Limits:
    """What the wishes leave of one window: its first minute, closed days, and the reasons.

    ``refusal`` is a rule and its sentence when nothing is left.
    """

    window_start: int
    all_hours: bool = False
    closed: list[Stretch] = field(default_factory=list)
    refusal: tuple[str, str] | None = None


def limits_of(
    wishes: Wishes,
    *,
    is_emergency: bool,
    at: int,
    window_start: int,
    window_end: int,
    calendar: LocalCalendar,
    holidays: Mapping[date, str],
    entries: Iterable[Sequence[Entry]],
) -> Limits:
    """Apply the wishes to a window in which visits may start; ``entries`` are of the whole firm.

    Somebody who takes emergencies after hours takes them without notice and on holidays too.
    """
    limits = Limits(window_start)
    if is_emergency and wishes.after_hours_emergencies:
        limits.all_hours = True
    else:
        if wishes.notice_minutes:
            limits.window_start = max(window_start, at + wishes.notice_minutes)
            if limits.window_start > window_end:
                limits.refusal = (
                    "notice_too_short",
                    f"needs {notice_text(wishes.notice_minutes)} notice",
                )
                return limits
        if not wishes.works_on_holidays:
            for day in _days(limits.window_start, window_end, calendar):
                if day in holidays:
                    limits.closed.append(_stretch(day, calendar))
                    said = ("not_working", f"does not work on {holidays[day]}")
                    if _is_shut(limits, window_end):
                        limits.refusal = said
                        return limits
    if wishes.most_jobs_a_day is not None:
        listed = list(entries)
        for day in _days(limits.window_start, window_end, calendar):
            stretch = _stretch(day, calendar)
            visits = sum(
                1
                for of_one in listed
                for entry in of_one
                if entry.latitude is not None and stretch[0] <= entry.start < stretch[1]
            )
            if visits >= wishes.most_jobs_a_day and stretch not in limits.closed:
                limits.closed.append(stretch)
                if _is_shut(limits, window_end):
                    limits.refusal = (
                        "daily_limit",
                        f"takes {wishes.most_jobs_a_day} "
                        f"{'visit' if wishes.most_jobs_a_day == 1 else 'visits'} a day, "
                        f"{day:%a} {day.day} {day:%b} is full",
                    )
                    return limits
    return limits


def without(shifts: Sequence[Stretch], closed: Sequence[Stretch]) -> list[Stretch]:
    """The shifts less the closed stretches; both sorted within themselves."""
    left = list(shifts)
    for shut_from, shut_to in closed:
        cut: list[Stretch] = []
        for start, end in left:
            if end <= shut_from or start >= shut_to:
                cut.append((start, end))
                continue
            if start < shut_from:
                cut.append((start, shut_from))
            if end > shut_to:
                cut.append((shut_to, end))
        left = cut
    return left


def notice_text(minutes: int) -> str:
    """As in ``2 hours'``, ``90 minutes'``, ``1 day's``."""
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            count = minutes // size
            return f"1 {name}’s" if count == 1 else f"{count} {name}s’"
    raise AssertionError("every number is a number of minutes")


def _days(window_start: int, window_end: int, calendar: LocalCalendar) -> list[date]:
    first = (_EPOCH + timedelta(minutes=window_start)).astimezone(calendar.zone).date()
    last = (_EPOCH + timedelta(minutes=window_end)).astimezone(calendar.zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _stretch(day: date, calendar: LocalCalendar) -> Stretch:
    return calendar.minute(day, 0), calendar.minute(day + timedelta(days=1), 0)


def _is_shut(limits: Limits, window_end: int) -> bool:
    """Whether no start is left: closed days together cover the window."""
    moment = limits.window_start
    for start, end in sorted(limits.closed):
        if start > moment:
            return False
        moment = max(moment, end)
    return moment > window_end
