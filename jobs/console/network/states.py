"""What a contractor's row says at a glance: state now, clearance, papers, invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from network import display
from network.models import Branch, Contractor, Document, DocumentState
from network.services.clearance import NO_END

#: Days before the end of the papers from which on it is said, and from which on it is urgent.
SOON, URGENT = 45, 7


@dataclass(frozen=True, slots=True)
class State:
    """Tone, icon and word, as ``network/_state.html`` takes it."""

    tone: str
    icon: str
    text: str
    css: str = "line"


def day_words(day: date, today: date) -> str:
    """``Fri 27 Nov`` within half a year, ``27 Nov 2027`` beyond."""
    if abs((day - today).days) < 180:
        return f"{day:%a} {day.day} {day:%b}"
    return f"{day.day} {day:%b %Y}"


def moment_words(moment: datetime, branch: Branch, at: datetime) -> str:
    """``today 18:00``, ``Fri 27 Nov 18:00``; midnight is the day before's end."""
    tz = branch.time_zone
    return f"{display.day(moment, tz, at)} {display.clock(moment, tz)}"


def standing(contractor: Contractor, *, branch: Branch, at: datetime) -> State:
    """Whether work is offered at the moment, and if not, why."""
    status = str(contractor.status)
    if status == "suspended":
        return State("bad", "lock", "Suspended")
    if status == "left":
        return State("quiet", "logout", "Left")
    if status == "applicant":
        return State("wait", "hourglass", "Applicant")
    if status == "paused":
        return State("quiet", "player-pause", "Paused", "hatch")
    if contractor.paused_until is not None and contractor.paused_until > at:
        words = moment_words(contractor.paused_until, branch, at)
        return State("quiet", "player-pause", f"Paused to {words}", "hatch")
    if contractor.cleared_until is None or contractor.cleared_until < _today(branch, at):
        return State("bad", "lock", "Not cleared")
    return State("good", "circle-check", "Active")


def clearance(contractor: Contractor, *, branch: Branch, at: datetime, paper: str = "") -> State:
    """Until when the papers hold; ``paper`` names the one that ends first."""
    today, until = _today(branch, at), contractor.cleared_until
    by_hand = " by hand" if contractor.clearance_override_until is not None else ""
    if until is None:
        return State("bad", "lock", "Not cleared")
    if until == NO_END:
        return State("good", "shield-check", "no end")
    name = paper or "Cleared"
    if until < today:
        return State(
            "bad", "lock", f"{name if paper else 'Clearance'} ended {day_words(until, today)}"
        )
    left = (until - today).days
    if left <= SOON:
        word = f"{name} ends" if paper else f"Cleared{by_hand} to"
        return State(
            "bad" if left <= URGENT else "warn",
            "alert-triangle",
            f"{word} {day_words(until, today)}",
        )
    return State("good", "shield-check", f"to {day_words(until, today)}{by_hand}")


def paper_state(document: Document, *, today: date) -> State:
    """How one paper stands."""
    if document.state == DocumentState.SUBMITTED:
        return State("wait", "hourglass", "To review")
    if document.state == DocumentState.REJECTED:
        return State("bad", "x", "Rejected")
    if document.state == DocumentState.REPLACED:
        return State("quiet", "history", "Replaced")
    if document.expires_on is None:
        return State("quiet", "check", "no end")
    left = (document.expires_on - today).days
    words = day_words(document.expires_on, today)
    if left < 0:
        return State("bad", "alert-triangle", f"ended {words}")
    if left <= SOON:
        return State("bad" if left <= URGENT else "warn", "alert-triangle", words)
    return State("good", "check", words)


#: Invitation's state → how it looks.
INVITATION = {
    "sent": State("wait", "mail", "Sent"),
    "opened": State("wait", "mail-opened", "Opened"),
    "registered": State("good", "user-check", "Registered"),
    "expired": State("warn", "clock-off", "Expired"),
    "revoked": State("quiet", "ban", "Taken back"),
}


def _today(branch: Branch, at: datetime) -> date:
    return at.astimezone(branch.zone).date()
