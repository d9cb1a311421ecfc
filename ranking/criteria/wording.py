"""Numbers as people say them; shared by the sentences of all criteria."""

from __future__ import annotations


def ordinal(number: int) -> str:
    """1 → '1st', 12 → '12th', 23 → '23rd'."""
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def minutes(amount: float) -> str:
    """'under a minute', '12 min', '1 h 45 min', '3 h'."""
    whole = round(amount)
    if whole < 1:
        return "under a minute"
    if whole < 90:
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def percent(share: float) -> str:
    return f"{round(share * 100)} %"


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """'1 job', '3 jobs', 'no jobs'."""
    if number == 0:
        return f"no {plural or noun + 's'}"
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def amount(number: float) -> str:
    """One decimal, but only where it says something: 4 → '4', 4.25 → '4.2'."""
    return f"{number:.1f}".removesuffix(".0")


def join(*parts: str, by: str = ", ") -> str:
    """The parts that are not empty."""
    return by.join(part for part in parts if part)
