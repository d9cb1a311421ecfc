"""Money on offers: a contractor answers with a price or a time of his own.

The offer he answers is withdrawn, nobody's fault, and another one takes its place in the same
transaction: the same time is held at the price he asks, frozen like every offer's pay. Within the
job's limit, and inside the window, it is accepted at once by rule. Otherwise it waits for the
dispatcher, for a bounded time; a no, or no decision, moves on to the next candidate and counts
against nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jobs.actors import Actor
from jobs.errors import AlreadyTaken, InvalidInput, MoveNotAllowed, NotFound, OfferNoLongerOpen
from jobs.models import Booking, Offer, Proposal, Round
from jobs.services.answers import accept_offer
from jobs.services.fees import policy_of
from jobs.services.journal import Journal
from jobs.services.locked import (
    LockedJob,
    database_now,
    lock_job,
    lock_job_of_offer,
    lock_people,
)
from jobs.services.moves import move
from jobs.services.offers import OfferDraft, make_offers
from jobs.services.transactions import service
from jobs.services.withdrawal import withdraw_pending
from jobs.states import AnswerVia, EscalationKind, OfferStatus, WithdrawReason
from network.availability import Slot
from network.models import Contractor
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import OutcomeRow

#: The dispatcher has at least and at most so long to decide; never past the last moment at which
#: somebody must set out (ours).
SHORTEST_DECISION = timedelta(minutes=10)
LONGEST_DECISION = timedelta(hours=2)
HIGHEST_PAY = Decimal("99999999.99")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a proposal: a booking at once, or an offer that waits for the branch."""

    proposal: Proposal
    booking: Booking | None


@service
def propose(
    *,
    offer_id: int,
    pay: Decimal | None = None,
    starts_at: datetime | None = None,
    note: str = "",
    actor: Actor,
) -> Proposed:
    """Answer a pending offer with another price, another start, or both.

    The same proposal again returns what became of it. Raises InvalidInput, OfferNoLongerOpen,
    MoveNotAllowed (an open call, or a second proposal), AlreadyTaken.
    """
    job = lock_job_of_offer(offer_id)
    offer = Offer.objects.select_for_update(of=("self",)).get(pk=offer_id)
    made = Proposal.objects.filter(original_id=offer_id).select_related("offer").first()
    if made is not None:
        return Proposed(made, Booking.objects.filter(offer_id=made.offer_id).first())
    now = database_now()
    _require_open(offer, now)
    wanted, start = _checked(job, offer, pay, starts_at, note, now)
    inside = start is None or job.window_start <= start <= job.window_end
    policy = policy_of(job.branch_id)
    by_rule = (
        inside
        and policy.accepts_within_limit
        and (wanted <= offer.pay or (job.not_to_exceed is not None and wanted <= job.not_to_exceed))
    )
    contractor = Contractor.objects.get(pk=offer.contractor_id)
    counter, journal = _replace(job, offer, wanted, contractor, now, actor)
    proposal = Proposal.objects.create(
        original=offer,
        offer=counter,
        starts_at=start,
        note=note[:500],
        made_at=journal.at,
        by_rule=by_rule,
    )
    known = _known(job, offer, counter, contractor, proposal)
    journal.event(job, "proposed", actor, data={**known, "by_rule": by_rule})
    if not by_rule:
        job.next_wake_at = counter.expires_at
        journal.ask(job, EscalationKind.COUNTER_OFFER, known)
    journal.contractor_changed(contractor.pk)
    journal.flush()
    booking = _take(job, proposal, Actor.system()) if by_rule else None
    return Proposed(proposal, booking)


def _require_open(offer: Offer, now: datetime) -> None:
    if offer.status != OfferStatus.PENDING or now >= offer.expires_at:
        raise OfferNoLongerOpen("The time to answer this offer has run out.")
    if Proposal.objects.filter(offer_id=offer.pk).exists():
        raise MoveNotAllowed("Your price or time is with the branch already.")
    if offer.seat.upper is not None:
        raise MoveNotAllowed("This call is open to several: the first yes as it stands has it.")


