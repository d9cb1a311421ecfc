"""Skill above what the job asks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.context import DecisionContext
from ranking.criteria.base import Columns, Criterion, Field, Measure, register


@register
class SkillLevel(Criterion):
    """How far the technician's skill lies above what the job asks for.

    Exactly the level asked for counts a third, one level above two thirds, two levels above counts
    in full. Where the work asks for no particular skill, everybody counts half.
    """

    key = "skill_level"
    position = 10
    label = "Skill level"
    hint = "above the level required"
    group = "Quality"
    default_weight = 9
    facts = ("skill_level", "required_level")
    own_facts_only = True
    measure = Measure(
        "skill_level", 1, lambda value, ctx: f"level {value:.0f}", low=1, high=3, step=1
    )

    def values(self, columns: Columns, ctx: DecisionContext) -> NDArray[np.float64]:
        required = columns["required_level"]
        value = np.clip((1 + columns["skill_level"] - required) / 3, 0.0, 1.0)
        return np.where(required > 0, value, np.nan)

    def sentence(self, facts: Mapping[str, float], field: Field, ctx: DecisionContext) -> str:
        level, required = facts["skill_level"], facts["required_level"]
        if not required > 0:
            return "This work asks for no particular skill"
        if np.isnan(level):
            return f"Skill level not known, {required:.0f} asked for"
        above = round(level - required)
        if above > 0:
            steps = {1: "one", 2: "two"}.get(above, str(above))
            text = f"Skill level {level:.0f}, {steps} above the {required:.0f} asked for"
        elif above == 0:
            text = f"Skill level {level:.0f}, exactly what the job asks for"
        else:
            text = f"Skill level {level:.0f}, below the {required:.0f} asked for"
        others = field.tied - 1
        if field.place == 1 and field.of > 1 and others == 0:
            return f"{text}, the highest of {field.of}"
        return text
