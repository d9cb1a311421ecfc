"""Preferred, standard and backup contractors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, register

_VALUES = {1: 0.8, 2: 0.5, 3: 0.2}
_NAMES = {1: "Preferred", 2: "Standard", 3: "Backup"}


@register
class PreferredTier(Criterion):
    """The branch's own grading of its contractors, and the client's wishes.

    A contractor this client prefers counts in full; otherwise tier 1 (preferred) counts 0.8,
    tier 2 (standard) 0.5, tier 3 (backup) 0.2.
    """

    key = "preferred_tier"
    position = 80
    label = "Preferred tier"
    hint = "set by the branch or the client"
    group = "Client and place"
    default_weight = 4
    facts = ("tier", "client_preferred")
    own_facts_only = True
    measure = Measure("tier", -1, lambda value, ctx: f"tier {value:.0f}", low=1, high=3, step=1)

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        tier = columns["tier"]
        value = np.full(tier.shape, np.nan)
        for number, worth in _VALUES.items():
            value[tier == number] = worth
        value[columns["client_preferred"] > 0] = 1.0
        return value

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        if facts["client_preferred"] > 0:
            wanted = int(np.count_nonzero(field.columns["client_preferred"] > 0))
            alone = f", the only one of {field.of}" if wanted == 1 and field.of > 1 else ""
            return f"Preferred by this client{alone}"
        name = _NAMES.get(int(np.nan_to_num(facts["tier"])))
        if name is None:
            return "Tier not set, counted as average"
        text = f"{name} tier"
        if field.of < 2:
            return text
        same = int(np.count_nonzero(field.columns["tier"] == facts["tier"]))
        if same == field.of:
            return f"{text}, like all {field.of}"
        if same == 1:
            return f"{text}, the only one of {field.of}"
        return f"{text}, like {same - 1} of the other {field.of - 1}"
