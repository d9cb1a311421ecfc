"""Checks a set of weights before anything is ranked with it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ranking.criteria import REGISTRY
from ranking.errors import PolicyError

MAX_WEIGHT = 100


def clean_weights(weights: Mapping[str, object]) -> dict[str, float]:
    """A weight for every known criterion, in display order; those not named get 0.

    Raises PolicyError for an unknown criterion, a weight that is no number from 0 to 100, or when
    all are 0 (then there would be no order).
    """
    unknown = sorted(set(weights) - set(REGISTRY))
    if unknown:
        raise PolicyError(
            "unknown-criterion",
            f"There is no criterion called {unknown[0]!r}. Known: {', '.join(REGISTRY)}.",
            "weights",
        )
    cleaned = {key: _number(key, weights.get(key, 0)) for key in REGISTRY}
    if not any(cleaned.values()):
        raise PolicyError(
            "no-weight",
            "All weights are 0, so nothing would decide the order. Give at least one a weight.",
            "weights",
        )
    return cleaned


def usable_weights(stored: Mapping[str, object]) -> dict[str, float]:
    """Weights as they were stored, ready to rank with.

    A criterion that is gone since does not matter where it had no weight. Raises PolicyError
    where it had one, as ``clean_weights`` does.
    """
    if not isinstance(stored, Mapping):
        raise PolicyError("weights-unreadable", "Its weights can not be read.", "weights")
    return clean_weights({key: w for key, w in stored.items() if key in REGISTRY or w != 0})


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Each weight's share of the whole, 0 to 1."""
    total = sum(weights.values())
    return {key: weight / total if total else 0.0 for key, weight in weights.items()}


def _number(key: str, value: object) -> float:
    label = REGISTRY[key].label
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PolicyError("weight-not-a-number", f"The weight of “{label}” is not a number.", key)
    if not 0 <= value <= MAX_WEIGHT:
        raise PolicyError(
            "weight-out-of-range",
            f"The weight of “{label}” is {value:g}; it must lie between 0 and {MAX_WEIGHT}.",
            key,
        )
    # whole weights stay whole, so that they read the same in the history
    return int(value) if float(value).is_integer() else round(float(value), 3)
