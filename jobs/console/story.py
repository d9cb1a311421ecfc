"""The cascade so far, round by round, in sentences. Built from the events, without queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobs.console import words
from jobs.models import Job, JobEvent, Offer, Round
from jobs.states import AnswerVia, OfferStatus
from network import display

_TONES = {
    OfferStatus.PENDING: ("wait", "phone-outgoing"),
    OfferStatus.ACCEPTED: ("good", "check"),
    OfferStatus.DECLINED: ("bad", "x"),
    OfferStatus.EXPIRED: ("quiet", "bell-off"),
    OfferStatus.WITHDRAWN: ("guard", "arrow-back-up"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as ``components/_step.html`` takes it."""

    key: str
    tone: str
    icon: str
    title: str
    text: str = ""
    time: str = ""
    note: str = ""
    expires_at: datetime | None = None
    total_seconds: float = 0


@dataclass(slots=True)
class Told:
    """One round: its heading, its trail, its steps."""

    number: int
    title: str
    summary: str
    offers: list[Offer]
    remaining: int
    steps: list[Step] = field(default_factory=list)


def tell(
    job: Job,
    *,
    rounds: Iterable[Round],
    offers: Iterable[Offer],
    events: Iterable[JobEvent],
    first_reasons: Mapping[tuple[int, int], str],
    at: datetime,
) -> list[Told]:
    """Every round, newest first.

    ``first_reasons`` maps (round id, contractor id) to what spoke for that candidate.
    """
    by_id = {offer.pk: offer for offer in offers}
    numbered = {r.number: r for r in rounds}
    told: dict[int, Told] = {}
    current = 0
    for event in events:
        if event.kind == "round_started":
            current = int(event.data.get("round", current + 1))
        one = numbered.get(current)
        if one is None:
            continue
        if current not in told:
            mine = [offer for offer in by_id.values() if offer.round_id == one.pk]
            told[current] = _head(job, one, mine, at)
        step = _step(job, event, by_id, first_reasons)
        if step is not None:
            told[current].steps.append(step)
    return [told[number] for number in sorted(told, reverse=True)]


def _head(job: Job, one: Round, offers: list[Offer], at: datetime) -> Told:
    total = len(one.contractor_ids)
    yes = next((o for o in offers if o.status == OfferStatus.ACCEPTED), None)
    pending = [o.contractor.name for o in offers if o.status == OfferStatus.PENDING]
    if yes is not None:
        title = f"How it found {yes.contractor.name}"
    elif pending:
        title = f"Asking {words.listed(pending)}"
    elif one.decision_id is None:
        title = "Being ranked"
    elif total == 0:
        title = "Nobody to ask"
    elif one.finished_at is not None:
        title = "Nobody accepted"
    else:
        title = "Who is asked"
    parts = [f"Round {one.number}"]
    if one.number > 1:
        parts.append(words.cause(one.cause))
    if total:
        parts.append(f"{len(offers)} of {total} asked")
    if yes is not None and yes.answered_at is not None:
        parts.append(display.duration((yes.answered_at - one.started_at).total_seconds() / 60))
    remaining = one.remaining if one.finished_at is None and yes is None else 0
    return Told(one.number, title, " · ".join(parts), offers, remaining)


def _step(
    job: Job,
    event: JobEvent,
    offers: Mapping[int, Offer],
    first_reasons: Mapping[tuple[int, int], str],
) -> Step | None:
    offer = offers.get(event.offer_id or 0)
    if event.kind == "offer_made" and offer is not None:
        return _offer_step(job, offer, first_reasons.get((offer.round_id, offer.contractor_id), ""))
    clock = display.clock(event.at, job.time_zone, seconds=True)
    name = str(event.data.get("contractor", ""))
    key = f"event-{event.sequence}"
    if event.kind == "candidate_passed_over":
        why = str(event.data.get("sentence", ""))
        return Step(key, "quiet", "arrow-right", f"{name} was passed over", _sentence(why), clock)
    if event.kind == "waits_for_contact_hours":
        until = datetime.fromisoformat(str(event.data["until"]))
        from_then = _day_clock(until, job, event.at)
        text = f"May be asked again from {from_then}; until then nobody is woken."
        return Step(
            key, "quiet", "moon", f"Waiting for {words.possessive(name)} contact hours", text, clock
        )
    if event.kind == "put_next":
        return Step(
            key,
            "guard",
            "arrow-right",
            f"{name} is asked next",
            f"Chosen by {event.actor_label}.",
            clock,
        )
    if event.kind == "released":
        code = str(event.data.get("reason", ""))
        taken = words.was_taken(code)
        title = f"The visit was taken from {name}" if taken else f"{name} gave the visit back"
        return Step(
            key,
            "guard",
            "arrow-back-up",
            f"{title}: {words.reason(code)}",
            _quoted(event.data),
            clock,
        )
    if event.kind == "rescue_undone":
        text = "Whoever was being asked for it was told, without a penalty."
        return Step(key, "guard", "arrow-back-up", f"{name} reported in: theirs again", text, clock)
    if event.kind == "standby_stepped_in":
        text = "The time was held for them, so that nobody had to be searched for."
        return Step(key, "good", "shield-half", f"{name} stood by and steps in", text, clock)
    if event.kind == "escalated":
        question = words.question(str(event.data.get("escalation", "")))
        return Step(
            key, "bad", "bell", f"Asked you: {question[:1].lower()}{question[1:]}", "", clock
        )
    return None


