"""Says when a ranking policy cannot be used: one question per branch and scope, not one per job.

Ranking itself never stops a job: it takes an earlier or wider policy. Somebody must know, though,
or the branch is ranked by something else than it thinks for weeks.
"""

from __future__ import annotations

from django.db import connection

from jobs.services.journal import Journal
from jobs.services.locked import LockedJob
from jobs.states import EscalationKind
from ranking.models import Decision
from ranking.services.policies import active_policy

_SETTLE = """
UPDATE jobs_escalation SET closed_at = %s, resolution = 'A policy of this scope works again'
 WHERE branch_id = %s AND kind = %s AND closed_at IS NULL AND data->>'scope' = %s
"""
# Searches that fall back at the same moment queue here, so that only the first one asks.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_IS_OPEN = """
SELECT 1 FROM jobs_escalation
 WHERE branch_id = %s AND kind = %s AND closed_at IS NULL AND data->>'scope' = %s
"""


def tell_of_fallback(*, job: LockedJob, decision: Decision, journal: Journal) -> None:
    """Ask about a policy that could not be used, or settle the question once one works again.

    The question stands at the job at which it was noticed, and stays when that job is done. One
    statement as long as nothing is wrong.
    """
    kind = str(EscalationKind.RANKING_FELL_BACK)
    if not decision.fallback:
        with connection.cursor() as cursor:
            cursor.execute(
                _SETTLE, [journal.at, job.branch_id, kind, _scope(decision.policy.scope)]
            )
        return
    wanted = active_policy(job.branch_id, job.service_type_id, job.client_id)
    scope = _scope(wanted.scope)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"{kind} {job.branch_id} {scope}"])
        cursor.execute(_IS_OPEN, [job.branch_id, kind, scope])
        if cursor.fetchone():
            return
    journal.escalate(
        job,
        EscalationKind.RANKING_FELL_BACK,
        {
            "scope": scope,
            "for": wanted.scope_name,
            "policy": wanted.pk,
            "revision": wanted.revision,
            "reason": decision.fallback,
        },
    )


def _scope(scope: tuple[int | None, int | None]) -> str:
    """Service type and client, as one word that compares."""
    return "/".join("any" if part is None else str(part) for part in scope)
