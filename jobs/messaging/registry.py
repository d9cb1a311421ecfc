"""All message templates by key. A template is registered by decorating its function.

The function turns the frozen context of a message into the values of the placeholders; the texts
are written with them, one for each language. The texts that staff write instead know the same
placeholders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.messaging.samples import SAMPLE
from jobs.messaging.words import Context, Words

Values = dict[str, str]
Fill = Callable[[Context, Words], Values]


@dataclass(frozen=True, slots=True)
class Text:
    """The built-in words of one language. ``sms`` empty: subject and link."""

    subject: str
    body: str
    sms: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """``urgent``: goes out at any hour, by the channels for urgent things."""

    key: str
    title: str
    group: str
    urgent: bool
    texts: Mapping[str, Text]
    fill: Fill
    titles: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> tuple[str, Text]:
        """The language that is there, and its text: English when there is no other."""
        return (
            (language, self.texts[language]) if language in self.texts else ("en", self.texts["en"])
        )

    def values(self, context: Context, language: str) -> Values:
        """What each placeholder stands for in a message with this context."""
        own = self.fill(context, Words(language))
        return {
            "branch": context.get("branch", "Firstcall"),
            "office_phone": context.get("office_phone", ""),
            "link": "",
            **own,
        }

    def placeholders(self) -> list[str]:
        """The names that texts of this template may use."""
        return sorted(self.values(self.sample_context(), "en"))

    def sample_context(self) -> dict[str, Any]:
        """An invented context, for previews."""
        return {**SAMPLE, **self.sample}

    def title_in(self, language: str) -> str:
        return self.titles.get(language, self.title)


_TEMPLATES: dict[str, Template] = {}


def template(
    key: str,
    *,
    en: Text,
    es: Text | None = None,
    title: str | None = None,
    title_es: str = "",
    urgent: bool = False,
    sample: Mapping[str, Any] | None = None,
) -> Callable[[Fill], Fill]:
    """Register the decorated function as the template ``key``. Raises ValueError for a second one.

    ``title`` is what lists and notifications call it; the key's label unless given.
    """

    def register(fill: Fill) -> Fill:
        if str(key) in _TEMPLATES:
            raise ValueError(f"There are two templates {key}.")
        _TEMPLATES[str(key)] = Template(
            key=str(key),
            title=title or str(getattr(key, "label", key)),
            group=fill.__module__.rsplit(".", 1)[-1],
            urgent=urgent,
            texts={"en": en, **({"es": es} if es else {})},
            fill=fill,
            titles={"es": title_es} if title_es else {},
            sample=sample or {},
        )
        return fill

    return register


def of(key: str) -> Template:
    """The template with that key. Raises KeyError."""
    return _TEMPLATES[key]


def urgent_keys() -> list[str]:
    """The keys of the templates that cannot wait."""
    return [template.key for template in _TEMPLATES.values() if template.urgent]


def registered() -> list[Template]:
    """All templates, in the order of their groups."""
    return list(_TEMPLATES.values())
