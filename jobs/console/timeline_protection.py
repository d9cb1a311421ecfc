"""Events of protection in words: questions, rescues, standbys, people who call in sick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from jobs.console import words
from jobs.models import Job, JobEvent
from network import display

Line = tuple[str, str, str]  # icon, what happened, who or why


def _name(event: JobEvent) -> str:
    return str(event.data.get("contractor", "the contractor"))


def _clock(job: Job, text: object) -> str:
    return display.clock(datetime.fromisoformat(str(text)), job.time_zone) if text else ""


def _money(event: JobEvent) -> str:
    fee, currency = event.data.get("fee"), event.data.get("currency")
    return display.money(fee, str(currency)) if fee and currency else ""


def _asked(job: Job, event: JobEvent) -> Line:
    again = " again" if event.data.get("again") else ""
    return "bell", f"{_name(event)} was asked{again} to confirm", ""


def _nudged(job: Job, event: JobEvent) -> Line:
    expected = _clock(job, event.data.get("expected"))
    return "bell", f"{_name(event)} was asked where they are", expected and f"expected {expected}"


def _undone(job: Job, event: JobEvent) -> Line:
    return "arrow-back-up", f"{_name(event)} reported in: theirs again", event.actor_label


def _late(job: Job, event: JobEvent) -> Line:
    substitute = str(event.data.get("substitute", "the substitute"))
    return "alert-triangle", f"{_name(event)} reported in late", f"{substitute} keeps the visit"


def _standby_asked(job: Job, event: JobEvent) -> Line:
    until = _clock(job, event.data.get("expires_at"))
    return (
        "shield-half",
        f"{_name(event)} was asked to stand by",
        ", ".join(part for part in (_money(event), until and f"until {until}") if part),
    )


def _standby_agreed(job: Job, event: JobEvent) -> Line:
    return "shield-half", f"{_name(event)} stands by", _money(event)


_RELEASED = {
    "arrived": "the first is on site",
    "cancelled": "the job was cancelled",
    "visit_gone": "the visit was arranged anew",
    "not_fit": "may not take the work now",
}


def _standby_released(job: Job, event: JobEvent) -> Line:
    why = _RELEASED.get(str(event.data.get("reason", "")), "")
    return "arrow-back-up", f"{words.possessive(_name(event))} standby is over", why


def _swapped(job: Job, event: JobEvent) -> Line:
    before, after = event.data.get("before", ""), event.data.get("technician", "")
    start = _clock(job, event.data.get("starts_at"))
    return "users", f"{after} goes instead of {before}", f"{before} is sick, planned for {start}"


TELLERS: dict[str, Callable[[Job, JobEvent], Line]] = {
    "confirmation_asked": _asked,
    "nudged": _nudged,
    "rescue_undone": _undone,
    "late_check_in": _late,
    "standby_asked": _standby_asked,
    "standby_agreed": _standby_agreed,
    "standby_declined": lambda job, event: ("x", f"{_name(event)} will not stand by", ""),
    "standby_expired": lambda job, event: ("bell-off", f"{_name(event)} gave no answer", "standby"),
    "standby_released": _standby_released,
    "standby_stepped_in": lambda job, event: ("shield-half", f"{_name(event)} stepped in", ""),
    "standby_not_found": lambda job, event: ("info-circle", "Nobody could stand by", ""),
    "technician_swapped": _swapped,
}
