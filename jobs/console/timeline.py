"""Events in words, for the timeline of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from jobs.console import timeline_changes, timeline_protection, words
from jobs.models import Job, JobEvent
from network import display

Line = tuple[str, str, str]  # icon, what happened, who or why


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, as ``components/_timeline_item.html`` takes it."""

    at: datetime
    icon: str
    title: str
    by: str


def timeline(job: Job, events: Iterable[JobEvent]) -> list[Entry]:
    """The job's events, newest first."""
    entries = [Entry(event.at, *describe(job, event)) for event in events]
    return entries[::-1]


def describe(job: Job, event: JobEvent) -> Line:
    """Icon, sentence and author of one event; a kind that is new here is named as it is."""
    teller = _TELLERS.get(event.kind)
    if teller is None:
        return "info-circle", event.kind.replace("_", " ").capitalize(), event.actor_label
    return teller(job, event)


def _clock(job: Job, text: object) -> str:
    return display.clock(datetime.fromisoformat(str(text)), job.time_zone) if text else ""


def _name(event: JobEvent) -> str:
    return str(event.data.get("contractor", "the contractor"))


def _note(event: JobEvent) -> str:
    note = str(event.data.get("note", "")).strip()
    return f"“{note}”" if note else ""


def _and(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _created(job: Job, event: JobEvent) -> Line:
    source = str(event.data.get("source", ""))
    return "plus", "Job taken in", _and(event.actor_label, words.SOURCES.get(source, source))


def _ranked(job: Job, event: JobEvent) -> Line:
    count = int(event.data.get("candidates", 0))
    left_out = sum((event.data.get("not_eligible") or {}).values())
    title = f"{count} of {count + left_out} ranked"
    return "list-numbers", title, f"policy revision {event.data.get('policy', '?')}"


def _round_started(job: Job, event: JobEvent) -> Line:
    number = int(event.data.get("round", 1))
    return "refresh", f"Round {number} began", words.cause(str(event.data.get("cause", "")))


def _offer_made(job: Job, event: JobEvent) -> Line:
    until = _clock(job, event.data.get("expires_at"))
    rank = event.data.get("rank")
    place = f"rank {rank}" if rank else "not ranked"
    shared = "first to accept" if event.data.get("first_to_accept") else ""
    return (
        "phone-outgoing",
        f"Offered to {_name(event)}",
        _and(place, shared, until and f"until {until}"),
    )


def _expired(job: Job, event: JobEvent) -> Line:
    return "bell-off", f"{_name(event)} gave no answer", event.actor_label


def _declined(job: Job, event: JobEvent) -> Line:
    why = words.reason(str(event.data.get("reason", "")))
    return (
        "x",
        f"{_name(event)} declined: {why}",
        _and(words.via(str(event.data.get("via", ""))), _note(event)),
    )


def _accepted(job: Job, event: JobEvent) -> Line:
    by = words.via(str(event.data.get("via", "")))
    recorded = event.actor_label if event.actor_kind == "staff" else ""
    return "check", f"{_name(event)} accepted", _and(by, recorded)


def _withdrawn(job: Job, event: JobEvent) -> Line:
    why = words.reason(str(event.data.get("reason", "")))
    return "arrow-back-up", f"{words.possessive(_name(event))} offer withdrawn", why


def _booked(job: Job, event: JobEvent) -> Line:
    start, end = _clock(job, event.data.get("starts_at")), _clock(job, event.data.get("ends_at"))
    technician = str(event.data.get("technician", ""))
    who = _name(event) if technician in ("", _name(event)) else f"{_name(event)}, {technician}"
    return "calendar-check", f"Booked for {start}–{end}", who


def _assigned(job: Job, event: JobEvent) -> Line:
    return (
        "user-check",
        f"Assigned to {_name(event)} by hand",
        _and(event.actor_label, words.override(str(event.data.get("why", ""))), _note(event)),
    )


def _put_next(job: Job, event: JobEvent) -> Line:
    why = words.override(str(event.data.get("why", "")))
    return "arrow-right", f"{_name(event)} to be asked next", _and(event.actor_label, why)


def _eta(job: Job, event: JobEvent) -> Line:
    return (
        "clock",
        f"Expected at {_clock(job, event.data.get('eta'))}",
        event.actor_label,
    )


def _en_route(job: Job, event: JobEvent) -> Line:
    return "truck", f"{_name(event)} is on the way", event.actor_label


def _arrived(job: Job, event: JobEvent) -> Line:
    kept = "in the promised window" if event.data.get("on_time") else "after the promised window"
    return "map-pin-check", f"{_name(event)} arrived", _and(kept, event.actor_label)


def _completed(job: Job, event: JobEvent) -> Line:
    what = words.result(str(event.data.get("result", "")))
    return "circle-check", f"Visit ended: {what}", _and(event.actor_label, _note(event))


def _released(job: Job, event: JobEvent) -> Line:
    why = words.reason(str(event.data.get("reason", "")))
    taken = words.was_taken(str(event.data.get("reason", "")))
    title = f"Taken from {_name(event)}" if taken else f"{_name(event)} gave it back"
    return "arrow-back-up", f"{title}: {why}", _and(event.actor_label, _note(event))


def _cancelled(job: Job, event: JobEvent) -> Line:
    who = words.cancelled_by(str(event.data.get("by", "")))
    why = words.reason(str(event.data.get("reason", "")))
    return "ban", f"Cancelled: {why}", _and(who, event.actor_label, _note(event))


def _escalated(job: Job, event: JobEvent) -> Line:
    return "bell", words.question(str(event.data.get("escalation", ""))), "put to the dispatcher"


def _settled(job: Job, event: JobEvent) -> Line:
    return (
        "circle-check",
        f"Settled: {event.data.get('resolution', '')}",
        _and(words.question(str(event.data.get("escalation", ""))).lower(), event.actor_label),
    )


def _passed_over(job: Job, event: JobEvent) -> Line:
    return "arrow-right", f"{_name(event)} passed over", str(event.data.get("sentence", ""))


def _waits(job: Job, event: JobEvent) -> Line:
    until = _clock(job, event.data.get("until"))
    return "moon", f"Waits until {until}", f"{words.possessive(_name(event))} contact hours"


def _told(job: Job, event: JobEvent) -> Line:
    return "send", f"{_name(event)} was told", ""


_TELLERS: dict[str, Callable[[Job, JobEvent], Line]] = {
    **timeline_protection.TELLERS,
    **timeline_changes.TELLERS,
    "created": _created,
    "search_started": lambda job, event: ("search", "The search began", ""),
    "round_started": _round_started,
    "ranked": _ranked,
    "offer_made": _offer_made,
    "offer_expired": _expired,
    "offer_declined": _declined,
    "offer_accepted": _accepted,
    "offer_withdrawn": _withdrawn,
    "booked": _booked,
    "assigned": _assigned,
    "put_next": _put_next,
    "eta_set": _eta,
    "en_route": _en_route,
    "arrived": _arrived,
    "completed": _completed,
    "released": _released,
    "cancelled": _cancelled,
    "escalated": _escalated,
    "escalation_settled": _settled,
    "candidate_passed_over": _passed_over,
    "waits_for_contact_hours": _waits,
    "contractor_told": _told,
    "window_missed": lambda job, event: ("clock-off", "The promised window passed", ""),
}
KINDS = frozenset(_TELLERS)
