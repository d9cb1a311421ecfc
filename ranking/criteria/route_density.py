"""Other stops close by on the same day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, register
from ranking.criteria.wording import counted, join

NEARBY_KM = 5.0
"""A stop counts as nearby up to this far from the site, in a straight line."""


@register
class RouteDensity(Criterion):
    """How many other stops the technician has within 5 km of the site that day.

    None counts nothing, one a half, two three quarters and so on: work that lies together saves
    driving for everybody.
    """

    key = "route_density"
    position = 100
    label = "Route density"
    hint = "other stops nearby that day"
    group = "Travel"
    default_weight = 1
    facts = ("stops_nearby",)
    own_facts_only = True
    measure = Measure(
        "stops_nearby",
        1,
        lambda value, ctx: counted(round(value), "other stop") + " nearby",
        low=0,
        high=20,
        step=1,
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return 1.0 - np.exp2(-np.maximum(columns["stops_nearby"], 0.0))

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        if np.isnan(facts["stops_nearby"]):
            return "Stops nearby not known, counted as average"
        stops = max(0, round(facts["stops_nearby"]))
        text = f"{counted(stops, 'other stop').capitalize()} within {ctx.distance(NEARBY_KM)}"
        if stops == 0:
            return f"{text} that day"
        return join(f"{text} that day", field.phrase(best="most", worst="fewest"))
