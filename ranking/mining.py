"""Which weight would have agreed with the dispatcher: computed from the logged facts. Pure.

For one override and one criterion: the smallest whole weight, above the present one, under which
the chosen contractor would have been ahead of everybody who was passed over. For many overrides of
one kind: the criterion and weight that would have agreed with most of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ranking.criteria import REGISTRY
from ranking.explain import order_field, used_by, whole_field
from ranking.models import Decision, OverrideReason
from ranking.rules.apply import class_of
from ranking.scoring import in_units

FEWEST = 5
"""Below this many overrides of a kind nothing is suggested: it is chance."""

LEAST_SHARE = 0.5
"""A suggestion agrees with at least this share of them."""

ENOUGH = 0.8
"""Of what a criterion can explain, the most extreme fifth is not chased with a huge weight."""

SPEAKS_FOR: Mapping[str, tuple[str, ...]] = {
    OverrideReason.KNOWS_THE_PLACE: ("continuity",),
    OverrideReason.WANTED: ("preferred_tier", "continuity"),
    OverrideReason.CLOSER: ("travel_time", "route_density"),
    OverrideReason.BETTER_AT_IT: ("first_time_fix", "skill_level", "customer_rating"),
    OverrideReason.PRICE: ("price",),
    OverrideReason.FAIRER: ("fair_share",),
    OverrideReason.MORE_RELIABLE: ("reliability", "on_time"),
    OverrideReason.QUICKER: ("response_speed", "acceptance"),
}
"""The criteria that a stated reason is about."""

_MOST = 100


def needed_weights(
    decision: Decision, chosen_id: int, passed_over: Iterable[int]
) -> dict[str, int]:
    """Criterion → the smallest whole weight that would have put the chosen one ahead.

    Criteria with which no weight up to 100 would are not in it; nothing is, where a rule decided
    or the chosen one was no candidate.
    """
    everyone = whole_field(decision)
    weights, rules = used_by(decision)
    ids = list(map(int, everyone.contractor_ids))
    rivals = [ids.index(one) for one in passed_over if one in ids and one != chosen_id]
    if chosen_id not in ids or not rivals:
        return {}
    row = ids.index(chosen_id)
    classes = class_of(order_field(everyone, weights, rules).applied.keys)
    if any(classes[rival] != classes[row] for rival in rivals):
        return {}
    values = {
        key: in_units(criterion.values(everyone.columns, everyone.context))
        for key, criterion in REGISTRY.items()
    }
    total = sum(round(1000 * weights.get(key, 0)) * column for key, column in values.items())
    totals = np.asarray(total)
    wins_ties = np.array([ids[row] < ids[rival] for rival in rivals])
    found = {}
    for key, column in values.items():
        now = weights.get(key, 0)
        tried = np.arange(math.floor(now) + 1, _MOST + 1)
        more = np.rint(1000 * (tried - now)).astype(np.int64)
        leads = (totals[row] - totals[rivals])[None, :] + more[:, None] * (
            column[row] - column[rivals]
        )[None, :]
        ahead = np.all((leads > 0) | ((leads == 0) & wins_ties), axis=1)
        if ahead.any():
            found[key] = int(tried[int(np.argmax(ahead))])
    return found


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Raise ``criterion`` from ``before`` to ``weight``: that agrees with ``agrees`` of ``of``."""

    criterion: str
    before: float
    weight: int
    agrees: int
    of: int

    @property
    def label(self) -> str:
        return REGISTRY[self.criterion].label


def suggest(
    needed: Sequence[Mapping[str, int]], reasons: Sequence[str], weights: Mapping[str, float]
) -> Suggestion | None:
    """The one weight to raise that would have agreed with most of these overrides, if any does.

    ``needed`` holds ``needed_weights`` of each, ``reasons`` what was said, ``weights`` those in
    force. Of criteria that agree with as many, the one that the reasons speak for wins, then the
    smaller raise.
    """
    count = len(needed)
    if count < FEWEST:
        return None
    best: tuple[tuple[float, float], Suggestion] | None = None
    for key in REGISTRY:
        wanted = sorted(one[key] for one in needed if key in one)
        if not wanted:
            continue
        before = weights.get(key, 0)
        weight = max(wanted[math.ceil(ENOUGH * len(wanted)) - 1], math.floor(before) + 1)
        agrees = sum(one <= weight for one in wanted)
        if agrees < LEAST_SHARE * count:
            continue
        said = sum(key in SPEAKS_FOR.get(reason, ()) for reason in reasons) / count
        merit = (agrees / count + said, before - weight)
        if best is None or merit > best[0]:
            best = (merit, Suggestion(key, before, weight, agrees, count))
    return best[1] if best else None


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's): honest also for few and for none."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z / of
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
