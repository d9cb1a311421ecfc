"""One plain sentence for whatever a rule did to a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ranking.criteria.wording import ordinal, percent
from ranking.rules.apply import Applied
from ranking.rules.conditions import NAMED
from ranking.rules.model import MOST_PINNED, Rule


def notes_on(
    row: int, rules: Sequence[Rule], applied: Applied, facts: Mapping[str, float]
) -> tuple[str, ...]:
    """What moved this candidate beside its score; empty when nothing did."""
    notes = []
    if applied.pinned[row] > 0:
        place = MOST_PINNED - int(applied.pinned[row]) + 1
        notes.append(f"Pinned {ordinal(place)} by the policy, whatever the score")
    if applied.newcomer[row]:
        share = next(rule.value for rule in rules if rule.kind == "newcomers")
        notes.append(f"A newcomer's turn: {share:g} % of first calls go to newcomers")
    if applied.capped[row]:
        cap = next(rule.value for rule in rules if rule.kind == "cap")
        notes.append(
            f"Behind the others: has {percent(facts['work_share'])} of the branch's recent work, "
            f"the cap is {cap:g} %"
        )
    preferences = [rule for rule in rules if rule.kind == "prefer"]
    for position, rule in enumerate(preferences):
        if int(applied.preferred[row]) >> (len(preferences) - 1 - position) & 1:
            says = "named in the policy" if rule.condition == NAMED else rule.says()
            notes.append(f"Ahead by a preference of the policy: {says}")
    return tuple(notes)


def why_left_out(rule: Rule) -> str:
    """Why a candidate gets no call at all."""
    if rule.condition == NAMED:
        return f"Left out by the policy, which {rule_words(rule)}"
    return f"Left out by the policy: {rule_words(rule)}"


def rule_words(rule: Rule) -> str:
    """A must or never rule in words; whom a rule names is not said."""
    if rule.condition == NAMED:
        which = "asks only" if rule.kind == "must" else "never asks"
        return f"{which} certain contractors here"
    return f"{rule.kind} {rule.says()}"
