"""The skills of a branch by trade, as somebody looking for their own work would search them."""

from __future__ import annotations

from dataclasses import dataclass, field

from network.models import ServiceTypeSkill, Skill

#: Trades whose slug is no word.
_TRADE_NAMES = {"hvac": "Heating and cooling"}
REST = "Other skills"


@dataclass(frozen=True, slots=True)
class SkillChoice:
    """A skill, and the kinds of work that need it by the level they ask for."""

    id: int
    name: str
    works: dict[int, list[str]] = field(default_factory=dict)

    @property
    def works_text(self) -> str:
        """``Leak repair, toilet repair; from level 2: burst pipe``."""
        parts: list[str] = []
        for level, names in sorted(self.works.items()):
            listed = ", ".join(name[:1].lower() + name[1:] for name in names)
            parts.append(listed if level == 1 else f"from level {level}: {listed}")
        text = "; ".join(parts)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class TradeChoice:
    """A trade with its skills, by name."""

    name: str
    skills: list[SkillChoice]


def trade_name(slug: str) -> str:
    """``plumbing`` → ``Plumbing``."""
    return _TRADE_NAMES.get(slug) or slug.replace("-", " ").replace("_", " ").capitalize()


def trades_of(branch_id: int) -> list[TradeChoice]:
    """Every skill of the branch once, under the trade that needs it most; two queries."""
    skills = {
        skill.pk: SkillChoice(skill.pk, skill.name)
        for skill in Skill.objects.for_branch(branch_id).order_by("name")
    }
    trade_of: dict[int, dict[str, int]] = {}
    needs = ServiceTypeSkill.objects.filter(
        service_type__branch_id=branch_id, service_type__active=True
    ).order_by("service_type__name")
    for skill_id, level, name, trade in needs.values_list(
        "skill_id", "min_level", "service_type__name", "service_type__trade"
    ):
        if skill_id not in skills:
            continue
        skills[skill_id].works.setdefault(level, []).append(name)
        counts = trade_of.setdefault(skill_id, {})
        counts[trade] = counts.get(trade, 0) + 1
    trades: dict[str, list[SkillChoice]] = {}
    for skill_id, choice in skills.items():
        counts = trade_of.get(skill_id, {})
        main = max(counts, key=lambda slug: (counts[slug], slug)) if counts else ""
        trades.setdefault(main, []).append(choice)
    named = [TradeChoice(trade_name(slug), found) for slug, found in trades.items() if slug]
    rest = [TradeChoice(REST, found) for slug, found in trades.items() if not slug]
    return sorted(named, key=lambda trade: trade.name) + rest
