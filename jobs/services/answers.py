"""Contractors' answers: accept and decline, in the portal, by API or by phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed, OfferNoLongerOpen
from jobs.models import Booking, Offer
from jobs.models.message import Message
from jobs.services.booking import book
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job_of_offer
from jobs.services.transactions import service
from jobs.services.watched import next_look
from jobs.services.withdrawal import next_wake_after_closing, withdraw_pending
from jobs.states import (
    AnswerVia,
    DeclineReason,
    EscalationKind,
    JobStatus,
    OfferStatus,
    WithdrawReason,
)
from jobs.watch import Watched
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import OutcomeRow


@dataclass(slots=True)
class _LockedOffer:
    id: int
    public_id: UUID
    round_id: int
    rank: int
    contractor_id: int
    technician_id: int
    status: str
    reason: str
    made_at: datetime
    expires_at: datetime
    starts_at: datetime
    ends_at: datetime
    pay: Decimal
    currency: str
    contractor_name: str
    contractor_email: str
    technician_name: str
    rebooking: bool
    waits_for_branch: bool


_LOCK_OFFER = """
SELECT o.id, o.public_id, o.round_id, o.rank, o.contractor_id, o.technician_id, o.status,
       o.reason, o.made_at, o.expires_at, o.starts_at, o.ends_at, o.pay, o.currency,
       c.name, c.email, t.name,
       EXISTS (SELECT 1 FROM jobs_booking b WHERE b.job_id = o.job_id),
       EXISTS (SELECT 1 FROM jobs_proposal p WHERE p.offer_id = o.id)
  FROM jobs_offer o
  JOIN network_contractor c ON c.id = o.contractor_id
  JOIN network_technician t ON t.id = o.technician_id
 WHERE o.id = %s FOR UPDATE OF o
"""


def _lock_offer(offer_id: int) -> _LockedOffer:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_OFFER, [offer_id])
        return _LockedOffer(*cursor.fetchone())


@service
def accept_offer(
    *,
    offer_id: int,
    actor: Actor,
    via: str,
    technician_id: int | None = None,
    starts_at: datetime | None = None,
) -> Booking:
    """Accept a pending offer: books the job and returns the booking.

    ``technician_id`` (another technician of the same contractor) and ``starts_at`` (an aware
    start inside the promised window) may differ from the plan when they fit. Accepting one's
    own accepted offer again returns its booking, since retries are normal.

    Raises OfferNoLongerOpen (answered, expired or withdrawn), MoveNotAllowed (the contractor
    may not take work now), InvalidInput (the chosen start or technician does not fit).
    """
    job = lock_job_of_offer(offer_id)
    offer = _lock_offer(offer_id)
    if offer.status == OfferStatus.ACCEPTED:
        return Booking.objects.select_related("job", "contractor", "technician").get(
            offer_id=offer.id
        )
    _require_pending(offer)
    if offer.waits_for_branch and via != AnswerVia.PROPOSAL:
        raise MoveNotAllowed("Your price or time is with the branch; they decide about it now.")
    job.require_move(JobStatus.BOOKED)
    journal = Journal(at=database_now())
    booking = _take(
        job,
        offer,
        actor=actor,
        via=via,
        technician_id=technician_id,
        custom=_changes_plan(offer, technician_id, starts_at),
        journal=journal,
    )
    journal.flush()
    return booking


def take_offer(
    *, job: LockedJob, offer_id: int, actor: Actor, via: str, journal: Journal
) -> Booking:
    """Book a pending offer that was agreed to beforehand; part of the caller's transaction."""
    return _take(
        job,
        _lock_offer(offer_id),
        actor=actor,
        via=via,
        technician_id=None,
        custom=None,
        journal=journal,
    )


def _take(
    job: LockedJob,
    offer: _LockedOffer,
    *,
    actor: Actor,
    via: str,
    technician_id: int | None,
    custom: datetime | None,
    journal: Journal,
) -> Booking:
    with connection.cursor() as cursor:
        # The trigger checks deadline and contractor, under their locks, and stamps the answer.
        cursor.execute(
            "UPDATE jobs_offer SET status = 'accepted', via = %s WHERE id = %s"
            " RETURNING answered_at",
            [via, offer.id],
        )
        at = cursor.fetchone()[0]
    journal.at = max(journal.at, at)
    booking, technician_name = book(
        job, offer, at=journal.at, technician_id=technician_id, starts_at=custom
    )
    # Of an open call: who comes second is told so, and it does not count.
    withdraw_pending(job=job, reason=WithdrawReason.TAKEN, journal=journal, actor=Actor.system())
    journal.event(
        job,
        "offer_accepted",
        actor,
        offer_id=offer.id,
        from_status=OfferStatus.PENDING,
        to_status=OfferStatus.ACCEPTED,
        data={"contractor": offer.contractor_name, "rank": offer.rank, "via": str(via)},
    )
    event = journal.move(
        job,
        JobStatus.BOOKED,
        actor,
        kind="booked",
        data={
            "contractor": offer.contractor_name,
            "technician": technician_name,
            "starts_at": booking.starts_at.isoformat(),
            "ends_at": booking.ends_at.isoformat(),
        },
    )
    job.next_wake_at = _first_look(job, booking)
    job.attempts = 0
    journal.settle(job, resolution=f"{offer.contractor_name} accepted")
    visit = {
        **public_offer_context(job),
        "name": offer.contractor_name,
        "technician": technician_name,
        "starts_at": booking.starts_at.isoformat(),
        "booking": str(booking.public_id),
    }
    journal.message_contractor(
        event,
        contractor_id=offer.contractor_id,
        address=offer.contractor_email,
        template=Message.Template.VISIT_BOOKED,
        context={**visit, "pay": str(offer.pay), "currency": offer.currency},
    )
    if not offer.rebooking:
        # A rebooking for the same promise tells the customer nothing: the appointment stands.
        journal.message_customer(
            event,
            template=Message.Template.APPOINTMENT_BOOKED,
            context={**visit, "name": job.customer_name, "contractor": offer.contractor_name},
        )
    if via not in (AnswerVia.ASSIGNED, AnswerVia.STANDBY, AnswerVia.PROPOSAL):
        journal.outcome(_answer_outcome(job, offer, OutcomeKind.ACCEPTED, at))
    return booking


