"""An offer whose message did not arrive moves on at once and never counts as silence."""

from __future__ import annotations

from django.db import connection

from jobs.actors import Actor
from jobs.services.journal import Journal
from jobs.services.locked import database_now, lock_job_of_offer
from jobs.services.transactions import service
from jobs.services.withdrawal import next_wake_after_closing, withdraw_pending
from jobs.states import OfferStatus, WithdrawReason
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import OutcomeRow


@service
def pass_on_undeliverable(*, offer_id: int) -> bool:
    """Take back a pending offer that nobody could read; the next candidate is asked at once.

    Recorded as due to the system. Returns False, and changes nothing, when the offer was closed
    or its time ran out in the meantime (an answer may have come by another way). Raises NotFound.
    """
    job = lock_job_of_offer(offer_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT public_id, contractor_id, technician_id, made_at FROM jobs_offer"
            " WHERE id = %s AND status = 'pending' AND expires_at > (SELECT app_now())"
            " FOR UPDATE",
            [offer_id],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    public_id, contractor_id, technician_id, made_at = row
    journal = Journal(at=database_now())
    withdraw_pending(
        job=job,
        reason=WithdrawReason.UNDELIVERABLE,
        journal=journal,
        actor=Actor.system(),
        notify=False,  # there is nobody to reach
        only=[offer_id],
    )
    journal.outcome(
        OutcomeRow(
            branch_id=job.branch_id,
            contractor_id=contractor_id,
            technician_id=technician_id,
            kind=OutcomeKind(OfferStatus.EXPIRED),
            due_to=DueTo.SYSTEM,
            value=(journal.at - made_at).total_seconds() / 60,
            source_ref=public_id,
            job_ref=job.public_id,
            at=journal.at,
        )
    )
    job.next_wake_at = next_wake_after_closing(job, at=journal.at)
    journal.flush()
    return True
