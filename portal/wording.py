"""Sentences for a contractor: plain, true, and for one person where there is only one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from network import display
from network.models import Contractor
from network.models.contractor import ContractorStatus
from network.sentences import day_text

#: Papers that run out within this many days are mentioned (ours).
CLEARANCE_WARNING_DAYS = 30

#: Domain messages speak of technicians; to a sole trader the same thing is said of themselves.
_FOR_ONE = (
    ("This technician's time was taken", "Your time was taken"),
    ("Choose another time or technician", "Choose another time"),
    ("The technician is on site", "You are on site"),
    ("the technician", "you"),
    ("this technician", "you"),
)


def for_reader(detail: str, *, is_firm: bool) -> str:
    """A refusal in the reader's words: without technicians for a sole trader."""
    if is_firm:
        return detail
    for said, meant in _FOR_ONE:
        detail = detail.replace(said, meant)
    return detail


def greeting(now: datetime, tz: str, name: str) -> str:
    """``Good afternoon, James``: by the clock of the branch."""
    hour = display.in_zone(now, tz).hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if hour < 17 else "evening"
    part = "evening" if hour < 4 else part
    first = name.split()[0] if name.split() else ""
    return f"Good {part}, {first}" if first else f"Good {part}"


def to_the_second(moment: datetime, tz: str) -> str:
    """``3:15:04 pm``: where seconds decided."""
    local = display.in_zone(moment, tz)
    return f"{local.hour % 12 or 12}:{local:%M:%S} {'pm' if local.hour >= 12 else 'am'}"


def how_late(late: timedelta) -> str:
    """``4 seconds``, ``6 min``, ``under a second``."""
    seconds = late.total_seconds()
    if seconds < 1:
        return "under a second"
    if seconds < 120:
        whole = int(seconds)
        return "1 second" if whole == 1 else f"{whole} seconds"
    return display.duration(seconds / 60)


def hour_text(moment: time) -> str:
    """``8 am``, ``noon``, ``8:30 pm``, of a wall-clock time."""
    return display.phone_clock(datetime.combine(date(2000, 1, 1), moment, UTC), "UTC")


def hours_text(starts: time, ends: time) -> str:
    """``8 am–6 pm``, ``all day``, ``10 pm–6 am the next day``."""
    if starts == ends == time(0):
        return "all day"
    text = f"{hour_text(starts)}{display.EN_DASH}{hour_text(ends)}"
    return f"{text} the next day" if time(0) < ends <= starts else text


def contact_hours(contractor: Contractor) -> str:
    """``8 am–8 pm``, ``at any hour``: when the contractor may be asked, by the branch's clock."""
    if contractor.contact_from is None or contractor.contact_until is None:
        return "at any hour"
    return hours_text(contractor.contact_from, contractor.contact_until)


def clock_range(start: datetime, end: datetime, tz: str) -> str:
    """``8 am–noon``, ``4–8 pm``: as in a window, without its day."""
    return display.window_phone(start, end, tz).removeprefix(display.day(start, tz)).strip()


@dataclass(frozen=True, slots=True)
class Standing:
    """Why offers come or do not: a note of that tone."""

    tone: str
    icon: str
    title: str
    text: str


def standing(contractor: Contractor, now: datetime) -> Standing | None:
    """What stands between the contractor and new offers, or soon will; None when nothing does."""
    match contractor.status:
        case ContractorStatus.APPLICANT:
            return Standing(
                "wait", "hourglass", "Not approved yet.", "Offers begin once your branch says yes."
            )
        case ContractorStatus.PAUSED:
            return Standing(
                "quiet",
                "player-pause",
                "You are paused.",
                "No offers come. Ask your branch to start again.",
            )
        case ContractorStatus.SUSPENDED:
            return Standing(
                "bad", "lock", "Suspended by your branch.", "No offers come. Please call them."
            )
        case ContractorStatus.LEFT:
            return Standing(
                "quiet",
                "logout",
                "You have left this branch.",
                "No offers come. To come back, ask your branch.",
            )
    until = contractor.cleared_until
    today = display.in_zone(now, contractor.branch.time_zone).date()
    if until is None:
        return Standing(
            "bad",
            "certificate",
            "Your papers are not in order yet.",
            "No offers come until your branch has cleared them.",
        )
    if until < today:
        return Standing(
            "bad",
            "certificate",
            f"Your papers ran out on {day_text(until, beside=today)}.",
            "No offers come. Send your branch the new ones.",
        )
    if (until - today).days <= CLEARANCE_WARNING_DAYS:
        return Standing(
            "warn",
            "certificate",
            f"Your papers run out on {day_text(until, beside=today)}.",
            "Send your branch the new ones before then; offers stop after that day.",
        )
    return None
