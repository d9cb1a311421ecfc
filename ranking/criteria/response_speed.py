"""How soon an offer is answered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, known_count, register
from ranking.criteria.wording import counted, join, minutes, times
from ranking.smoothing import FEW

HALF_MINUTES = 15.0


@register
class ResponseSpeed(Criterion):
    """How soon the contractor usually answers an offer: the median of the last 100.

    A yes and a no count alike, silence does not count here (it lowers acceptance). An answer at
    once counts in full, and every 15 minutes halve it. Few answers are pulled towards what is
    usual in the branch.
    """

    key = "response_speed"
    position = 60
    label = "Response speed"
    hint = "usual time to answer"
    group = "Answers"
    default_weight = 4
    facts = ("response_minutes", "response_median", "answers_count")
    own_facts_only = True
    outcomes = "offers"
    measure = Measure(
        "response_minutes",
        -1,
        lambda value, ctx: minutes(value),
        low=0,
        high=1440,
        step=1,
        edges=(5, 10, 15, 30, 60),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.exp2(-np.maximum(columns["response_minutes"], 0.0) / HALF_MINUTES)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        answers = known_count(facts, "answers_count", "response_median", "response_minutes")
        if answers == 0:
            usual = minutes(ctx.means.response_minutes)
            return f"Has not answered an offer yet, counted as the branch's usual {usual}"
        median = minutes(facts["response_median"])
        if answers < FEW:
            smooth = minutes(facts["response_minutes"])
            return f"Answered {times(answers)}, in {median}: too few to tell, counted as {smooth}"
        text = f"Usually answers in {median} ({counted(answers, 'answer')})"
        return join(text, field.phrase(best="quickest", worst="slowest"))
