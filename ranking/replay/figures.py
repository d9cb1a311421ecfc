"""What a comparison of first calls adds up to, with how sure each figure is. Pure.

Every interval is 95 %, from the decisions themselves: for means from the spread of the paired
differences, for the Gini coefficient and the newcomers' share from a bootstrap over decisions
with a fixed seed. It says how much the figure could owe to which jobs happened to come in. It does
not say how a contractor would have answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.criteria import REGISTRY
from ranking.ordering import COMPARED_FACTS
from ranking.replay.engine import Comparison

Z95 = 1.96
FEWEST = 10
"""From fewer decisions than this nothing is called clear, however equal they look."""
FEWEST_SWAPS = 6
"""So many first calls must move one way before chance alone would do it in under 5 %: 2 × ½⁶."""
RESAMPLES = 120
MOST_LISTED = 2_000
"""So many changed decisions are kept for looking at one by one."""

_DAY = 86_400.0


def figures(comparison: Comparison) -> dict[str, Any]:
    """The whole report as plain data, ready for JSON."""
    ids = _all(comparison.decision_ids, np.int64)
    before = _all(comparison.winner_before, np.int64)
    after = _all(comparison.winner_after, np.int64)
    count = len(ids)
    changed = before != after
    everybody = np.array(sorted(comparison.everybody), dtype=np.int64)
    report: dict[str, Any] = {
        "decisions": count,
        "changed": int(changed.sum()),
        "changed_share": _round(changed.mean()) if count else None,
        "changed_margin": _share_margin(changed),
        "live_differs_from_log": int((before != _all(comparison.logged, np.int64)).sum()),
        "nobody_before": int((before == 0).sum()),
        "nobody_after": int((after == 0).sum()),
        "contractors": len(everybody),
        "first_call": {},
    }
    if not count:
        return report
    for name in COMPARED_FACTS:
        report["first_call"][name] = paired(
            _all(comparison.before[name], np.float64), _all(comparison.after[name], np.float64)
        )
    new_before = _all(comparison.newcomer_before, np.bool_)
    new_after = _all(comparison.newcomer_after, np.bool_)
    report["newcomer_share"] = paired(new_before.astype(float), new_after.astype(float))
    report["fairness"] = _fairness(before, after, everybody)
    report["by_day"] = _by_day(comparison, changed)
    report["contractor_shares"] = _shares(
        before, after, everybody, _all(comparison.because, np.int16)
    )
    report["changed_ids"] = ids[changed][-MOST_LISTED:][::-1].tolist()
    return report


def paired(before: NDArray[np.float64], after: NDArray[np.float64]) -> dict[str, Any]:
    """Means of two paired samples and of their difference, with its 95 % margin.

    Pairs in which either is unknown do not take part; ``count`` says how many did. The margin is
    Student's, wider for few pairs, and None below two. ``clear``: there are ``FEWEST`` pairs and
    the interval leaves out zero.
    """
    known = ~(np.isnan(before) | np.isnan(after))
    count = int(known.sum())
    if not count:
        return {
            "count": 0,
            "before": None,
            "after": None,
            "change": None,
            "margin": None,
            "clear": False,
        }
    difference = after[known] - before[known]
    change = float(difference.mean())
    margin = t95(count - 1) * float(difference.std(ddof=1)) / count**0.5 if count > 1 else None
    return {
        "count": count,
        "before": _round(before[known].mean()),
        "after": _round(after[known].mean()),
        "change": _round(change),
        "margin": None if margin is None else _round(margin),
        "clear": margin is not None and count >= FEWEST and abs(change) > margin,
    }


def t95(freedom: int) -> float:
    """Student's t for 95 %, two-sided, to about 1 %: Cornish and Fisher's expansion from 3 on."""
    if freedom < 3:
        return (12.706, 4.303)[freedom - 1]
    z = Z95
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def gini(counts: NDArray[Any]) -> float:
    """0 when all have the same, towards 1 when one has everything; 0 when nobody has anything."""
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    total = ordered.sum()
    if not len(ordered) or not total:
        return 0.0
    places = np.arange(1, len(ordered) + 1)
    return float(
        2 * (places * ordered).sum() / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)
    )


def _fairness(
    before: NDArray[np.int64], after: NDArray[np.int64], everybody: NDArray[np.int64]
) -> dict[str, Any]:
    """Gini of first calls among all who were a candidate at least once, and shares by tenth."""
    size = len(everybody)
    one, two = np.searchsorted(everybody, before), np.searchsorted(everybody, after)
    some, others = before > 0, after > 0
    counts_before = np.bincount(one[some], minlength=size).astype(float)
    counts_after = np.bincount(two[others], minlength=size).astype(float)
    random = np.random.default_rng(20)
    changes = []
    for _ in range(RESAMPLES):
        weight = random.poisson(1.0, len(before)).astype(float)
        changes.append(
            gini(np.bincount(two[others], weight[others], size))
            - gini(np.bincount(one[some], weight[some], size))
        )
    change = gini(counts_after) - gini(counts_before)
    margin = float(Z95 * np.std(changes, ddof=1))
    return {
        "count": len(before),
        "before": _round(gini(counts_before)),
        "after": _round(gini(counts_after)),
        "change": _round(change),
        "margin": _round(margin),
        "clear": len(before) >= FEWEST and abs(change) > margin,
        "tenths_before": _tenths(counts_before),
        "tenths_after": _tenths(counts_after),
    }


def _tenths(counts: NDArray[np.float64]) -> list[float]:
    """Share of first calls of each tenth of the contractors, the busiest first."""
    ordered = np.sort(counts)[::-1]
    total = ordered.sum()
    if not total:
        return [0.0] * 10
    edges = np.linspace(0, len(ordered), 11)
    cumulative = np.concatenate([[0.0], np.cumsum(ordered)])
    reached = np.interp(edges, np.arange(len(ordered) + 1), cumulative)
    return [_round(part) for part in np.diff(reached) / total]


Parts = Sequence[NDArray[Any]]


def _by_day(comparison: Comparison, changed: NDArray[np.bool_]) -> dict[str, Any]:
    """Daily means of the compared facts under both; days are whole days of UTC."""
    days = np.floor(_all(comparison.made_at, np.float64) / _DAY).astype(np.int64)
    found, place = np.unique(days, return_inverse=True)
    series: dict[str, Any] = {"days": [int(day) for day in found]}
    series["decisions"] = np.bincount(place).tolist()
    series["changed"] = np.bincount(place, changed.astype(float)).astype(int).tolist()
    sources: dict[str, tuple[Parts, Parts]] = {
        name: (comparison.before[name], comparison.after[name]) for name in COMPARED_FACTS
    }
    sources["newcomer"] = (comparison.newcomer_before, comparison.newcomer_after)
    for name, (one, two) in sources.items():
        series[name] = {
            "before": _daily(_all(one, np.float64), place, len(found)),
            "after": _daily(_all(two, np.float64), place, len(found)),
        }
    return series


def _daily(values: NDArray[np.float64], place: NDArray[np.intp], days: int) -> list[float | None]:
    known = ~np.isnan(values)
    total = np.bincount(place[known], values[known], days)
    count = np.bincount(place[known], minlength=days)
    return [_round(t / c) if c else None for t, c in zip(total, count, strict=True)]


def _shares(
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    everybody: NDArray[np.int64],
    because: NDArray[np.int16],
) -> list[dict[str, Any]]:
    """First calls of every contractor under both, who gains most first, who loses most last."""
    size, keys = len(everybody), list(REGISTRY)
    one, two = np.searchsorted(everybody, before), np.searchsorted(everybody, after)
    counts_before = np.bincount(one[before > 0], minlength=size)
    counts_after = np.bincount(two[after > 0], minlength=size)
    changed = (before != after) & (because >= 0)
    gained = np.zeros((size, len(keys)), dtype=np.int64)
    lost = np.zeros((size, len(keys)), dtype=np.int64)
    np.add.at(gained, (two[changed & (after > 0)], because[changed & (after > 0)]), 1)
    np.add.at(lost, (one[changed & (before > 0)], because[changed & (before > 0)]), 1)
    # First calls each one wins and loses: their difference is the change, their sum its variance;
    # one more of both (Agresti and Min), or the change would be certain where all go one way.
    moved = before != after
    wins = np.bincount(two[moved & (after > 0)], minlength=size)
    losses = np.bincount(one[moved & (before > 0)], minlength=size)
    spread = wins + losses + 2 - (wins - losses) ** 2 / (len(before) + 2)
    margins = np.ceil(Z95 * np.sqrt(np.maximum(spread, 0))).astype(np.int64)
    margins[wins + losses == 0] = 0
    rows = []
    for place in range(size):
        change = int(counts_after[place] - counts_before[place])
        reasons = (gained if change >= 0 else lost)[place]
        top = int(reasons.argmax())
        rows.append(
            {
                "contractor": int(everybody[place]),
                "before": int(counts_before[place]),
                "after": int(counts_after[place]),
                "change": change,
                "margin": int(margins[place]),
                "clear": int(wins[place] + losses[place]) >= FEWEST_SWAPS
                and abs(change) > int(margins[place]),
                "because": keys[top] if reasons[top] else "",
            }
        )
    return sorted(rows, key=lambda row: (-row["change"], row["contractor"]))


def _share_margin(hits: NDArray[np.bool_]) -> float | None:
    """Half the width of the 95 % Wilson interval of a share: sensible for small numbers too."""
    count = len(hits)
    if not count:
        return None
    share = float(hits.mean())
    spread = share * (1 - share) / count + Z95**2 / (4 * count**2)
    return _round(Z95 * np.sqrt(spread) / (1 + Z95**2 / count))


def _all(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)


def _round(value: Any) -> float:
    return round(float(value), 5)
