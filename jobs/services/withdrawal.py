"""Takes pending offers back. Nobody's fault: no outcome is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob
from jobs.states import EscalationKind, OfferStatus


def withdraw_pending(
    *,
    job: LockedJob,
    reason: str,
    journal: Journal,
    actor: Actor,
    notify: bool = True,
    only: Sequence[int] | None = None,
) -> int:
    """Withdraw what is pending for a locked job (``only`` these offers); returns how many."""
    wanted = list(only) if only is not None else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.public_id, o.contractor_id, c.name, c.email FROM jobs_offer o"
            " JOIN network_contractor c ON c.id = o.contractor_id"
            " WHERE o.pending_job_id = %s AND (%s::bigint[] IS NULL OR o.id = ANY(%s))"
            " ORDER BY o.id FOR UPDATE OF o",
            [job.id, wanted, wanted],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        cursor.execute(
            "UPDATE jobs_offer SET status = 'withdrawn', reason = %s WHERE id = ANY(%s)",
            [str(reason), [row[0] for row in rows]],
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
            data={"contractor": name, "reason": str(reason)},
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
                    "reason": str(reason),
                },
            )
    # A price or time of their own that waited for the branch is gone with its offer.
    journal.settle(job, kind=EscalationKind.COUNTER_OFFER, resolution="The offer was withdrawn")
    return len(rows)


def next_wake_after_closing(job: LockedJob, *, at: datetime) -> datetime:
    """When a locked job is due after one of its offers was closed.

    At once; or, while others of an open call may still answer, when the first of them runs out.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(expires_at) FROM jobs_offer WHERE pending_job_id = %s", [job.id])
        waiting = cursor.fetchone()[0]
    return waiting or at