def _checked(
    job: LockedJob,
    offer: Offer,
    pay: Decimal | None,
    starts_at: datetime | None,
    note: str,
    now: datetime,
) -> tuple[Decimal, datetime | None]:
    errors: dict[str, str] = {}
    wanted = offer.pay if pay is None else pay
    if not wanted.is_finite() or wanted < 0 or wanted > HIGHEST_PAY:
        errors["pay"] = "Give an amount such as 280 or 280.50."
    elif wanted != wanted.quantize(Decimal("0.01")):
        errors["pay"] = "Give the amount in whole cents."
    if starts_at is not None:
        if starts_at.tzinfo is None:
            errors["starts_at"] = "Give the start with its time zone."
        else:
            starts_at = starts_at.astimezone(UTC).replace(second=0, microsecond=0)
            if starts_at <= now:
                errors["starts_at"] = "This time has passed; give a later one."
            elif starts_at > job.window_end + timedelta(days=14):
                errors["starts_at"] = "This is more than two weeks later; give an earlier time."
    if "\x00" in note:
        errors["note"] = "The note holds a character that cannot be stored; type it anew."
    if not errors and wanted == offer.pay and starts_at in (None, offer.starts_at):
        errors["pay"] = "This is the offer as it stands: accept it, or give another price or time."
    if errors:
        raise InvalidInput(errors)
    return wanted, None if starts_at == offer.starts_at else starts_at


def _replace(
    job: LockedJob,
    offer: Offer,
    wanted: Decimal,
    contractor: Contractor,
    now: datetime,
    actor: Actor,
) -> tuple[Offer, Journal]:
    """Withdraw the offer and hold the same time by another one, at the price asked."""
    journal = Journal(at=now)
    lock_people([job.id], contractors=[contractor.pk], technicians=[offer.technician_id])
    withdraw_pending(
        job=job,
        reason=WithdrawReason.COUNTERED,
        journal=journal,
        actor=actor,
        notify=False,
        only=[offer.pk],
    )
    # Read again: the offer that is withdrawn must have ended when the next one is made.
    journal.at = database_now()
    last = job.window_end - timedelta(minutes=offer.travel_minutes)
    decide_by = max(offer.expires_at, journal.at + SHORTEST_DECISION)
    decide_by = min(decide_by, journal.at + LONGEST_DECISION, last)
    if decide_by <= journal.at:
        raise MoveNotAllowed("It is too late for another price or time; accept or decline.")
    draft = OfferDraft(
        job=job,
        round_id=offer.round_id,
        rank=offer.rank,
        slot=Slot(
            contractor_id=offer.contractor_id,
            technician_id=offer.technician_id,
            starts_at=offer.starts_at,
            ends_at=offer.ends_at,
            travel_minutes=offer.travel_minutes,
            travel_km=offer.travel_km,
            skill_level=0,
        ),
        pay=wanted,
        expires_at=decide_by,
        contractor_name=contractor.name,
        contractor_email=contractor.email,
    )
    ids = make_offers(drafts=[draft], journal=journal, actor=actor, notify=False)
    if draft.public_id not in ids:
        raise AlreadyTaken("This time was taken a moment ago.")
    return Offer.objects.get(pk=ids[draft.public_id]), journal


def _known(
    job: LockedJob, offer: Offer, counter: Offer, contractor: Contractor, proposal: Proposal
) -> dict[str, Any]:
    current = Round.objects.get(pk=offer.round_id)
    waiting = current.contractor_ids[current.next_index : current.next_index + 3]
    names = dict(Contractor.objects.filter(pk__in=waiting).values_list("pk", "name"))
    return {
        "contractor": contractor.name,
        "contractor_phone": contractor.phone,
        "pay": str(counter.pay),
        "offered": str(offer.pay),
        "limit": str(job.not_to_exceed) if job.not_to_exceed is not None else None,
        "currency": counter.currency,
        "starts_at": proposal.starts_at.isoformat() if proposal.starts_at else None,
        "note": proposal.note,
        "offer": str(counter.public_id),
        "until": counter.expires_at.isoformat(),
        "next": [names[pk] for pk in waiting if pk in names],
    }


