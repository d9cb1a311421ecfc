"""Scoring: facts and weights in, an order out. Pure, vectorised, the same on every machine.

Floating point would let two machines (or two input orders) round a near-tie differently. So
values are taken in whole millionths and weights in whole thousandths, and the sums that decide
the order are exact integers. Equal sums are ordered by ``tie_break``; hence the order is total,
and raising a criterion's weight can never push down the candidate that is best on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria import REGISTRY
from ranking.weights import clean_weights

NEUTRAL = 0.5
"""The value of a criterion about which nothing is known."""

_VALUE_UNITS = 1_000_000
_WEIGHT_UNITS = 1_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """The result of ``rank``. All but ``order`` keep the order of the input.

    ``order``: input positions, best first. ``criteria``: the keys with a weight, which are the
    columns of ``values`` (0…1) and ``points`` (what each adds to the score). ``scores``: 0…100.
    ``weights``: the weight of each column. ``totals``: the scores as the exact integers that
    decide the order; comparable only under the same weights.
    """

    order: NDArray[np.intp]
    criteria: tuple[str, ...]
    weights: NDArray[np.float64]
    values: NDArray[np.float64]
    points: NDArray[np.float64]
    scores: NDArray[np.float64]
    totals: NDArray[np.int64]


def rank(
    *,
    facts: Mapping[str, NDArray[np.floating]],
    weights: Mapping[str, float],
    context: DecisionContext,
    tie_break: NDArray[np.integer],
) -> Ranked:
    """Order candidates by the weighted mean of their criterion values.

    ``facts`` are columns of one length (missing columns and NaN count as unknown, i.e. 0.5);
    ``tie_break`` holds a different integer for every candidate, smaller first among equals.

    Raises PolicyError for unusable weights, ValueError for columns that do not fit together.
    """
    cleaned = clean_weights(weights)
    ids = np.asarray(tie_break, dtype=np.int64)
    count = ids.shape[0]
    if np.unique(ids).shape[0] != count:
        raise ValueError("tie_break must hold a different number for every candidate")
    columns = _columns(facts, count)

    criteria, units = weight_units(cleaned)
    value_units = np.empty((count, len(criteria)), dtype=np.int64)
    for position, key in enumerate(criteria):
        value_units[:, position] = in_units(REGISTRY[key].values(columns, context))

    parts = value_units * units
    totals = parts.sum(axis=1)
    full = int(units.sum()) * _VALUE_UNITS
    return Ranked(
        order=np.lexsort((ids, -totals)),
        criteria=criteria,
        weights=units / _WEIGHT_UNITS,
        values=value_units / _VALUE_UNITS,
        points=100.0 * parts / full,
        scores=100.0 * totals / full,
        totals=totals,
    )


def weight_units(cleaned: Mapping[str, float]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The criteria with a weight, and their weights in whole thousandths."""
    criteria = tuple(key for key, weight in cleaned.items() if weight > 0)
    units = [round(cleaned[key] * _WEIGHT_UNITS) for key in criteria]
    return criteria, np.array(units, dtype=np.int64)


def in_units(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Criterion values in whole millionths; what is not known is neutral."""
    known = np.where(np.isnan(values), NEUTRAL, np.clip(values, 0.0, 1.0))
    return np.rint(known * _VALUE_UNITS).astype(np.int64)


def _columns(
    facts: Mapping[str, NDArray[np.floating]], count: int
) -> dict[str, NDArray[np.float64]]:
    """Every column that a criterion may read, as float64; unknown ones are all NaN."""
    names = {name for criterion in REGISTRY.values() for name in criterion.facts}
    columns = {}
    for name in names:
        given = facts.get(name)
        if given is None:
            columns[name] = np.full(count, np.nan)
            continue
        column = np.asarray(given, dtype=np.float64)
        if column.shape != (count,):
            raise ValueError(f"fact {name!r} has {column.shape} values for {count} candidates")
        columns[name] = column
    return columns
