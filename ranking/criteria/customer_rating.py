"""What customers said afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, known_count, register
from ranking.criteria.wording import counted, join
from ranking.smoothing import FEW


@register
class CustomerRating(Criterion):
    """The customers' average of the last 100 ratings, 1 to 5 stars.

    Older ratings weigh less. Few ratings are pulled towards what is usual in the branch, so that
    one bad day of a newcomer does not decide. Five stars count in full, four a little over half,
    three a quarter: most ratings are high, so small differences near the top matter more.
    """

    key = "customer_rating"
    position = 40
    label = "Customer rating"
    hint = "1 to 5 stars, last 100 ratings"
    group = "Quality"
    default_weight = 12
    facts = ("rating_mean", "rating_average", "rating_count")
    own_facts_only = True
    outcomes = "ratings"
    measure = Measure(
        "rating_mean",
        1,
        lambda value, ctx: f"{value:.1f} stars",
        low=1,
        high=5,
        step=0.1,
        edges=(3, 3.5, 4, 4.5),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.square(np.clip((columns["rating_mean"] - 1.0) / 4.0, 0.0, 1.0))

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        count = known_count(facts, "rating_count", "rating_average", "rating_mean")
        if count == 0:
            return f"No ratings yet, counted as the branch's usual {ctx.means.rating_mean:.1f}"
        stars = f"Rated {facts['rating_average']:.1f} by {counted(count, 'customer')}"
        if count < FEW:
            return f"{stars}: too few to tell, counted as {facts['rating_mean']:.1f}"
        return join(stars, field.phrase(best="best", worst="lowest"))