def _take(job: LockedJob, proposal: Proposal, actor: Actor) -> Booking:
    """Accept the offer that stands in the proposal's place, at its frozen pay."""
    offer = proposal.offer
    booking = accept_offer(
        offer_id=offer.pk, actor=actor, via=AnswerVia.PROPOSAL, starts_at=proposal.starts_at
    )
    minutes = (proposal.made_at - proposal.original.made_at).total_seconds() / 60
    journal = Journal(at=booking.booked_at)
    journal.outcome(
        OutcomeRow(
            branch_id=job.branch_id,
            contractor_id=offer.contractor_id,
            technician_id=offer.technician_id,
            kind=OutcomeKind.ACCEPTED,
            due_to=DueTo.CONTRACTOR,
            value=max(0.0, minutes),
            source_ref=offer.public_id,
            job_ref=job.public_id,
            at=booking.booked_at,
        )
    )
    journal.flush()
    return booking


def _waiting(job: LockedJob) -> Proposal:
    found = (
        Proposal.objects.filter(offer__job_id=job.id, offer__status=OfferStatus.PENDING)
        .select_related("offer", "original")
        .first()
    )
    if found is None:
        raise NotFound("This proposal does not wait any more; somebody or the clock settled it.")
    return found


@service
def accept_proposal(*, job_id: int, offer: str | None = None, actor: Actor) -> Booking:
    """The dispatcher takes the price or time; ``offer`` names what they looked at.

    A start outside the promise moves the promise around it: the dispatcher has asked the customer.
    Raises NotFound, OfferNoLongerOpen, InvalidInput (the time does not fit any more).
    """
    job = lock_job(job_id)
    proposal = _waiting(job)
    _require_same(proposal, offer)
    if proposal.starts_at is not None and not (
        job.window_start <= proposal.starts_at <= job.window_end
    ):
        _promise_around(job, proposal, actor)
    Proposal.objects.filter(pk=proposal.pk).update(decided_by_id=actor.user_id)
    return _take(job, proposal, actor)


def _require_same(proposal: Proposal, offer: str | None) -> None:
    if offer is not None and str(proposal.offer.public_id) != offer:
        raise NotFound("Meanwhile another proposal came in; look at that one first.")


def _promise_around(job: LockedJob, proposal: Proposal, actor: Actor) -> None:
    """Let the promise begin with the start asked for, as long as before."""
    assert proposal.starts_at is not None
    length = job.window_end - job.window_start
    window = (proposal.starts_at, proposal.starts_at + length)
    journal = Journal(at=database_now())
    move(
        job=job,
        window=window,
        by_customer=False,
        note="the contractor's own time, agreed with the customer",
        seen=None,
        journal=journal,
        actor=actor,
        keep_offers=True,
    )
    journal.flush()


@service
def decline_proposal(*, job_id: int, offer: str | None = None, actor: Actor) -> int:
    """The branch does not take it: the next candidate is asked, and it counts against nobody."""
    job = lock_job(job_id)
    proposal = _waiting(job)
    _require_same(proposal, offer)
    Proposal.objects.filter(pk=proposal.pk).update(decided_by_id=actor.user_id)
    journal = Journal(at=database_now())
    count = withdraw_pending(
        job=job,
        reason=WithdrawReason.NOT_AGREED,
        journal=journal,
        actor=actor,
        only=[proposal.offer_id],
    )
    journal.settle(
        job,
        kind=EscalationKind.COUNTER_OFFER,
        resolution="Not taken; the next one is asked",
        user_id=actor.user_id,
    )
    job.next_wake_at = journal.at
    journal.flush()
    return count