def _first_look(job: LockedJob, booking: Booking) -> datetime:
    """When the new visit is looked at first; where a standby is wanted, at once."""
    if job.wants_standby and job.protects:
        booking.standby_due = booking.booked_at
        Booking.objects.filter(pk=booking.pk).update(standby_due=booking.standby_due)
    visit = Watched(
        window_end=job.window_end,
        starts_at=booking.starts_at,
        booked_at=booking.booked_at,
        eta=None,
        en_route_at=None,
        asked_at=None,
        asked_again_at=None,
        nudged_at=None,
        lead=timedelta(minutes=job.rescue_lead_minutes),
    )
    return next_look(job, visit, standby_due=booking.standby_due, at=booking.booked_at)


def _changes_plan(
    offer: _LockedOffer, technician_id: int | None, starts_at: datetime | None
) -> datetime | None:
    """The chosen start, or None when the plan stands."""
    if technician_id in (None, offer.technician_id) and starts_at in (None, offer.starts_at):
        return None
    return starts_at or offer.starts_at


def _require_pending(offer: _LockedOffer) -> None:
    match offer.status:
        case OfferStatus.PENDING:
            return
        case OfferStatus.EXPIRED:
            raise OfferNoLongerOpen("The time to answer this offer has run out.")
        case OfferStatus.WITHDRAWN if offer.reason == WithdrawReason.TAKEN:
            raise OfferNoLongerOpen(
                "Already taken: another contractor was first to accept. It does not count "
                "against you."
            )
        case OfferStatus.WITHDRAWN:
            why = dict(WithdrawReason.choices).get(offer.reason, "it is no longer needed")
            raise OfferNoLongerOpen(f"This offer was withdrawn: {why}.")
        case _:
            raise OfferNoLongerOpen(f"This offer was {offer.status} already.")


def _answer_outcome(
    job: LockedJob,
    offer: _LockedOffer,
    kind: OutcomeKind,
    at: datetime,
    *,
    due_to: DueTo = DueTo.CONTRACTOR,
) -> OutcomeRow:
    return OutcomeRow(
        branch_id=job.branch_id,
        contractor_id=offer.contractor_id,
        technician_id=offer.technician_id,
        kind=kind,
        due_to=due_to,
        value=(at - offer.made_at).total_seconds() / 60,
        source_ref=offer.public_id,
        job_ref=job.public_id,
        at=at,
    )


@service
def decline_offer(*, offer_id: int, reason: str, note: str = "", actor: Actor, via: str) -> Offer:
    """Decline a pending offer with a structured reason; the next candidate is asked at once.

    Declining one's own declined offer again returns it. Raises InvalidInput (unknown reason)
    and OfferNoLongerOpen.
    """
    if reason not in DeclineReason.values:
        raise InvalidInput({"reason": "Choose one of: " + ", ".join(DeclineReason.values) + "."})
    job = lock_job_of_offer(offer_id)
    offer = _lock_offer(offer_id)
    if offer.status != OfferStatus.DECLINED:
        _require_pending(offer)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE jobs_offer SET status = 'declined', via = %s, reason = %s, note = %s"
                " WHERE id = %s RETURNING answered_at, out_of_hours",
                [via, reason, note[:2000], offer.id],
            )
            at, out_of_hours = cursor.fetchone()
            cursor.execute(
                "DELETE FROM network_calendarentry WHERE source_ref = %s", [offer.public_id]
            )
        journal = Journal(at=at)
        journal.event(
            job,
            "offer_declined",
            actor,
            offer_id=offer.id,
            from_status=OfferStatus.PENDING,
            to_status=OfferStatus.DECLINED,
            data={
                "contractor": offer.contractor_name,
                "rank": offer.rank,
                "reason": reason,
                "note": note[:2000],
                "via": str(via),
            },
        )
        job.next_wake_at = next_wake_after_closing(job, at=at)
        if offer.waits_for_branch:
            journal.settle(
                job,
                kind=EscalationKind.COUNTER_OFFER,
                resolution=f"{offer.contractor_name} took it back",
            )
        journal.contractor_changed(offer.contractor_id)
        # Whoever is woken at night may say no: it does not count.
        due_to = DueTo.SYSTEM if out_of_hours or offer.waits_for_branch else DueTo.CONTRACTOR
        journal.outcome(_answer_outcome(job, offer, OutcomeKind.DECLINED, at, due_to=due_to))
        journal.flush()
    return Offer.objects.select_related("job", "contractor").get(pk=offer.id)
