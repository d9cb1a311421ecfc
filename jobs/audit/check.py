"""What a check is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

#: Rows younger than this, in wall time, are left out where a check needs settling.
SETTLING = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold.

    ``rows`` is SQL for how many rows were looked at; ``broken`` is SQL for the ids (text) of
    those that contradict the invariant. Where SQL is a poor language for it, ``judge`` gets the
    rows of ``broken`` and returns the ids.

    A check that ``settles`` looks at work that is due: it may use ``%(settled)s``, the domain
    time five wall seconds ago, and what it finds must still be so five seconds later. ``young``
    is SQL for how many rows are too young for it.
    """

    id: str
    title: str
    rows: str
    broken: str
    settles: bool = False
    young: str = ""
    judge: Callable[[list[tuple[Any, ...]]], list[str]] | None = None


@dataclass(slots=True)
class Finding:
    """What a check found. ``left_out`` counts rows that had not settled yet."""

    check: Check
    rows_checked: int
    ids: list[str] = field(default_factory=list)
    left_out: int = 0

    @property
    def violations(self) -> int:
        return len(self.ids)
