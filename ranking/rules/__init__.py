"""Rules come before weights: who is left out, who goes ahead whatever the score says."""

from ranking.rules.apply import Applied, apply_rules, first_of_each, ordering_keys
from ranking.rules.conditions import CONDITIONS, Condition
from ranking.rules.model import KINDS, Rule, clean_rules, rules_from_json, usable_rules

__all__ = [
    "CONDITIONS",
    "KINDS",
    "Applied",
    "Condition",
    "Rule",
    "apply_rules",
    "clean_rules",
    "first_of_each",
    "ordering_keys",
    "rules_from_json",
    "usable_rules",
]
