"""Questions about changes: the customer's after the cut-off, and a contractor's price or time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobs.console import words
from jobs.console.fixes import Fix, call
from jobs.models import Escalation, Job
from network import display

Asked = tuple[str, list[Fix]]


def _quote(known: dict[str, Any]) -> str:
    note = str(known.get("note", "")).strip()
    return f" “{note}”" if note else ""


def _answers(question: Escalation, url: str, yes: str, icon: str, no: str) -> list[Fix]:
    return [
        Fix(yes, icon, action=url, fields={"kind": question.kind, "answer": "yes"}, main=True),
        Fix(no, "x", "they are told", action=url, fields={"kind": question.kind, "answer": "no"}),
    ]


def _customer(job: Job) -> list[Fix]:
    return [call(job.customer_name, job.customer_phone)] if job.customer_phone else []


def _booked(job: Job) -> str:
    booking = next((one for one in job.bookings.all() if one.live), None)
    return f" {booking.contractor.name} has the visit." if booking is not None else ""


def move_asked(question: Escalation, job: Job, url: str, at: datetime) -> Asked:
    known = question.data
    start, end = (datetime.fromisoformat(known[key]) for key in ("window_start", "window_end"))
    wanted = display.window_short(start, end, job.time_zone, at)
    now = display.window_short(job.window_start, job.window_end, job.time_zone, at)
    return (
        f"{job.customer_name} asks to move from {now} to {wanted}, after the cut-off."
        f"{_quote(known)}{_booked(job)} Whoever is free then keeps it; else others are asked.",
        [
            *_answers(
                question,
                url,
                f"Move to {wanted}",
                "calendar-repeat",
                f"Keep {now}",
            ),
            *_customer(job),
        ],
    )


def cancel_asked(question: Escalation, job: Job, url: str, at: datetime) -> Asked:
    known = question.data
    why = words.reason(str(known.get("reason", "")))
    return (
        f"{job.customer_name} asks to cancel, after the cut-off: {why}."
        f"{_quote(known)}{_booked(job)}",
        [
            *_answers(question, url, "Cancel the visit", "ban", "It stands"),
            *_customer(job),
        ],
    )


def counter_offer(question: Escalation, job: Job, url: str, at: datetime) -> Asked:
    known = question.data
    name = str(known["contractor"])
    pay, offered = (display.money(known[key], known["currency"]) for key in ("pay", "offered"))
    limit = known.get("limit")
    until = display.clock(datetime.fromisoformat(known["until"]), job.time_zone)
    asks = []
    if known["pay"] != known["offered"]:
        above = f"; the limit is {display.money(limit, known['currency'])}" if limit else ""
        asks.append(f"for {pay} instead of {offered}{above}")
    if known.get("starts_at"):
        start = datetime.fromisoformat(known["starts_at"])
        asks.append(
            f"on {display.day(start, job.time_zone, at)} at {display.clock(start, job.time_zone)}"
        )
    following = [str(one) for one in known.get("next", [])]
    after = f"Next would be {words.listed(following)}." if following else "Nobody is left to ask."
    offer = known["offer"]
    return (
        f"{name} would come {' and '.join(asks)}.{_quote(known)} The time is held until {until}. "
        f"{after}",
        [
            Fix(
                f"Take it for {pay}",
                "check",
                action=url,
                fields={"answer": "yes", "offer": offer},
                main=True,
            ),
            Fix(
                f"No, ask {following[0]}" if following else "No",
                "x",
                f"{name} is told",
                action=url,
                fields={"answer": "no", "offer": offer},
            ),
            *([call(name, known["contractor_phone"])] if known.get("contractor_phone") else []),
        ],
    )
