"""Rules on arrays: one decision or a hundred thousand at once, by the same code. Pure.

Candidates stand in rows, the rows of one decision together. Whoever a rule leaves out gets no
call. The others are ordered by one integer: pinned contractors in their order, then the newcomer
whose turn it is, then everybody below the cap, then by preferences met (an earlier rule outweighs
all later ones), then by score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ranking.criteria.base import Columns
from ranking.rules.conditions import CONDITIONS, NAMED
from ranking.rules.model import MOST_PINNED, Rule

NEWCOMER_JOBS = 5
"""A newcomer has fewer finished jobs than this on record."""

CAP_FROM_JOBS = 20
"""A share of the branch's recent work is capped from this many jobs on; below, it is chance."""

_TOTAL_BITS = 42
_NOT_CAPPED = 1 << 8
_NEWCOMER = 1 << 9
_PINNED = 1 << 10


@dataclass(frozen=True, slots=True)
class Applied:
    """What the rules made of every row.

    ``left_out``: the number of the rule (from 0) that leaves a candidate out, −1 for nobody.
    ``keys``: larger goes first among the rows of one decision. ``newcomer``: got the first call as
    a newcomer. ``preferred``: one bit per preference met, in the order of the rules, lowest first.
    """

    left_out: NDArray[np.int16]
    keys: NDArray[np.int64]
    pinned: NDArray[np.int64]
    newcomer: NDArray[np.bool_]
    capped: NDArray[np.bool_]
    preferred: NDArray[np.int64]


def ticket(job_ref: UUID, round_number: int) -> float:
    """From 0 to 1 (not reached), the same for ever: the round's draw in the newcomers' lottery.

    It follows from the ids alone, so nobody can influence it and a replay draws the same.
    """
    seed = job_ref.bytes + round_number.to_bytes(4, "big")
    return int.from_bytes(blake2b(seed, digest_size=6).digest(), "big") / 2**48


def apply_rules(
    *,
    rules: Sequence[Rule],
    columns: Columns,
    totals: NDArray[np.int64],
    contractor_ids: NDArray[np.int64],
    starts: NDArray[np.intp],
    tickets: NDArray[np.float64],
    assets: Sequence[str],
) -> Applied:
    """Apply rules to the rows of one or more decisions.

    ``starts`` holds the first row of each decision (none is empty), ``tickets`` and ``assets`` one
    entry per decision. ``totals`` are the exact scores of ``scoring.rank``.
    """
    count = len(contractor_ids)
    left_out = np.full(count, -1, dtype=np.int16)
    pinned = np.zeros(count, dtype=np.int64)
    capped = np.zeros(count, dtype=np.bool_)
    preferred = np.zeros(count, dtype=np.int64)
    preferences = [rule for rule in rules if rule.kind == "prefer"]
    share = 0.0
    for number, rule in enumerate(rules):
        if rule.kind in {"must", "never", "prefer"}:
            holds = _holds(rule, columns, contractor_ids)
            if rule.kind == "prefer":
                place = len(preferences) - 1 - preferences.index(rule)
                preferred |= (holds == 1.0).astype(np.int64) << place
            else:
                # what is not known leaves nobody out
                out = holds == (0.0 if rule.kind == "must" else 1.0)
                left_out[(left_out < 0) & out] = number
        elif rule.kind == "pinned":
            here = _rows_of(rule.asset, assets, starts, count)
            for position, contractor_id in enumerate(rule.contractors):
                mine = here & (contractor_ids == contractor_id) & (pinned == 0)
                pinned[mine] = MOST_PINNED - position
        elif rule.kind == "cap":
            capped = columns["work_share"] > rule.value / 100.0
        else:
            share = rule.value / 100.0
    classes = preferred + np.where(capped, 0, _NOT_CAPPED) + pinned * _PINNED
    keys = (classes << _TOTAL_BITS) + totals
    keys[left_out >= 0] = -1
    newcomer = np.zeros(count, dtype=np.bool_)
    if share and len(starts):
        jobs = columns["commitments_count"]
        new = (jobs < NEWCOMER_JOBS) & (left_out < 0) & ~capped
        drawn = tickets < share
        fixed = np.maximum.reduceat(pinned, starts) > 0
        rows, found = first_of_each(np.where(new, keys, -1), contractor_ids, starts)
        turn = rows[drawn & ~fixed & found]
        newcomer[turn] = True
        keys[turn] += _NEWCOMER << _TOTAL_BITS
    return Applied(left_out, keys, pinned, newcomer, capped, preferred)


def class_of(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """What rules made of each row, without its score: only within one class does the score
    decide. −1 for who was left out.
    """
    return keys >> _TOTAL_BITS


def first_of_each(
    keys: NDArray[np.int64], contractor_ids: NDArray[np.int64], starts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The row with the largest key of each decision, and whether there is one (key ≥ 0).

    Among equals the smaller contractor id goes first, as everywhere.
    """
    if not len(starts):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.bool_)
    lengths = np.diff(np.append(starts, len(keys)))
    best = np.maximum.reduceat(keys, starts)
    is_best = keys == np.repeat(best, lengths)
    ids = np.where(is_best, contractor_ids, np.iinfo(np.int64).max)
    lowest = np.minimum.reduceat(ids, starts)
    rows = np.flatnonzero(is_best & (contractor_ids == np.repeat(lowest, lengths)))
    return rows, best >= 0


def ordering_keys(
    applied: Applied, contractor_ids: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of one decision in the order of calls, and the rows left out (by contractor id)."""
    order = np.lexsort((contractor_ids, -applied.keys))
    out = applied.left_out[order] >= 0
    return order[~out], order[out]


def _holds(rule: Rule, columns: Columns, contractor_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    if rule.condition == NAMED:
        return np.isin(contractor_ids, rule.contractors).astype(np.float64)
    return CONDITIONS[rule.condition].test(columns, rule.value)


def _rows_of(
    asset: str, assets: Sequence[str], starts: NDArray[np.intp], count: int
) -> NDArray[np.bool_]:
    if not asset:
        return np.ones(count, dtype=np.bool_)
    wanted = same_asset(asset)
    here = np.array([same_asset(each) == wanted for each in assets], dtype=np.bool_)
    return np.repeat(here, np.diff(np.append(starts, count)))


def same_asset(asset: str) -> str:
    """Two spellings of one place or machine compare equal: case, spaces and commas aside."""
    return " ".join(asset.replace(",", " ").casefold().split())
