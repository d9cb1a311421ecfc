"""Weekly hours in the console's words: days with the same hours together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from network.models import WorkingHours

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def week_lines(rows: Iterable[WorkingHours]) -> list[tuple[str, str]]:
    """``[("Mon–Fri", "08:00–17:00"), ("Sat", "09:00–12:00")]``."""
    in_order = sorted(rows, key=lambda row: (row.weekday, row.starts))
    texts = {
        weekday: ", ".join(stretch(row) for row in of_day)
        for weekday, of_day in groupby(in_order, key=lambda row: row.weekday)
    }
    lines: list[tuple[list[int], str]] = []
    for weekday, text in texts.items():
        if lines and lines[-1][1] == text and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], text))
    return [(_days(days), text) for days, text in lines]


def stretch(row: WorkingHours) -> str:
    """``08:00–17:00``, ``22:00–06:00 next day``, ``all day``."""
    if row.starts == row.ends and not row.starts.hour and not row.starts.minute:
        return "all day"
    if not (row.ends.hour or row.ends.minute):
        return f"{row.starts:%H:%M}–24:00"
    later = " next day" if row.ends <= row.starts else ""
    return f"{row.starts:%H:%M}–{row.ends:%H:%M}{later}"


def _days(days: list[int]) -> str:
    return DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}–{DAYS[days[-1]]}"
