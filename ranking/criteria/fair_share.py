"""Fair share of recent work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Group, Measure, register
from ranking.criteria.wording import amount, counted, join

RECENT_DAYS = 14


@register
class FairShare(Criterion):
    """Whoever got less of the recent work comes earlier.

    Counts the jobs accepted in the last 14 days per technician, so that a firm of five is not
    punished for its size, and compares with the candidates of this job: no recent work counts in
    full, about as much as the others a half, much more towards nothing.
    """

    key = "fair_share"
    position = 70
    label = "Fair share"
    hint = "of the last 14 days' work"
    group = "Fair share"
    default_weight = 6
    facts = ("recent_jobs", "technicians")
    measure = Measure(
        "recent_jobs",
        -1,
        lambda value, ctx: f"{counted(round(value), 'job')} in {RECENT_DAYS} days",
        low=0,
        high=1000,
        step=1,
        edges=(3, 6, 10, 20),
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        load = _per_technician(columns)
        # one more than the mean: when nobody has had work, a single job is no great difference
        usual = _mean(load) + 1.0
        return usual / (usual + load)

    def values_in_groups(self, columns: Columns, groups: Sequence[Group]) -> NDArray[np.float64]:
        load = _per_technician(columns)
        usual = _means(load, groups) + 1.0
        each = np.repeat(usual, [group.rows.stop - group.rows.start for group in groups])
        return each / (each + load)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        if np.isnan(facts["recent_jobs"]):
            return "Recent work not known, counted as average"
        jobs = round(facts["recent_jobs"])
        crew = max(1, round(np.nan_to_num(facts["technicians"], nan=1.0)))
        text = f"{counted(jobs, 'job').capitalize()} in the last {RECENT_DAYS} days"
        if jobs and crew > 1:
            text += f" for {crew} technicians ({amount(jobs / crew)} each)"
        if field.of < 2:
            return text
        load = _per_technician(field.columns)
        if not np.any(load > 0):
            return f"{text}, like all {field.of}"
        per = " per technician" if np.any(field.columns["technicians"] > 1) else ""
        usual = f"the {field.of} here average {amount(_mean(load))}{per}"
        return join(text, usual, by="; ")


def _per_technician(columns: Columns) -> NDArray[np.float64]:
    crew = np.maximum(np.nan_to_num(columns["technicians"], nan=1.0), 1.0)
    return np.maximum(columns["recent_jobs"], 0.0) / crew


def _mean(load: NDArray[np.float64]) -> float:
    """The mean of what is known; sorted first, so that it does not depend on the input order."""
    known = np.sort(load[~np.isnan(load)])
    return float(known.mean()) if known.size else 0.0


def _means(load: NDArray[np.float64], groups: Sequence[Group]) -> NDArray[np.float64]:
    """``_mean`` of every group; groups of one size together, which gives the very same sums."""
    starts = np.array([group.rows.start for group in groups], dtype=np.intp)
    sizes = np.array([group.rows.stop for group in groups], dtype=np.intp) - starts
    means = np.zeros(len(groups))
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        block = np.sort(load[starts[chosen, None] + np.arange(size)], axis=1)
        means[chosen] = block.mean(axis=1)
        for number in chosen[np.isnan(block[:, -1])]:
            means[number] = _mean(load[groups[number].rows])
    return means
