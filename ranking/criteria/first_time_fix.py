"""Share of visits that solved the problem at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, known_count, register
from ranking.criteria.wording import counted, join, percent
from ranking.smoothing import FEW


@register
class FirstTimeFix(Criterion):
    """The share of the last 30 visits that were fixed at the first visit.

    A second visit for missing parts, or because nobody opened, does not count. Older visits weigh
    less, few are pulled towards what is usual in the branch.
    """

    key = "first_time_fix"
    position = 42
    label = "First-time fix"
    hint = "of the last 30 visits"
    group = "Quality"
    default_weight = 8
    facts = ("fix_rate", "fixed_count", "visits_count")
    own_facts_only = True
    outcomes = "visits"
    measure = Measure(
        "fix_rate",
        1,
        lambda value, ctx: percent(value),
        low=0,
        high=1,
        step=0.01,
        edges=(0.6, 0.7, 0.8, 0.9),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.clip(columns["fix_rate"], 0.0, 1.0)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        visits = known_count(facts, "visits_count", "fixed_count", "fix_rate")
        if visits == 0:
            return f"No visits yet, counted as the branch's usual {percent(ctx.means.fix_rate)}"
        fixed = int(facts["fixed_count"])
        many = "none" if fixed == 0 else "all" if fixed == visits else str(fixed)
        text = f"Fixed {many} of the last {counted(visits, 'job')} at the first visit"
        if visits == 1:
            text = f"{'Fixed' if fixed else 'Did not fix'} the only job so far at the first visit"
        if visits < FEW:
            return f"{text}: too few to tell, counted as {percent(facts['fix_rate'])}"
        return join(text, field.phrase(best="best", worst="lowest"))
