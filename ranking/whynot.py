"""Why not me, and why me: a decision as one of its contractors may see it.

Own figures are exact. Of the others a contractor learns only how many there were, their own place
among them, and in which band the figure of the first one lay. Nobody is named, and with few
candidates not even bands are shown: who knows the trade would know who it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ranking.bands import band_of, band_on_scale, band_words, gap_words, place_on_scale
from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, Field, Measure
from ranking.criteria.wording import ordinal
from ranking.explain import (
    Part,
    RankedCandidate,
    WholeField,
    explain,
    explain_left_out,
    order_field,
    used_by,
    whole_field,
)
from ranking.models import Decision
from ranking.rules.apply import class_of

FEWEST = 4
"""With fewer candidates nothing is said about the first one."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One criterion: the own figure, and the band of the first one's where it may be shown.

    ``share`` is the criterion's share of the weights. ``at``, ``band_from`` and ``band_to`` lie on
    a scale from 0 (best) to 1. ``tone`` is "for" when the own figure is better than the band,
    "against" when worse, "inside", or "" without a band.
    """

    criterion: str
    label: str
    own: str
    share: float
    band: str = ""
    tone: str = ""
    at: float = 0.0
    band_from: float = 0.0
    band_to: float = 0.0


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One decision in which this contractor was a candidate, but not the first.

    ``notes`` say what a rule did to this contractor. With ``too_few`` candidates there are no
    bands.
    """

    rank: int
    of: int
    headline: str
    notes: tuple[str, ...]
    rows: list[Compared]
    too_few: bool


def why_not(decision: Decision, contractor_id: int) -> WhyNot | None:
    """The comparison with the first; None for who was first, or no candidate.

    Needs no query when the policy is loaded.
    """
    if contractor_id not in decision.contractor_ids[1:]:
        return None
    weights, rules = used_by(decision)
    everyone = whole_field(decision)
    ordered = order_field(everyone, weights, rules)
    row = decision.contractor_ids.index(contractor_id)
    count = len(decision.contractor_ids)
    classes = class_of(ordered.applied.keys)
    if classes[row] < classes[0]:
        headline = "A rule of the branch came before the scores."
    elif count < FEWEST:
        headline = "Somebody else was asked first."
    else:
        behind = float(ordered.ranked.scores[0] - ordered.ranked.scores[row])
        headline = f"The first was {gap_words(behind)} ahead."
    mine = next(one for one in explain(decision) if one.contractor_id == contractor_id)
    rows = [
        _compared(key, weight / sum(weights.values()), everyone, row, in_bands=count >= FEWEST)
        for key, weight in weights.items()
        if weight
    ]
    return WhyNot(
        rank=mine.rank,
        of=count,
        headline=headline,
        notes=mine.notes,
        rows=sorted((one for one in rows if one is not None), key=lambda one: -one.share),
        too_few=count < FEWEST,
    )


def _compared(
    key: str, share: float, everyone: WholeField, row: int, *, in_bands: bool
) -> Compared | None:
    """None where the own figure is not known, or there is no figure."""
    criterion = REGISTRY[key]
    measure = criterion.measure
    if measure is None:
        return None
    column = everyone.columns[measure.fact]
    own, first = float(column[row]), float(column[0])
    if np.isnan(own):
        return None
    shown = Compared(key, criterion.label, measure.says(own, everyone.context), share)
    if not (in_bands and measure.edges) or np.isnan(first):
        return shown
    return _with_band(shown, measure, own, first, everyone.context)


def _with_band(
    shown: Compared, measure: Measure, own: float, first: float, ctx: DecisionContext
) -> Compared:
    theirs, mine = band_of(measure, first), band_of(measure, own)
    start, end = band_on_scale(measure, theirs)
    ahead = (mine - theirs) * measure.better
    return replace(
        shown,
        band=band_words(measure, theirs, ctx),
        tone="for" if ahead > 0 else "against" if ahead < 0 else "inside",
        at=place_on_scale(measure, own),
        band_from=start,
        band_to=end,
    )


def left_out_because(decision: Decision, contractor_id: int) -> str:
    """Why a rule of the policy left this contractor out, with their own figure; else ''."""
    for entry in explain_left_out(decision):
        if entry.contractor_id == contractor_id:
            return f"{entry.sentence}; you: {entry.figure}" if entry.figure else entry.sentence
    return ""


def own_reasons(decision: Decision, contractor_id: int, count: int = 4) -> list[Part]:
    """What set this contractor apart most, in sentences that hold own figures only.

    Beside the own figure stands the place among the candidates: "12 min away, best of 9". Needs no
    query when the policy is loaded; empty for who was no candidate.
    """
    said = explain(decision)
    mine = next((one for one in said if one.contractor_id == contractor_id), None)
    if mine is None:
        return []
    everyone = whole_field(decision)
    row = decision.contractor_ids.index(contractor_id)
    return [_in_own_words(part, said, everyone, row) for part in mine.reasons(count)]


def _in_own_words(
    part: Part, said: Sequence[RankedCandidate], everyone: WholeField, row: int
) -> Part:
    """The part with a sentence made as if there were nobody else, and the place in plain words."""
    criterion = REGISTRY[part.criterion]
    columns = {name: column[row : row + 1] for name, column in everyone.columns.items()}
    facts = {name: float(columns[name][0]) for name in criterion.facts}
    alone = Field(place=1, tied=1, of=1, columns=columns)
    sentence = criterion.sentence(facts, alone, everyone.context)
    values = [
        other.value for one in said for other in one.parts if other.criterion == part.criterion
    ]
    better = sum(value > part.value for value in values)
    tied = sum(value == part.value for value in values)
    if tied < len(values):
        joint = "joint " if tied > 1 else ""
        place = "best" if better == 0 else f"{ordinal(better + 1)} best"
        sentence += f", {joint}{place} of {len(values)}"
    return replace(part, sentence=sentence)
