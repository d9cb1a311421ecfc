"""What a change by the customer costs, by the branch's policy."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from jobs.actors import Actor
from jobs.models.changes import ChangePolicy, ContractorFee
from jobs.services.journal import Journal
from jobs.services.locked import LockedJob
from network.models import Branch


def policy_of(branch_id: int) -> ChangePolicy:
    """The branch's policy, or the defaults for one that has set none. One query."""
    return ChangePolicy.objects.filter(branch_id=branch_id).first() or ChangePolicy(
        branch_id=branch_id
    )


def policy_at_hand(branch: Branch) -> ChangePolicy:
    """As ``policy_of``, for a branch that was read with its policy. No query then."""
    return getattr(branch, "change_policy", None) or ChangePolicy(branch_id=branch.pk)


def is_late(policy: ChangePolicy, *, window_start: datetime, at: datetime) -> bool:
    """Whether a change at ``at`` is late for a visit promised from ``window_start`` on."""
    return at > window_start - timedelta(minutes=policy.late_minutes)


def record_fee(
    *,
    job: LockedJob,
    booking_id: int,
    contractor: str,
    kind: ContractorFee.Kind,
    journal: Journal,
    actor: Actor,
) -> None:
    """Record what the booked contractor is paid for a late change; once a visit and kind.

    Part of the caller's transaction, before the window changes.
    """
    policy = policy_of(job.branch_id)
    amount = (
        policy.late_cancel_fee if kind == ContractorFee.Kind.LATE_CANCEL else policy.late_move_fee
    )
    if amount <= 0 or not is_late(policy, window_start=job.window_start, at=journal.at):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_contractorfee (booking_id, kind, amount, currency, at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [booking_id, str(kind), amount, job.currency, journal.at],
        )
        if not cursor.rowcount:
            return
    journal.event(
        job,
        "fee_recorded",
        actor,
        data={
            "contractor": contractor,
            "kind": str(kind),
            "amount": str(amount),
            "currency": job.currency,
        },
    )
