"""How coverage is worded: gaps in a sentence, and why somebody cannot come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from jobs.console.coverage.view import Gap
from network.display import trade_name

_PARTS: dict[tuple[str, ...], str] = {("am",): " morning", ("pm",): " afternoon"}

#: Why a technician who does the trade's work in the area cannot come, in the order of telling.
REASONS = {
    "booked": "booked",
    "time_off": "on time off",
    "not_working": "not working then",
    "not_cleared": "not cleared",
    "skill": "without the skill or its paper by then",
    "paused": "paused",
    "holiday": "off for the holiday",
    "notice": "in need of more notice",
    "limit": "at their most visits a day",
}


def day_words(days: Sequence[date], halves: tuple[str, ...]) -> str:
    """``Saturday 28 Nov``, ``Saturday 28 Nov afternoon``, ``Saturdays 28 Nov and 5 Dec``."""
    listed = " and ".join(f"{day.day} {day:%b}" for day in days)
    return f"{days[0]:%A}{'s' if len(days) > 1 else ''} {listed}{_PARTS.get(halves, '')}"


def count_words(jobs: float) -> str:
    """Expected jobs: ``9 jobs``, ``1 job``, ``a job every 3 weeks``."""
    if jobs >= 0.75:
        whole = round(jobs)
        return f"{whole} job{'' if whole == 1 else 's'}"
    return f"a job every {max(2, round(1 / jobs))} weeks" if jobs > 0 else "no job"


def technicians_words(count: int) -> str:
    """``nobody``, ``1 technician``, ``12 technicians``."""
    if count == 0:
        return "nobody"
    return f"{count} technician{'' if count == 1 else 's'}"


def gap_sentence(gap: Gap, days: Sequence[date]) -> str:
    """``HVAC in Hyde Park on Saturday 28 Nov: 9 jobs, 1 technician``."""
    said = (
        f"{trade_name(gap.trade)} in {gap.area} on {day_words(days, gap.halves)}: "
        f"{count_words(gap.jobs)}, {technicians_words(gap.technicians)}"
    )
    room = round(gap.jobs - gap.lacking)
    if gap.technicians > room:
        said += f" with room for {room} beside their other areas" if room else " needed elsewhere"
    return said


def seen_words(seen: int, days: int) -> str:
    """What the figure rests on, and that it is little where it is."""
    if seen == 0:
        return f"nothing asked for in {days} days; what waits is counted"
    return f"{seen} in {days} days: too few to go by"
