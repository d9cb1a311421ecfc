"""What a criterion is, and the one registry of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.wording import ordinal

Columns = Mapping[str, NDArray[np.float64]]
"""Fact name → one number per candidate; NaN where nothing is known."""


@dataclass(frozen=True, slots=True)
class Group:
    """Where one decision's candidates stand among the rows of many, and its context."""

    rows: slice
    context: DecisionContext


@dataclass(frozen=True, slots=True)
class Field:
    """Where one candidate stands among all candidates of the decision, on one criterion.

    ``place`` is 1 for the best value (ties share a place), ``tied`` how many hold that place, the
    candidate included, ``of`` how many candidates there are, ``columns`` everybody's facts.
    """

    place: int
    tied: int
    of: int
    columns: Columns

    def phrase(self, *, best: str, worst: str) -> str:
        """'closest of 9', 'joint closest of 9', '3rd closest of 9', 'furthest of 9' or ''.

        Empty when there is nobody to compare with or everybody is equal.
        """
        if self.of < 2 or self.tied == self.of:
            return ""
        joint = "joint " if self.tied > 1 else ""
        if self.place == 1:
            return f"{joint}{best} of {self.of}"
        if self.place + self.tied - 1 == self.of:
            return f"{joint}{worst} of {self.of}"
        return f"{joint}{ordinal(self.place)} {best} of {self.of}"


@dataclass(frozen=True, slots=True)
class Measure:
    """The fact that decides a criterion, as a number that can be said and moved.

    ``better`` is 1 when more is better, −1 when less is. ``says`` puts a number into words.
    ``low`` to ``high`` is how far it can go, in steps of ``step``. ``edges`` cut the numbers into
    the bands in which a contractor may see a rival's figure: wide enough that no band holds one
    possible figure only. Without edges a rival's figure is never shown.
    """

    fact: str
    better: int
    says: Callable[[float, DecisionContext], str]
    low: float
    high: float
    step: float
    edges: tuple[float, ...] = ()


class Criterion(ABC):
    """One reason to ask a contractor earlier: a number from 0 (worst) to 1 (best) and a sentence.

    The class docstring is shown to the people who set the weights, so it says in plain words what
    is measured and how it becomes a number. Values never depend on the weights.
    """

    key: ClassVar[str]
    position: ClassVar[int]  # where it is shown; lower comes first
    label: ClassVar[str]
    hint: ClassVar[str]  # a few words under the label
    group: ClassVar[str] = "Other"  # with which it shares a colour in the score's bar
    default_weight: ClassVar[int]
    facts: ClassVar[tuple[str, ...]]  # the fact columns it reads, the deciding one first
    # Whether a candidate's value follows from its own facts alone: neither from the other
    # candidates nor from the context. Replay then values any number of decisions at once.
    own_facts_only: ClassVar[bool] = False
    # What to move, and how to say it; None: nothing that one could change.
    measure: ClassVar[Measure | None] = None
    # The family of outcomes behind it (see evidence.py); empty when there is none.
    outcomes: ClassVar[str] = ""

    @abstractmethod
    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        """0…1 for every candidate at once; NaN where the facts are missing (counts as 0.5)."""

    def values_in_groups(self, columns: Columns, groups: Sequence[Group]) -> NDArray[np.float64]:
        """``values`` for the candidates of many decisions at once, each among its own.

        The rows of ``columns`` are those of the groups, one group after the other.
        """
        if self.own_facts_only:
            return self.values(columns, DecisionContext())
        own = {name: columns[name] for name in self.facts}
        parts = [
            self.values({name: c[group.rows] for name, c in own.items()}, group.context)
            for group in groups
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    @abstractmethod
    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        """One plain sentence about one candidate, without a full stop."""

    @classmethod
    def description(cls) -> str:
        """The docstring as running text."""
        return " ".join((cls.__doc__ or "").split())


def known_count(facts: Mapping[str, float], count: str, *figures: str) -> int:
    """How many observations stand behind the figures; 0 when any of it is not known."""
    if any(np.isnan(facts[name]) for name in (count, *figures)):
        return 0
    return int(facts[count])


REGISTRY: dict[str, Criterion] = {}
"""Key → criterion, in the order in which they are shown."""

_C = TypeVar("_C", bound=type[Criterion])


def register(criterion: _C) -> _C:
    """Class decorator: make a criterion known to scoring, explanation and the admin."""
    if criterion.key in REGISTRY:
        raise ValueError(f"two criteria are called {criterion.key!r}")
    known = sorted([*REGISTRY.values(), criterion()], key=lambda known: known.position)
    REGISTRY.clear()
    REGISTRY.update((each.key, each) for each in known)
    return criterion


def fact_names() -> tuple[str, ...]:
    """Every fact that some criterion reads, without repeats, in a stable order."""
    return tuple(dict.fromkeys(name for crit in REGISTRY.values() for name in crit.facts))


def default_weights() -> dict[str, float]:
    """The weights of a new branch's first policy; they add up to 100."""
    return {key: criterion.default_weight for key, criterion in REGISTRY.items()}
