"""Travel time to the site."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, register
from ranking.criteria.wording import join, minutes

HALF_MINUTES = 30.0


@register
class TravelTime(Criterion):
    """How long the technician drives to the site from where they will be just before.

    On the doorstep counts in full, and every 30 minutes of driving halve it: 30 minutes count a
    half, an hour a quarter. Drives between jobs take 25 to 52 minutes on average in American
    cities, so this is where the differences lie.
    """

    key = "travel_time"
    position = 20
    label = "Travel time"
    hint = "from the stop before"
    group = "Travel"
    default_weight = 21
    facts = ("travel_minutes", "travel_km")
    own_facts_only = True
    measure = Measure(
        "travel_minutes",
        -1,
        lambda value, ctx: minutes(value),
        low=0,
        high=600,
        step=1,
        edges=(5, 10, 20, 30, 45, 60, 90),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.exp2(-np.maximum(columns["travel_minutes"], 0.0) / HALF_MINUTES)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        time, km = facts["travel_minutes"], facts["travel_km"]
        if np.isnan(time):
            return "Travel time not known, counted as average"
        away = f"{minutes(time).capitalize()} away"
        if not np.isnan(km):
            away += f" ({ctx.distance(km)})"
        return join(away, field.phrase(best="closest", worst="furthest"))
