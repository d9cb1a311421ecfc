"""What a month of overrides says about a branch's weights."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from network.models import ServiceType
from ranking.criteria import REGISTRY, default_weights
from ranking.errors import PolicyError
from ranking.mining import FEWEST, Suggestion, needed_weights, suggest, wilson
from ranking.models import Override, OverrideReason, PolicyStatus, RankingPolicy
from ranking.services.policies import active_policy, create_draft

MOST_READ = 2_000
"""So many overrides of a period are read, the newest."""

# How often each of these contractors was a candidate, by kind of work.
_CHANCES = """
SELECT decision.service_type_id, candidate.id, count(*)
  FROM ranking_decision AS decision, unnest(decision.contractor_ids) AS candidate (id)
 WHERE decision.branch_id = %s AND decision.made_at >= %s AND decision.made_at < %s
   AND decision.contractor_ids && %s::bigint[] AND candidate.id = ANY(%s::bigint[])
 GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One contractor, put ahead in one kind of work.

    ``chances``: how many decisions of the period and kind they were a candidate in. ``low`` and
    ``high`` bound the share of them in which they were put ahead (95 %).
    """

    service_type_id: int | None
    service_type: str
    chosen_id: int
    chosen: str
    count: int
    chances: int
    low: float
    high: float
    reasons: list[tuple[str, int]]
    suggestion: Suggestion | None
    policy: RankingPolicy | None

    @property
    def share(self) -> float | None:
        return self.count / self.chances if self.chances else None

    @property
    def is_few(self) -> bool:
        return self.count < FEWEST


@dataclass(frozen=True, slots=True)
class Month:
    """All overrides of a period."""

    overrides: list[Override]
    patterns: list[Pattern]
    reasons: list[tuple[str, int]]


def month_of(*, branch_id: int, start: datetime, end: datetime) -> Month:
    """The overrides of [start, end) and what repeats in them, the commonest first.

    Four queries and one per kind of work.
    """
    overrides = list(
        Override.objects.filter(branch_id=branch_id, at__gte=start, at__lt=end)
        .select_related("decision__policy", "decision__service_type", "chosen", "by")
        .order_by("-at", "-id")[:MOST_READ]
    )
    groups: dict[tuple[int | None, int], list[Override]] = defaultdict(list)
    for override in overrides:
        groups[override.decision.service_type_id, override.chosen_id].append(override)
    chances = _chances(branch_id, start, end, sorted({one.chosen_id for one in overrides}))
    policies: dict[int | None, RankingPolicy | None] = {}
    for service_type_id, _ in groups:
        if service_type_id not in policies:
            policies[service_type_id] = _policy_for(branch_id, service_type_id)
    patterns = [
        _pattern(rows, chances.get(key, 0), policies[key[0]]) for key, rows in groups.items()
    ]
    patterns.sort(key=lambda one: (-one.count, one.service_type, one.chosen))
    return Month(
        overrides=overrides,
        patterns=patterns,
        reasons=_counted([one.reason for one in overrides]),
    )


def _chances(
    branch_id: int, start: datetime, end: datetime, chosen: list[int]
) -> dict[tuple[int | None, int], int]:
    if not chosen:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CHANCES, [branch_id, start, end, chosen, chosen])
        return {(kind, contractor): count for kind, contractor, count in cursor.fetchall()}


def _policy_for(branch_id: int, service_type_id: int | None) -> RankingPolicy | None:
    try:
        return active_policy(branch_id, service_type_id)
    except PolicyError:
        return None


def _pattern(rows: Sequence[Override], chances: int, policy: RankingPolicy | None) -> Pattern:
    newest = rows[0]
    kind = newest.decision.service_type
    ranked = [one for one in rows if one.chosen_rank]
    suggestion = None
    if policy is not None and len(ranked) >= FEWEST:
        needed = [needed_weights(one.decision, one.chosen_id, one.passed_over) for one in ranked]
        suggestion = suggest(needed, [one.reason for one in ranked], policy.weights)
    low, high = wilson(min(len(ranked), chances), chances)
    return Pattern(
        service_type_id=newest.decision.service_type_id,
        service_type=kind.name if kind else "every kind of work",
        chosen_id=newest.chosen_id,
        chosen=newest.chosen.name,
        count=len(rows),
        chances=chances,
        low=low,
        high=high,
        reasons=_counted([one.reason for one in rows]),
        suggestion=suggestion,
        policy=policy,
    )


def _counted(reasons: Sequence[str]) -> list[tuple[str, int]]:
    labels = dict(OverrideReason.choices)
    return [(str(labels.get(code, code)), count) for code, count in Counter(reasons).most_common()]


@transaction.atomic
def draft_of_suggestion(
    *,
    branch_id: int,
    service_type_id: int | None,
    criterion: str,
    weight: int,
    note: str,
    user_id: int | None,
) -> RankingPolicy:
    """A draft for this kind of work: the policy that ranks it now, with one weight raised.

    The same suggestion again leads to the same draft while it is one. Raises PolicyError for an
    unknown criterion or a weight that is none.
    """
    if criterion not in REGISTRY:
        raise PolicyError("unknown-criterion", "There is no such criterion any more.")
    if (
        service_type_id is not None
        and not ServiceType.objects.filter(pk=service_type_id, branch_id=branch_id).exists()
    ):
        raise PolicyError("foreign-scope", "That kind of work belongs to another branch.")
    source = active_policy(branch_id, service_type_id)
    known = default_weights().keys()
    weights = {key: value for key, value in source.weights.items() if key in known}
    weights[criterion] = weight
    for draft in RankingPolicy.objects.for_branch(branch_id).filter(
        status=PolicyStatus.DRAFT, copy_of=source, service_type_id=service_type_id
    ):
        if all(draft.weights.get(key, 0) == weights.get(key, 0) for key in known):
            return draft
    return create_draft(
        branch_id=branch_id,
        weights=weights,
        note=note,
        user_id=user_id,
        copy_of=source.pk,
        rules=source.rules,
        service_type_id=service_type_id,
    )
