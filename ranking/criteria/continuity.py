"""Who knows the customer or the place already."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, register
from ranking.criteria.wording import counted, times


@register
class Continuity(Criterion):
    """Whether the contractor has served this customer, or worked at this site, before.

    Never counts nothing, once 0.6, twice 0.8, three times 0.9 and so on towards 1: the first visit
    is what makes the difference.
    """

    key = "continuity"
    position = 90
    label = "Continuity"
    hint = "knows the customer or the site"
    group = "Client and place"
    default_weight = 3
    facts = ("earlier_visits", "days_since_visit")
    own_facts_only = True
    measure = Measure(
        "earlier_visits",
        1,
        lambda value, ctx: counted(round(value), "earlier visit"),
        low=0,
        high=20,
        step=1,
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        visits = columns["earlier_visits"]
        known = 1.0 - 0.4 * np.exp2(1.0 - np.maximum(visits, 1.0))
        return np.where(visits <= 0, 0.0, known)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        if np.isnan(facts["earlier_visits"]):
            return "Earlier visits not known, counted as average"
        visits = round(facts["earlier_visits"])
        if visits <= 0:
            return "Has not served this customer or site before"
        text = f"Served this customer or site {times(visits)}"
        days = facts["days_since_visit"]
        if not np.isnan(days):
            when = "today" if days < 1 else f"{counted(int(days), 'day')} ago"
            text += f", {'last ' if visits > 1 else ''}{when}"
        others = int(np.count_nonzero(field.columns["earlier_visits"] > 0)) - 1
        if field.of > 1 and others == 0:
            return f"{text}, the only one of {field.of}"
        return text
