"""Takes pending offers back. Nobody's fault: no outcome is recorded."""

from __future__ import annotations

from django.db import connection

from jobs.actors import Actor
from jobs.models.message import Message
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob
from jobs.states import OfferStatus


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
    return len(rows)
