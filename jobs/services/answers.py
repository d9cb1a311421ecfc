"""Contractors' answers: accept and decline, in the portal, by API or by phone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, OfferNoLongerOpen
from jobs.models import Booking, Offer
from jobs.models.message import Message
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, lock_job_of_offer
from jobs.services.transactions import service
from jobs.states import AnswerVia, DeclineReason, JobStatus, OfferStatus
from network.availability import Availability, Refusal
from network.ids import uuid7
from network.services.calendar import lock_technicians
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


_LOCK_OFFER = """
SELECT o.id, o.public_id, o.round_id, o.rank, o.contractor_id, o.technician_id, o.status,
       o.reason, o.made_at, o.expires_at, o.starts_at, o.ends_at, o.pay, o.currency,
       c.name, c.email, t.name,
       EXISTS (SELECT 1 FROM jobs_booking b WHERE b.job_id = o.job_id)
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
    job.require_move(JobStatus.BOOKED)
    custom = _changes_plan(offer, technician_id, starts_at)
    with connection.cursor() as cursor:
        # The trigger checks deadline and contractor, under their locks, and stamps the answer.
        cursor.execute(
            "UPDATE jobs_offer SET status = 'accepted', via = %s WHERE id = %s"
            " RETURNING answered_at",
            [via, offer.id],
        )
        at = cursor.fetchone()[0]
    journal = Journal(at=at)
    booking, technician_name = _book(
        job, offer, at=at, technician_id=technician_id, starts_at=custom
    )
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
    job.next_wake_at = job.window_end
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
    if via != AnswerVia.ASSIGNED:
        journal.outcome(_answer_outcome(job, offer, OutcomeKind.ACCEPTED, at))
    journal.flush()
    return booking


def _changes_plan(
    offer: _LockedOffer, technician_id: int | None, starts_at: datetime | None
) -> datetime | None:
    """The chosen start, or None when the plan stands."""
    if technician_id in (None, offer.technician_id) and starts_at in (None, offer.starts_at):
        return None
    return starts_at or offer.starts_at


def _book(
    job: LockedJob,
    offer: _LockedOffer,
    *,
    at: datetime,
    technician_id: int | None,
    starts_at: datetime | None,
) -> tuple[Booking, str]:
    """Turn the hold into a booking entry and write the booking; also the technician's name."""
    technician_name = offer.technician_name
    booking = Booking(
        public_id=uuid7(),
        branch_id=job.branch_id,
        job_id=job.id,
        offer_id=offer.id,
        contractor_id=offer.contractor_id,
        technician_id=offer.technician_id,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        booked_at=at,
    )
    with connection.cursor() as cursor:
        if starts_at is None:
            cursor.execute(
                "UPDATE network_calendarentry SET kind = 'booking', source_ref = %s"
                " WHERE source_ref = %s",
                [booking.public_id, offer.public_id],
            )
        else:
            chosen = technician_id or offer.technician_id
            lock_technicians({chosen, offer.technician_id})
            cursor.execute(
                "DELETE FROM network_calendarentry WHERE source_ref = %s", [offer.public_id]
            )
            booking.starts_at, booking.ends_at, technician_name = fit_start(
                job,
                contractor_id=offer.contractor_id,
                technician_id=chosen,
                starts_at=starts_at,
                at=at,
            )
            booking.technician_id = chosen
            cursor.execute(
                "INSERT INTO network_calendarentry (branch_id, technician_id, kind, period,"
                " latitude, longitude, source_ref, note, created_at)"
                " VALUES (%s, %s, 'booking', tstzrange(%s, %s), %s, %s, %s, '', app_now())",
                [
                    job.branch_id,
                    chosen,
                    booking.starts_at,
                    booking.ends_at,
                    job.latitude,
                    job.longitude,
                    booking.public_id,
                ],
            )
        cursor.execute(
            "INSERT INTO jobs_booking (public_id, branch_id, job_id, offer_id, contractor_id,"
            " technician_id, starts_at, ends_at, live, booked_at, end_kind, result, reason, note)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, true, %s, '', '', '', '') RETURNING id",
            [
                booking.public_id,
                booking.branch_id,
                booking.job_id,
                booking.offer_id,
                booking.contractor_id,
                booking.technician_id,
                booking.starts_at,
                booking.ends_at,
                booking.booked_at,
            ],
        )
        booking.pk = cursor.fetchone()[0]
    booking._state.adding = False
    booking._state.db = connection.alias
    return booking, technician_name


