"""The only module that creates offers: a hold in the calendar and a row, together.

A candidate whose time was taken a moment ago simply does not get a row; the caller sees
that and goes on to the next one. Nobody is ever offered time promised to another offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob
from jobs.states import OfferStatus
from network.availability import Slot
from network.ids import uuid7
from network.services.calendar import Hold, insert_holds


@dataclass(slots=True)
class OfferDraft:
    """One offer about to be made. ``round_id`` and ``rank`` tie it to the frozen order.

    ``seat`` is its place in an open call, where the first to accept has it; None asks one alone.
    """

    job: LockedJob
    round_id: int
    rank: int
    slot: Slot
    pay: Decimal
    expires_at: datetime
    contractor_name: str
    contractor_email: str
    seat: int | None = None
    public_id: UUID = field(default_factory=uuid7)


def make_offers(
    *, drafts: Sequence[OfferDraft], journal: Journal, actor: Actor, notify: bool = True
) -> dict[UUID, int]:
    """Hold the time and make the offers; returns public id → id of those that were made.

    The caller holds the jobs' locks and the technicians' locks. A draft missing from the
    result lost its time to somebody else. Four statements, however many drafts.
    """
    if not drafts:
        return {}
    held = insert_holds(
        [
            Hold(
                branch_id=draft.job.branch_id,
                technician_id=draft.slot.technician_id,
                starts_at=draft.slot.starts_at,
                ends_at=draft.slot.ends_at,
                latitude=draft.job.latitude,
                longitude=draft.job.longitude,
                source_ref=draft.public_id,
            )
            for draft in drafts
        ]
    )
    won = [draft for draft in drafts if draft.public_id in held]
    if not won:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_offer (public_id, branch_id, job_id, round_id, rank, contractor_id,"
            " technician_id, status, seat, made_at, expires_at, via, reason, note, pay, currency,"
            " starts_at, ends_at, travel_minutes, travel_km)"
            " SELECT p, b, j, r, k, c, t, 'pending', int8range(lo, hi), %s, x, '', '', '', y, cu,"
            " s, e, tm, tk FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[],"
            " %s::smallint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::numeric[],"
            " %s::text[], %s::timestamptz[], %s::timestamptz[], %s::float8[], %s::float8[],"
            " %s::bigint[], %s::bigint[])"
            " AS u(p, b, j, r, k, c, t, x, y, cu, s, e, tm, tk, lo, hi) RETURNING public_id, id",
            [
                journal.at,
                [d.public_id for d in won],
                [d.job.branch_id for d in won],
                [d.job.id for d in won],
                [d.round_id for d in won],
                [d.rank for d in won],
                [d.slot.contractor_id for d in won],
                [d.slot.technician_id for d in won],
                [d.expires_at for d in won],
                [d.pay for d in won],
                [d.job.currency for d in won],
                [d.slot.starts_at for d in won],
                [d.slot.ends_at for d in won],
                [d.slot.travel_minutes for d in won],
                [d.slot.travel_km for d in won],
                [d.seat or 0 for d in won],
                [None if d.seat is None else d.seat + 1 for d in won],
            ],
        )
        ids = dict(cursor.fetchall())
    for draft in won:
        event = journal.event(
            draft.job,
            "offer_made",
            actor,
            offer_id=ids[draft.public_id],
            to_status=OfferStatus.PENDING,
            data={
                "contractor": draft.contractor_name,
                "rank": draft.rank,
                "round": draft.job.round_number,
                "pay": str(draft.pay),
                "currency": draft.job.currency,
                "expires_at": draft.expires_at.isoformat(),
                "travel_minutes": round(draft.slot.travel_minutes),
                **({"first_to_accept": True} if draft.seat is not None else {}),
            },
        )
        if notify:
            journal.message_contractor(
                event,
                contractor_id=draft.slot.contractor_id,
                address=draft.contractor_email,
                template=Message.Template.OFFER_MADE,
                context={
                    **public_offer_context(draft.job),
                    "offer": str(draft.public_id),
                    "name": draft.contractor_name,
                    "pay": str(draft.pay),
                    "currency": draft.job.currency,
                    "expires_at": draft.expires_at.isoformat(),
                    "travel_minutes": round(draft.slot.travel_minutes),
                    "first_to_accept": draft.seat is not None,
                },
            )
    return ids
