"""Keeping what people chose against the ranking, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ranking.models import Decision, Override, OverrideReason


@dataclass(frozen=True, slots=True)
class Why:
    """What a dispatcher says about passing somebody over; ``reason`` is an ``OverrideReason``."""

    reason: str
    note: str = ""


def passed_over_by(chosen_id: int, waiting: Sequence[int]) -> list[int]:
    """Who would have been asked before ``chosen_id``; ``waiting`` are those not asked yet, in
    order. Whoever is not among them passes all of them over.
    """
    ids = list(waiting)
    return ids[: ids.index(chosen_id)] if chosen_id in ids else ids


@transaction.atomic
def record_override(
    *,
    decision: Decision,
    chosen_id: int,
    waiting: Sequence[int],
    how: str,
    why: Why,
    user_id: int | None,
    at: datetime,
) -> Override | None:
    """Keep it in the caller's transaction; None where nobody was passed over.

    The first reason given for a contractor and decision stays. Raises ValueError for a reason that
    is none of ``OverrideReason``.
    """
    if why.reason not in OverrideReason.values:
        raise ValueError(f"{why.reason!r} is no reason for passing somebody over")
    passed = passed_over_by(chosen_id, waiting)
    if not passed:
        return None
    ranked = decision.contractor_ids
    row, _ = Override.objects.get_or_create(
        decision=decision,
        chosen_id=chosen_id,
        defaults={
            "branch_id": decision.branch_id,
            "job_ref": decision.job_ref,
            "chosen_rank": ranked.index(chosen_id) + 1 if chosen_id in ranked else 0,
            "passed_over": passed,
            "how": how,
            "reason": why.reason,
            "note": why.note.strip()[:500],
            "by_id": user_id,
            "at": at,
        },
    )
    return row
