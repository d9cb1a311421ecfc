"""The sections there are, in the order in which the wizard asks and *You* lists them.

Whoever adds one imports its class here and puts it into ``SECTIONS``.
"""

from __future__ import annotations

from portal.access import Acting
from portal.sections.base import FormSection, Section, SectionRefused
from portal.sections.business import Business
from portal.sections.documents import Documents
from portal.sections.hours import Hours
from portal.sections.prices import Prices
from portal.sections.skills import Skills
from portal.sections.where import Where

__all__ = [
    "SECTIONS",
    "FormSection",
    "Section",
    "SectionRefused",
    "find_section",
    "sections_of_step",
]

SECTIONS: tuple[type[Section], ...] = (Business, Skills, Where, Hours, Prices, Documents)


def find_section(key: str) -> type[Section]:
    """The section of that key. Raises LookupError."""
    for section in SECTIONS:
        if section.key == key:
            return section
    raise LookupError(f"There is no section “{key}”.")


def sections_of_step(step: int, acting: Acting) -> list[type[Section]]:
    """What a step of the wizard shows to this user, in order."""
    return [section for section in SECTIONS if section.step == step and section.is_for(acting)]
