"""Replay, batch by batch: what each decision's first call was and would have been. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranking.criteria import REGISTRY
from ranking.ordering import COMPARED_FACTS
from ranking.replay.batch import Batch, criterion_values, first_calls
from ranking.rules import Rule
from ranking.rules.apply import NEWCOMER_JOBS
from ranking.weights import clean_weights, shares


@dataclass(frozen=True, slots=True)
class Terms:
    """What to rank with."""

    weights: Mapping[str, float]
    rules: Sequence[Rule] = ()


@dataclass(slots=True)
class Comparison:
    """First calls under two policies, decision by decision, and who could have had them.

    Contractor 0 stands for nobody. ``before`` and ``after`` hold the compared facts of the first
    calls, NaN where unknown; ``because`` the criterion (place in the registry) that speaks most
    for the new first call, −1 where nothing changed; ``logged`` the one really asked.
    """

    decision_ids: list[NDArray[np.int64]] = field(default_factory=list)
    made_at: list[NDArray[np.float64]] = field(default_factory=list)
    logged: list[NDArray[np.int64]] = field(default_factory=list)
    winner_before: list[NDArray[np.int64]] = field(default_factory=list)
    winner_after: list[NDArray[np.int64]] = field(default_factory=list)
    newcomer_before: list[NDArray[np.bool_]] = field(default_factory=list)
    newcomer_after: list[NDArray[np.bool_]] = field(default_factory=list)
    because: list[NDArray[np.int16]] = field(default_factory=list)
    before: dict[str, list[NDArray[np.float64]]] = field(
        default_factory=lambda: {name: [] for name in COMPARED_FACTS}
    )
    after: dict[str, list[NDArray[np.float64]]] = field(
        default_factory=lambda: {name: [] for name in COMPARED_FACTS}
    )
    everybody: set[int] = field(default_factory=set)

    def add(self, batch: Batch, live: Terms, draft: Terms) -> None:
        """Take in another batch of decisions."""
        if not len(batch):
            return
        keys = [
            key for key in REGISTRY if live.weights.get(key, 0) > 0 or draft.weights.get(key, 0) > 0
        ]
        values = criterion_values(batch, keys)
        one = first_calls(batch, values, live.weights, live.rules)
        two = first_calls(batch, values, draft.weights, draft.rules)
        self.decision_ids.append(batch.decision_ids)
        self.made_at.append(batch.made_at)
        self.logged.append(batch.asked_first)
        self.everybody.update(np.unique(batch.contractor_ids).tolist())
        jobs = batch.columns["commitments_count"]
        for rows, winners, newcomers, facts in (
            (one.rows, self.winner_before, self.newcomer_before, self.before),
            (two.rows, self.winner_after, self.newcomer_after, self.after),
        ):
            nobody = rows < 0
            winners.append(np.where(nobody, 0, batch.contractor_ids[rows]))
            newcomers.append(~nobody & (jobs[rows] < NEWCOMER_JOBS))
            for name in COMPARED_FACTS:
                facts[name].append(np.where(nobody, np.nan, batch.columns[name][rows]))
        self.because.append(_because(keys, values, live, draft, one.rows, two.rows))


def _because(
    keys: Sequence[str],
    values: Mapping[str, NDArray[np.int64]],
    live: Terms,
    draft: Terms,
    before: NDArray[np.intp],
    after: NDArray[np.intp],
) -> NDArray[np.int16]:
    """The criterion whose new share of the whole speaks most for the new first call."""
    old, new = shares(clean_weights(live.weights)), shares(clean_weights(draft.weights))
    changed = (before != after) & (before >= 0) & (after >= 0)
    because = np.full(len(before), -1, dtype=np.int16)
    places = list(REGISTRY)
    most = np.zeros(len(before))
    for key in keys:
        gain = (new.get(key, 0.0) - old.get(key, 0.0)) * (values[key][after] - values[key][before])
        better = changed & (gain > most)
        because[better] = places.index(key)
        most = np.maximum(most, np.where(changed, gain, 0.0))
    return because
