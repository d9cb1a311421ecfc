"""Figures in bands, so that a contractor can compare without reading off a rival. Pure."""

from __future__ import annotations

from bisect import bisect_right

from ranking.context import DecisionContext
from ranking.criteria import Measure


def band_of(measure: Measure, value: float) -> int:
    """Number of the band that holds the value, from 0; an edge belongs to the band above it."""
    return bisect_right(measure.edges, round(value, 6))


def band_words(measure: Measure, band: int, ctx: DecisionContext) -> str:
    """'under 5 min', '5 min to 10 min', '90 min or more'."""
    edges = measure.edges
    if band == 0:
        return f"under {measure.says(edges[0], ctx)}"
    if band == len(edges):
        return f"{measure.says(edges[-1], ctx)} or more"
    return f"{measure.says(edges[band - 1], ctx)} to {measure.says(edges[band], ctx)}"


def place_on_scale(measure: Measure, value: float) -> float:
    """0 to 1 on a scale where every band is equally wide, the better end at 0."""
    edges = (measure.low, *measure.edges, measure.edges[-1] * 1.5)
    inside = min(max(value, edges[0]), edges[-1])
    band = min(bisect_right(edges, inside), len(edges) - 1) - 1
    low, high = edges[band], edges[band + 1]
    at = (band + (inside - low) / (high - low)) / (len(edges) - 1)
    return round(at if measure.better < 0 else 1.0 - at, 4)


def band_on_scale(measure: Measure, band: int) -> tuple[float, float]:
    """Where the band begins and ends on that scale."""
    wide = 1.0 / (len(measure.edges) + 1)
    low, high = band * wide, (band + 1) * wide
    if measure.better > 0:
        low, high = 1.0 - high, 1.0 - low
    return round(low, 4), round(high, 4)


#: How far behind, in points of the score: in bands for the same reason.
_GAPS = (
    (2.0, "less than 2 points"),
    (5.0, "2 to 5 points"),
    (10.0, "5 to 10 points"),
    (20.0, "10 to 20 points"),
)


def gap_words(points: float) -> str:
    """'5 to 10 points'."""
    return next((words for limit, words in _GAPS if points < limit), "more than 20 points")
