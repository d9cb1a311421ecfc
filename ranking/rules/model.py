"""Rules as they are stored in a policy, checked, and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ranking.errors import PolicyError
from ranking.rules.conditions import CONDITIONS, NAMED

KINDS: Mapping[str, str] = {
    "must": "Must",
    "prefer": "Prefer",
    "never": "Never",
    "pinned": "Pinned order",
    "newcomers": "Newcomers",
    "cap": "Cap",
}
MOST_RULES = 20
MOST_PREFERENCES = 8
MOST_PINNED = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy.

    ``must``, ``prefer``, ``never``: a ``condition`` with its ``value``, or the condition
    "contractor" with ``contractors``. ``pinned``: ``contractors`` in order, for the ``asset``
    (empty: all of the policy's scope). ``newcomers``: ``value`` per cent of first calls. ``cap``:
    at most ``value`` per cent of the branch's recent work.
    """

    kind: str
    condition: str = ""
    value: float = 0.0
    contractors: tuple[int, ...] = ()
    asset: str = ""

    def as_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": self.kind}
        if self.condition:
            data["condition"] = self.condition
        if self.value:
            data["value"] = int(self.value) if self.value == int(self.value) else self.value
        if self.contractors:
            data["contractors"] = list(self.contractors)
        if self.asset:
            data["asset"] = self.asset
        return data

    def says(self, names: Mapping[int, str] | None = None) -> str:
        """The rule in words, without its kind; ``names`` of contractors where known."""
        if self.kind == "newcomers":
            return f"get {self.value:g} % of first calls"
        if self.kind == "cap":
            return f"nobody ahead of the others with more than {self.value:g} % of recent work"
        if self.contractors:
            known = names or {}
            named = ", ".join(known.get(one, f"contractor {one}") for one in self.contractors)
            if self.kind == "pinned":
                where = f" at {self.asset}" if self.asset else ""
                return f"{named}{where}, in this order"
            return named
        return CONDITIONS[self.condition].says(self.value)


def rules_from_json(data: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Stored rules as objects. Raises PolicyError when they can not be used (any more)."""
    return clean_rules(data)


def clean_rules(data: Any) -> list[Rule]:
    """Check rules and bring them into one form. Raises PolicyError naming the rule at fault."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise PolicyError("rules-not-a-list", "Rules must be a list.", "rules")
    if len(data) > MOST_RULES:
        raise PolicyError("too-many-rules", f"At most {MOST_RULES} rules, please.", "rules")
    rules = [_clean(number, entry) for number, entry in enumerate(data, start=1)]
    for kind in ("newcomers", "cap"):
        if sum(rule.kind == kind for rule in rules) > 1:
            raise PolicyError("rule-twice", f"There can be one “{KINDS[kind]}” rule.", "rules")
    if sum(rule.kind == "prefer" for rule in rules) > MOST_PREFERENCES:
        raise PolicyError(
            "too-many-rules", f"At most {MOST_PREFERENCES} “Prefer” rules, please.", "rules"
        )
    return rules


def usable_rules(data: Sequence[Any]) -> list[Rule]:
    """Those of the stored rules that still exist."""
    found = []
    for entry in data:
        try:
            found.append(_clean(1, entry))
        except PolicyError:
            continue
    return found


def _clean(number: int, entry: Any) -> Rule:
    def refuse(code: str, detail: str) -> PolicyError:
        return PolicyError(code, f"Rule {number}: {detail}", "rules")

    kind = entry.get("kind") if isinstance(entry, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse("unknown-rule", f"choose one of {', '.join(KINDS.values())}.")
    condition = str(entry.get("condition") or "")
    named = entry.get("contractors") or ()
    contractors = tuple(named) if isinstance(named, list | tuple) else (None,)
    if any(isinstance(one, bool) or not isinstance(one, int) for one in contractors):
        raise refuse("unknown-contractor", "contractors must be given by their ids.")
    if len(set(contractors)) != len(contractors):
        raise refuse("contractor-twice", "a contractor is named twice.")
    if kind == "pinned":
        if not 0 < len(contractors) <= MOST_PINNED:
            raise refuse("no-contractors", f"name 1 to {MOST_PINNED} contractors, in order.")
        return Rule(kind, contractors=contractors, asset=str(entry.get("asset") or "").strip())
    if kind in {"newcomers", "cap"}:
        return Rule(kind, value=_value(entry, 1, 100, refuse))
    if condition == NAMED:
        if not contractors:
            raise refuse("no-contractors", "name the contractors it is about.")
        return Rule(kind, condition=NAMED, contractors=contractors)
    known = CONDITIONS.get(condition)
    if known is None:
        raise refuse("unknown-condition", "choose what it asks of a contractor.")
    if not known.needs_number:
        return Rule(kind, condition=condition)
    return Rule(kind, condition=condition, value=_value(entry, known.low, known.high, refuse))


def _value(entry: Mapping[str, Any], low: float, high: float, refuse: Any) -> float:
    value = entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refuse("no-number", f"give a number from {low:g} to {high:g}.")
    if not low <= value <= high:
        raise refuse("out-of-range", f"{value:g} must lie between {low:g} and {high:g}.")
    return float(round(value, 3))
