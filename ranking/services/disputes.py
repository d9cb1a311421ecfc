"""Disputes: a contractor objects to an outcome, staff decide; meanwhile it is neutral."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from network.clock import app_now
from ranking.errors import DisputeError
from ranking.models import Dispute, DisputeStatus, DueTo, Outcome

DISPUTE_DAYS = 30
"""An outcome can be disputed for this long (ours): while people still remember."""

LONGEST_TEXT = 1000


@transaction.atomic
def open_dispute(*, outcome_id: int, contractor_id: int, text: str, user_id: int | None) -> Dispute:
    """The contractor says why an outcome is not theirs. Until it is decided it does not count.

    Repeating it returns the dispute as it stands. Raises DisputeError for an outcome of somebody
    else, one that does not count anyway, one that is too old, or without a reason.
    """
    outcome = (
        Outcome.objects.select_for_update()
        .filter(id=outcome_id, contractor_id=contractor_id)
        .first()
    )
    if outcome is None:
        raise DisputeError("no-such-outcome", "There is no such entry on your record.")
    known = Dispute.objects.filter(outcome=outcome).first()
    if known is not None:
        return known
    reason = text.strip()
    if not reason:
        raise DisputeError("no-reason", "Say in a few words what happened.", "text")
    if len(reason) > LONGEST_TEXT:
        raise DisputeError("too-long", f"At most {LONGEST_TEXT} characters, please.", "text")
    if outcome.due_to != DueTo.CONTRACTOR:
        raise DisputeError(
            "does-not-count", "This does not count for you, so there is nothing to dispute."
        )
    now = app_now()
    if not may_dispute(outcome, at=now):
        raise DisputeError(
            "too-late", f"An entry can be disputed for {DISPUTE_DAYS} days; this one is older."
        )
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(
                outcome=outcome,
                branch_id=outcome.branch_id,
                text=reason,
                opened_by_id=user_id,
                opened_at=now,
                due_to_before=outcome.due_to,
            )
    except IntegrityError:  # somebody of the same firm was a moment faster
        return Dispute.objects.get(outcome=outcome)
    _recount(outcome)
    return dispute


@transaction.atomic
def decide_dispute(
    *, dispute_id: int, uphold: bool, note: str, user_id: int | None, due_to: str = DueTo.SYSTEM
) -> Dispute:
    """Staff decide: upheld, and due to somebody else (``due_to``), or it counts as before.

    Repeating the same decision changes nothing. Raises DisputeError when it was decided
    otherwise, without a note, or when an upheld one would stay with the contractor.
    """
    dispute = Dispute.objects.select_for_update().filter(id=dispute_id).first()
    if dispute is None:
        raise DisputeError("no-such-dispute", "There is no such dispute.")
    wanted = DisputeStatus.UPHELD if uphold else DisputeStatus.REJECTED
    if dispute.status == wanted:
        return dispute
    if dispute.status != DisputeStatus.OPEN:
        raise DisputeError(
            "decided-already", f"It was {dispute.get_status_display().lower()} already."
        )
    reason = note.strip()
    if not reason:
        raise DisputeError("no-note", "Say why; the contractor reads it.", "note")
    if len(reason) > LONGEST_TEXT:
        raise DisputeError("too-long", f"At most {LONGEST_TEXT} characters, please.", "note")
    if uphold and (due_to not in DueTo.values or due_to == DueTo.CONTRACTOR):
        raise DisputeError(
            "due-to-whom", "Say to whom it is due instead: not to the contractor.", "due_to"
        )
    after = str(due_to) if uphold else dispute.due_to_before
    dispute.status = wanted
    dispute.decided_by_id = user_id
    dispute.decided_at = app_now()
    dispute.decision_note = reason
    dispute.due_to_after = after
    dispute.save(
        update_fields=["status", "decided_by", "decided_at", "decision_note", "due_to_after"]
    )
    outcome = Outcome.objects.select_for_update().get(id=dispute.outcome_id)
    outcome.due_to = after
    outcome.save(update_fields=["due_to"])
    _recount(outcome)
    return dispute


def may_dispute(outcome: Outcome, *, at: datetime) -> bool:
    """Whether it counts for the contractor and is recent enough to be disputed at ``at``."""
    recent = outcome.at > at - timedelta(days=DISPUTE_DAYS)
    return outcome.due_to == DueTo.CONTRACTOR and recent


def _recount(outcome: Outcome) -> None:
    """The next fold recounts the contractor's card; it reads disputes as they are then."""
    Outcome.objects.filter(id=outcome.id).update(folded=False)
