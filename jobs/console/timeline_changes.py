"""Changes by the customer, own prices and times, remedies and follow-ups, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from jobs.console import words
from jobs.models import ContractorFee, Job, JobEvent
from network import display

Line = tuple[str, str, str]  # icon, what happened, who or why


def _window(job: Job, pair: list[str]) -> str:
    start, end = (datetime.fromisoformat(text) for text in pair)
    return display.window_short(start, end, job.time_zone)


def _quoted(data: dict[str, Any]) -> str:
    note = str(data.get("note", "")).strip()
    return f"“{note}”" if note else ""


def _and(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _moved(job: Job, event: JobEvent) -> Line:
    name = str(event.data.get("contractor") or "")
    kept = f"{name} keeps it" if event.data.get("kept") else f"{name} is not free then"
    title = f"Moved from {_window(job, event.data['from'])} to {_window(job, event.data['to'])}"
    return (
        "calendar-repeat",
        title,
        _and(event.actor_label, kept if name else "", _quoted(event.data)),
    )


def _move_asked(job: Job, event: JobEvent) -> Line:
    wanted = _window(job, [event.data["window_start"], event.data["window_end"]])
    return (
        "calendar-repeat",
        f"Asked to move to {wanted}",
        _and(event.actor_label, _quoted(event.data)),
    )


def _cancel_asked(job: Job, event: JobEvent) -> Line:
    why = words.reason(str(event.data.get("reason", "")))
    return "ban", f"Asked to cancel: {why}", _and(event.actor_label, _quoted(event.data))


def _request_declined(job: Job, event: JobEvent) -> Line:
    return "x", "The appointment stays as it is", event.actor_label


def _fee(job: Job, event: JobEvent) -> Line:
    amount = display.money(event.data["amount"], event.data["currency"])
    why = dict(ContractorFee.Kind.choices).get(str(event.data.get("kind", "")), "")
    return "coin", f"{event.data.get('contractor', '')} is paid {amount}", str(why).lower()


def _proposed(job: Job, event: JobEvent) -> Line:
    known = event.data
    pay = display.money(known["pay"], known["currency"])
    start = ""
    if known.get("starts_at"):
        at = datetime.fromisoformat(known["starts_at"])
        start = f"{display.day(at, job.time_zone)} at {display.clock(at, job.time_zone)}"
    how = "accepted by rule" if known.get("by_rule") else "put to the dispatcher"
    return "coin", f"{known['contractor']} would come for {pay}", _and(start, how, _quoted(known))


def _remedy(job: Job, event: JobEvent) -> Line:
    amount = str(event.data.get("amount") or "")
    match event.data.get("remedy"):
        case "widen":
            far = display.distance(float(amount), job.branch.distance_unit)
            return "map-pin", f"The search is widened by {far}", event.actor_label
        case "raise":
            more = display.money(amount, job.currency)
            return "coin", f"{more} more is paid", event.actor_label
    return "certificate", "One skill level below will do", event.actor_label


def _windows_offered(job: Job, event: JobEvent) -> Line:
    listed = [_window(job, pair) for pair in event.data.get("windows", [])]
    return (
        "calendar-repeat",
        "Other times offered to the customer",
        _and(words.listed(listed), event.actor_label),
    )


def _followed_up(job: Job, event: JobEvent) -> Line:
    return "repeat", f"Followed up by {event.data.get('reference', '')}", event.actor_label


def _rated(job: Job, event: JobEvent) -> Line:
    said = str(event.data.get("words", "")).strip()
    return (
        "star",
        f"Rated {event.data.get('stars')} of 5",
        _and(event.actor_label, f"“{said}”" if said else ""),
    )


TELLERS: dict[str, Callable[[Job, JobEvent], Line]] = {
    "moved": _moved,
    "move_asked": _move_asked,
    "cancel_asked": _cancel_asked,
    "request_declined": _request_declined,
    "fee_recorded": _fee,
    "proposed": _proposed,
    "remedy_applied": _remedy,
    "windows_offered": _windows_offered,
    "windows_refused": lambda job, event: (
        "calendar-repeat",
        "The customer keeps the present time",
        event.actor_label,
    ),
    "followed_up": _followed_up,
    "note_added": lambda job, event: ("message", "The customer added a note", event.actor_label),
    "photo_added": lambda job, event: (
        "camera",
        "The customer added a picture",
        event.actor_label,
    ),
    "rated": _rated,
}
