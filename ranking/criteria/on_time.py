"""Arrival within the promise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, known_count, register
from ranking.criteria.wording import counted, join, percent
from ranking.smoothing import FEW


@register
class OnTime(Criterion):
    """The share of the last 30 arrivals that kept the promise to the customer.

    On time means within the promised window; for a fixed start, from 30 minutes before to 15
    minutes after. Half the arrivals or fewer count nothing, all of them in full, evenly in
    between: most contractors lie close to the top. Older arrivals weigh less, few are pulled
    towards what is usual in the branch.
    """

    key = "on_time"
    position = 44
    label = "On time"
    hint = "of the last 30 arrivals"
    group = "Reliability"
    default_weight = 7
    facts = ("on_time_rate", "on_time_count", "arrivals_count")
    own_facts_only = True
    outcomes = "arrivals"
    measure = Measure(
        "on_time_rate",
        1,
        lambda value, ctx: percent(value),
        low=0,
        high=1,
        step=0.01,
        edges=(0.7, 0.8, 0.9, 0.95),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.clip(2.0 * columns["on_time_rate"] - 1.0, 0.0, 1.0)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        arrivals = known_count(facts, "arrivals_count", "on_time_count", "on_time_rate")
        if arrivals == 0:
            usual = percent(ctx.means.on_time_rate)
            return f"No arrivals yet, counted as the branch's usual {usual} on time"
        kept = int(facts["on_time_count"])
        many = "none" if kept == 0 else "all" if kept == arrivals else str(kept)
        text = f"On time at {many} of the last {counted(arrivals, 'visit')}"
        if arrivals == 1:
            text = f"{'On time' if kept else 'Late'} at the only visit so far"
        if arrivals < FEW:
            return f"{text}: too few to tell, counted as {percent(facts['on_time_rate'])}"
        return join(text, field.phrase(best="most punctual", worst="least punctual"))
