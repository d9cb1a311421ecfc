"""Price of the visit against the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Group, Measure, register
from ranking.criteria.wording import join


@register
class Price(Criterion):
    """What the visit costs (call-out fee and hours) against the job's not-to-exceed price.

    At the limit or above counts nothing, half the limit or less counts in full, evenly in between.
    A job without a limit compares with the middle price of the candidates instead: that counts
    half, free of charge in full, twice the middle nothing.
    """

    key = "price"
    position = 30
    label = "Price"
    hint = "against the limit"
    group = "Price"
    default_weight = 10
    facts = ("price",)
    measure = Measure(
        "price",
        -1,
        lambda value, ctx: ctx.money(value),
        low=0,
        high=100_000,
        step=1,
        edges=(50, 75, 100, 125, 150, 175, 200, 250, 300, 400, 500, 750, 1000),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        price = columns["price"]
        if ctx.not_to_exceed:
            limit = float(ctx.not_to_exceed)
            return np.clip((limit - price) / (0.5 * limit), 0.0, 1.0)
        middle = _middle(price)
        if not middle > 0:  # nobody's price is known, or all work for nothing
            return np.full(price.shape, np.nan)
        return np.clip(1.0 - price / (2.0 * middle), 0.0, 1.0)

    def values_in_groups(self, columns: Columns, groups: Sequence[Group]) -> NDArray[np.float64]:
        price = columns["price"]
        lengths = [group.rows.stop - group.rows.start for group in groups]
        limits = np.array([float(group.context.not_to_exceed or 0) for group in groups])
        limit = np.repeat(limits, lengths)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.clip((limit - price) / (0.5 * limit), 0.0, 1.0)
        for group in groups:
            if not group.context.not_to_exceed:  # compares with the candidates of its own
                value[group.rows] = self.values({"price": price[group.rows]}, group.context)
        return value

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        price = facts["price"]
        if np.isnan(price):
            return "Price not known, counted as average"
        return join(
            ctx.money(price),
            self._against(price, field, ctx),
            _field_phrase(price, field),
        )

    def _against(self, price: float, field: Field, ctx: DecisionContext) -> str:
        if ctx.not_to_exceed:
            room = round(float(ctx.not_to_exceed) - price, 2)
            if room == 0:
                return "right at the limit"
            side = "below" if room > 0 else "over"
            return f"{ctx.money(abs(room))} {side} the limit"
        difference = round(price - _middle(field.columns["price"]), 2)
        if field.of < 2 or difference == 0:
            return "no limit set" if field.of < 2 else "the middle price, no limit set"
        side = "above" if difference > 0 else "below"
        return f"{ctx.money(abs(difference))} {side} the middle price"


def _middle(price: NDArray[np.float64]) -> float:
    """The median of the known prices; NaN when none is known."""
    known = price[~np.isnan(price)]
    return float(np.median(known)) if known.size else float("nan")


def _field_phrase(price: float, field: Field) -> str:
    """Prices are compared themselves: below half the limit all values are equal."""
    prices = field.columns["price"]
    below = int(np.count_nonzero(prices < price))
    same = int(np.count_nonzero(prices == price))
    own = Field(place=below + 1, tied=same, of=field.of, columns=field.columns)
    return own.phrase(best="cheapest", worst="dearest")
