"""Whom a choice by hand passes over, and keeping why."""

from __future__ import annotations

from datetime import datetime

from jobs.actors import Actor
from jobs.models import Round
from jobs.services.locked import LockedJob
from ranking.models import Decision
from ranking.services.overrides import Why, passed_over_by, record_override


def waiting_order(job_id: int) -> tuple[Decision, list[int]] | None:
    """The job's newest ranking and who of it has not had a turn yet, best first; one query.

    None before the first ranking.
    """
    current = (
        Round.objects.filter(job_id=job_id, decision__isnull=False)
        .select_related("decision__policy")
        .order_by("-number")
        .first()
    )
    if current is None or current.decision is None:
        return None
    return current.decision, current.contractor_ids[current.next_index :]


def passed_over(*, job_id: int, contractor_id: int) -> list[int]:
    """Who would have been asked before this contractor; empty when it is their turn anyway."""
    known = waiting_order(job_id)
    return passed_over_by(contractor_id, known[1]) if known else []


def keep_override(
    *,
    job: LockedJob,
    contractor_id: int,
    how: str,
    why: Why | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Record it with the facts of the ranking, if somebody is passed over and a reason was given.

    The console asks for one; a program that assigns may have none.
    """
    known = waiting_order(job.id) if why is not None else None
    if why is None or known is None:
        return
    decision, waiting = known
    record_override(
        decision=decision,
        chosen_id=contractor_id,
        waiting=waiting,
        how=how,
        why=why,
        user_id=actor.user_id,
        at=at,
    )