def _offer_step(job: Job, offer: Offer, why: str) -> Step:
    tone, icon = _TONES[OfferStatus(offer.status)]
    name = offer.contractor.name
    key = f"offer-{offer.pk}"
    made = display.clock(offer.made_at, job.time_zone, seconds=True)
    pay = display.money(offer.pay, offer.currency)
    start = display.clock(offer.starts_at, job.time_zone)
    end = display.clock(offer.ends_at, job.time_zone)
    drive = display.duration(offer.travel_minutes)
    plan = f"Planned {start}–{end}, {drive} drive, {pay}."
    window = (offer.expires_at - offer.made_at).total_seconds()
    rank = f"Rank {offer.rank}" if offer.rank else "Not ranked"
    shared = offer.seat.upper is not None
    lead = f"{rank}: {why[:1].lower()}{why[1:]}. " if why else f"{rank}. "
    match offer.status:
        case OfferStatus.PENDING:
            return Step(
                key,
                tone,
                icon,
                f"{name} is being asked, first to accept" if shared else f"{name} is being asked",
                f"{lead}{plan} Asked at {made}.",
                expires_at=offer.expires_at,
                total_seconds=window,
            )
        case OfferStatus.ACCEPTED if offer.via == AnswerVia.STANDBY:
            return Step(key, tone, "shield-half", f"{name} has it, as the standby", plan, made)
        case OfferStatus.ACCEPTED if offer.via == AnswerVia.ASSIGNED:
            return Step(key, tone, "user-check", f"{name} was assigned by hand", plan, made)
        case OfferStatus.ACCEPTED:
            return Step(
                key,
                tone,
                icon,
                f"{name} accepted",
                f"{_via(offer)}{lead}{plan}",
                made,
                _answered(offer),
            )
        case OfferStatus.DECLINED:
            quote = f"“{offer.note.strip()}” " if offer.note.strip() else ""
            return Step(
                key,
                tone,
                icon,
                f"{name} declined: {words.reason(offer.reason)}",
                f"{quote}{_via(offer)}".strip() or lead.strip(),
                made,
                _answered(offer),
            )
        case OfferStatus.EXPIRED:
            until = display.clock(offer.expires_at, job.time_zone, seconds=True)
            text = f"{lead}The {display.duration(window / 60)} to answer ran out."
            return Step(key, tone, icon, f"{name} gave no answer", text, made, f"to {until}")
    text = (
        f"{words.reason(offer.reason)[:1].upper()}{words.reason(offer.reason)[1:]}; nobody’s fault."
    )
    return Step(key, tone, icon, f"{words.possessive(name)} offer was withdrawn", text, made)


def _answered(offer: Offer) -> str:
    return (
        f"answered in {words.took(offer.made_at, offer.answered_at)}" if offer.answered_at else ""
    )


def _via(offer: Offer) -> str:
    """By phone is worth a word: somebody else typed it."""
    return "Recorded by phone. " if offer.via == AnswerVia.PHONE else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text and not text.endswith(".") else text


def _quoted(data: Mapping[str, Any]) -> str:
    note = str(data.get("note", "")).strip()
    return f"“{note}”" if note else ""


def _day_clock(moment: datetime, job: Job, now: datetime) -> str:
    day = display.day(moment, job.time_zone, now)
    clock = display.clock(moment, job.time_zone)
    return clock if day == "Today" else f"{day} {clock}"
