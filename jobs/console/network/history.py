"""What people did with a contractor, in words, with what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from network.models import Contractor, ContractorEvent

_WORDS = {
    "application-begun": "Began an application",
    "application-submitted": "Handed the application in",
    "application-approved": "Approved the application",
    "application-sent-back": "Sent the application back",
    "application-rejected": "Rejected the application",
    "status-active": "Made active",
    "status-paused": "Paused",
    "status-suspended": "Suspended",
    "status-left": "Marked as left",
    "status-applicant": "Let apply again",
    "offers-paused": "Paused offers",
    "offers-resumed": "Ended the pause",
    "document-submitted": "Sent a paper",
    "document-approved": "Approved a paper",
    "document-rejected": "Rejected a paper",
    "document-withdrawn": "Took a paper back",
    "document-asked-for": "Asked for a paper",
    "document-no-longer-asked": "No longer asks for a paper",
    "clearance-set-by-hand": "Set clearance by hand",
    "clearance-by-papers-again": "Let the papers decide again",
    "message-written": "Wrote a message",
    "business-changed": "Changed the business",
}
#: Events read for the page.
SHOWN = 40
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was another: ``before`` or ``after`` may be empty."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event as people read it."""

    at: datetime
    title: str
    by: str
    note: str
    changes: list[Change] = field(default_factory=list)


def history_of(contractor: Contractor, *, most: int = SHOWN) -> list[HistoryLine]:
    """The newest events, newest first; one query."""
    events = list(
        ContractorEvent.objects.filter(contractor=contractor).select_related("actor")[:most]
    )
    lines = []
    # From the newest back: what a value was changed to is what the next event found it to be.
    known: dict[str, Any] = {}
    for event in events:
        changes, known = _changes(event, known, contractor)
        lines.append(
            HistoryLine(
                at=event.at,
                title=_WORDS.get(event.action, event.action.replace("-", " ").capitalize()),
                by=_author(event),
                note=event.note,
                changes=changes,
            )
        )
    return lines


def _author(event: ContractorEvent) -> str:
    if event.actor is None:
        return "Firstcall"
    return event.actor.name or event.actor.email


def _changes(
    event: ContractorEvent, known: dict[str, Any], contractor: Contractor
) -> tuple[list[Change], dict[str, Any]]:
    """What changed, and what is known to have been before this event."""
    data = event.data if isinstance(event.data, Mapping) else {}
    before, after = data.get("before"), data.get("after")
    changes: list[Change] = []
    if isinstance(before, Mapping):
        known = dict(known)
        for name, value in before.items():
            if isinstance(after, Mapping) and name in after:
                then = after[name]
            else:
                then = known.get(name, _now(contractor, name))
            known[name] = value
            if text(value) != text(then):
                changes.append(Change(name.replace("_", " "), text(value), text(then)))
    elif isinstance(after, Mapping):
        changes += [
            Change(str(name).replace("_", " "), "", text(value)) for name, value in after.items()
        ]
    if "from" in data:
        changes.append(Change("status", text(data["from"]), event.action.removeprefix("status-")))
    for name in ("until", "due"):
        if data.get(name):
            changes.append(Change(name, "", text(data[name])[:16].replace("T", " ")))
    return changes, known


def _now(contractor: Contractor, name: str) -> Any:
    try:
        contractor._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    return getattr(contractor, name, "")


def text(value: Any) -> str:
    """A stored value as one short line."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = ", ".join(f"{name} {text(one)}" for name, one in value.items())
    elif isinstance(value, list | tuple):
        value = ", ".join(text(one) for one in value)
    words = str(value)
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
