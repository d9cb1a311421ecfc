"""What one revision of weights changed against another, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ranking.criteria import REGISTRY
from ranking.weights import shares


@dataclass(frozen=True, slots=True)
class Change:
    """One criterion's weight in two revisions, with its share of the whole (0 to 1)."""

    key: str
    label: str
    before: float
    after: float
    share_before: float
    share_after: float

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def compare(before: Mapping[str, float], after: Mapping[str, float]) -> list[Change]:
    """Every known criterion, changed or not, in display order."""
    shares_before, shares_after = shares(before), shares(after)
    return [
        Change(
            key=key,
            label=criterion.label,
            before=before.get(key, 0),
            after=after.get(key, 0),
            share_before=shares_before.get(key, 0.0),
            share_after=shares_after.get(key, 0.0),
        )
        for key, criterion in REGISTRY.items()
    ]


def summary(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """'Travel time 22 → 40, Price 16 → 10', or 'Same weights'."""
    changed = [change for change in compare(before, after) if change.is_changed]
    if not changed:
        return "Same weights"
    return ", ".join(f"{change.label} {change.before:g} → {change.after:g}" for change in changed)