def fit_start(
    job: LockedJob,
    *,
    contractor_id: int,
    technician_id: int,
    starts_at: datetime,
    at: datetime,
) -> tuple[datetime, datetime, str]:
    """Check a start chosen by a person; returns start, end and the technician's name.

    Call it under the technician's lock. Raises InvalidInput, saying what does not fit.
    """
    if starts_at.tzinfo is None:
        raise InvalidInput({"starts_at": "Give the start with its time zone."})
    starts_at = starts_at.replace(second=0, microsecond=0)
    if not job.window_start <= starts_at <= job.window_end:
        raise InvalidInput(
            {"starts_at": "The start must lie inside the arrival window promised to the customer."}
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM network_technician WHERE id = %s AND contractor_id = %s AND active",
            [technician_id, contractor_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise InvalidInput({"technician": "Choose one of the contractor's own technicians."})
    ends_at = starts_at + timedelta(minutes=job.duration_minutes)
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={contractor_id},
        span=(starts_at, ends_at),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id} if job.client_id is not None else set(),
        at=at,
    )
    slot = availability.best_slot(
        replace(job.work, window_start=starts_at, window_end=starts_at),
        contractor_id,
        not_before=at,
        technician_id=technician_id,
        check_territory=False,
    )
    if isinstance(slot, Refusal):
        raise InvalidInput({"starts_at": f"{row[0]} cannot start then: {slot.sentence}."})
    return starts_at, ends_at, row[0]


def _require_pending(offer: _LockedOffer) -> None:
    match offer.status:
        case OfferStatus.PENDING:
            return
        case OfferStatus.EXPIRED:
            raise OfferNoLongerOpen("The time to answer this offer has run out.")
        case OfferStatus.WITHDRAWN:
            raise OfferNoLongerOpen(
                "This offer was withdrawn: " + (offer.reason or "no longer needed")
            )
        case _:
            raise OfferNoLongerOpen(f"This offer was {offer.status} already.")


def _answer_outcome(
    job: LockedJob, offer: _LockedOffer, kind: OutcomeKind, at: datetime
) -> OutcomeRow:
    return OutcomeRow(
        branch_id=job.branch_id,
        contractor_id=offer.contractor_id,
        technician_id=offer.technician_id,
        kind=kind,
        due_to=DueTo.CONTRACTOR,
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
                " WHERE id = %s RETURNING answered_at",
                [via, reason, note[:2000], offer.id],
            )
            at = cursor.fetchone()[0]
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
        job.next_wake_at = at
        journal.contractor_changed(offer.contractor_id)
        journal.outcome(_answer_outcome(job, offer, OutcomeKind.DECLINED, at))
        journal.flush()
    return Offer.objects.select_related("job", "contractor").get(pk=offer.id)


def withdraw_pending(
    *, job: LockedJob, reason: str, journal: Journal, actor: Actor, notify: bool = True
) -> int:
    """Withdraw whatever is pending for a locked job; nobody's fault. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.public_id, o.contractor_id, c.name, c.email FROM jobs_offer o"
            " JOIN network_contractor c ON c.id = o.contractor_id"
            " WHERE o.pending_job_id = %s ORDER BY o.id FOR UPDATE OF o",
            [job.id],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        cursor.execute(
            "UPDATE jobs_offer SET status = 'withdrawn', reason = %s WHERE id = ANY(%s)",
            [reason[:24], [row[0] for row in rows]],
        )
        cursor.execute(
            "DELETE FROM network_calendarentry WHERE source_ref = ANY(%s)",
            [[row[1] for row in rows]],
        )
    for offer_id, public_id, contractor_id, name, email in rows:
        event = journal.event(
            job,
            "offer_withdrawn",
            actor,
            offer_id=offer_id,
            from_status=OfferStatus.PENDING,
            to_status=OfferStatus.WITHDRAWN,
            data={"contractor": name, "reason": reason},
        )
        journal.contractor_changed(contractor_id)
        if notify:
            journal.message_contractor(
                event,
                contractor_id=contractor_id,
                address=email,
                template=Message.Template.OFFER_WITHDRAWN,
                context={
                    **public_offer_context(job),
                    "name": name,
                    "offer": str(public_id),
                    "reason": reason,
                },
            )
    return len(rows)
