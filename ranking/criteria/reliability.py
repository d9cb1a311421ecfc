"""Accepted work that was kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, known_count, register
from ranking.criteria.wording import amount, counted, join
from ranking.smoothing import FEW

HALF_STRIKES = 0.2


@register
class Reliability(Criterion):
    """Whether accepted work is kept, over the last 30 accepted jobs.

    Giving a job back in good time counts half a strike, giving it back late one, not showing up
    three. No strikes count in full, and every strike in five jobs halves it. Older jobs weigh
    less, few are pulled towards what is usual in the branch.
    """

    key = "reliability"
    position = 46
    label = "Reliability"
    hint = "jobs given back, no-shows"
    group = "Reliability"
    default_weight = 8
    facts = (
        "strikes_rate",
        "released_early_count",
        "released_late_count",
        "no_show_count",
        "commitments_count",
    )
    own_facts_only = True
    outcomes = "commitments"
    measure = Measure(
        "strikes_rate",
        -1,
        lambda value, ctx: f"{amount(10 * value)} strikes in 10 jobs",
        low=0,
        high=10,
        step=0.01,
        edges=(0.05, 0.1, 0.2, 0.4),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        return np.exp2(-np.maximum(columns["strikes_rate"], 0.0) / HALF_STRIKES)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        broken = ("released_early_count", "released_late_count", "no_show_count")
        jobs = known_count(facts, "commitments_count", *broken, "strikes_rate")
        if jobs == 0:
            return "No accepted jobs yet, counted as usual in the branch"
        early, late, no_shows = (int(facts[name]) for name in broken)
        kept = jobs - early - late - no_shows
        which = join(
            f"{early} given back early" if early else "",
            f"{late} given back late" if late else "",
            counted(no_shows, "no-show") if no_shows else "",
        )
        if not which:
            text = f"Kept all of the last {jobs} jobs" if jobs > 1 else "Kept the only job so far"
        else:
            text = f"Kept {kept or 'none'} of the last {counted(jobs, 'job')} ({which})"
        if jobs < FEW:
            rate = amount(10 * facts["strikes_rate"])
            return f"{text}: too few to tell, counted as {rate} strikes in 10 jobs"
        return join(text, field.phrase(best="most reliable", worst="least reliable"))
