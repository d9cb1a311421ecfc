"""Share of offers accepted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, known_count, register
from ranking.criteria.wording import counted, join, percent
from ranking.smoothing import FEW


@register
class Acceptance(Criterion):
    """The share of the last 100 offers that the contractor accepted.

    Silence counts like a no; offers that were withdrawn, or that never reached the contractor, do
    not count at all. Older offers weigh less, few are pulled towards what is usual in the branch.
    """

    key = "acceptance"
    position = 50
    label = "Acceptance"
    hint = "share of offers accepted"
    group = "Answers"
    default_weight = 7
    facts = ("accept_rate", "accepted_count", "offers_count")
    own_facts_only = True
    outcomes = "offers"
    measure = Measure(
        "accept_rate",
        1,
        lambda value, ctx: percent(value),
        low=0,
        high=1,
        step=0.01,
        edges=(0.4, 0.6, 0.8, 0.9),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.clip(columns["accept_rate"], 0.0, 1.0)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        offers = known_count(facts, "offers_count", "accepted_count", "accept_rate")
        if offers == 0:
            usual = percent(ctx.means.accept_rate)
            return f"No offers yet, counted as the branch's usual {usual}"
        accepted = int(facts["accepted_count"])
        many = "none" if accepted == 0 else "all" if accepted == offers else str(accepted)
        text = f"Accepted {many} of {counted(offers, 'offer')}"
        if offers == 1:
            text = (
                "Accepted the only offer so far" if accepted else "Passed up the only offer so far"
            )
        if offers < FEW:
            return f"{text}: too few to tell, counted as {percent(facts['accept_rate'])}"
        if 0 < accepted < offers:
            text += f" ({percent(accepted / offers)})"
        return join(text, field.phrase(best="most willing", worst="least willing"))
