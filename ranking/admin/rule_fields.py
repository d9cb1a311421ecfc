"""The rules of a draft as form fields: some rows, each one rule or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from network.models import Contractor
from ranking.errors import PolicyError
from ranking.rules import CONDITIONS, KINDS, Rule, clean_rules
from ranking.rules.conditions import NAMED

SPARE_ROWS = 2
PARTS = ("kind", "condition", "value", "contractors", "asset")

_CONDITIONS = [
    ("", "–"),
    *((key, condition.label) for key, condition in CONDITIONS.items()),
    (NAMED, "Is one of these contractors"),
]


def rule_field(number: int, part: str) -> str:
    return f"rule_{number}_{part}"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One row of fields on the page."""

    number: int
    fields: dict[str, BoundField]


def make_fields(
    rules: Sequence[Mapping[str, Any]], rows: int, names: Mapping[int, str]
) -> dict[str, forms.Field]:
    """Fields for ``rows`` rules, filled from the stored ones."""
    fields: dict[str, forms.Field] = {}
    for number in range(rows):
        stored = rules[number] if number < len(rules) else {}
        named = "; ".join(names.get(one, str(one)) for one in stored.get("contractors", []))
        label = f"Rule {number + 1}"
        fields |= {
            rule_field(number, "kind"): forms.ChoiceField(
                label=f"{label}: kind",
                choices=[("", "No rule"), *KINDS.items()],
                required=False,
                initial=stored.get("kind", ""),
            ),
            rule_field(number, "condition"): forms.ChoiceField(
                label=f"{label}: what it asks",
                choices=_CONDITIONS,
                required=False,
                initial=stored.get("condition", ""),
            ),
            rule_field(number, "value"): forms.FloatField(
                label=f"{label}: number",
                required=False,
                initial=stored.get("value"),
                widget=forms.NumberInput(attrs={"step": "any"}),
            ),
            rule_field(number, "contractors"): forms.CharField(
                label=f"{label}: contractors, separated by semicolons",
                required=False,
                initial=named,
            ),
            rule_field(number, "asset"): forms.CharField(
                label=f"{label}: only at this address",
                required=False,
                initial=stored.get("asset", ""),
                max_length=200,
            ),
        }
    return fields


def read_rules(cleaned: Mapping[str, Any], rows: int, branch_id: int) -> list[Rule]:
    """The rules as typed. Raises PolicyError that names the rule at fault."""
    entries = []
    for number in range(rows):
        kind = cleaned.get(rule_field(number, "kind"))
        if not kind:
            continue
        entry: dict[str, Any] = {"kind": kind}
        for part in ("condition", "value", "asset"):
            value = cleaned.get(rule_field(number, part))
            if value not in (None, ""):
                entry[part] = value
        typed = cleaned.get(rule_field(number, "contractors")) or ""
        if typed.strip():
            entry["contractors"] = _ids(typed, branch_id, number + 1)
        entries.append(entry)
    return clean_rules(entries)


def contractor_names(rules: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Names of the contractors that these rules name; no query when there are none."""
    ids = {one for rule in rules for one in rule.get("contractors", [])}
    if not ids:
        return {}
    return dict(Contractor.objects.filter(pk__in=ids).values_list("pk", "name"))


def _ids(typed: str, branch_id: int, number: int) -> list[int]:
    names = [name.strip() for name in typed.split(";") if name.strip()]
    found = []
    for name in names[:60]:
        ids = list(
            Contractor.objects.filter(branch_id=branch_id, name__iexact=name).values_list(
                "pk", flat=True
            )[:2]
        )
        if len(ids) != 1:
            problem = "there is no contractor called" if not ids else "several are called"
            raise PolicyError("unknown-contractor", f"Rule {number}: {problem} “{name}”.", "rules")
        found.append(ids[0])
    return found
