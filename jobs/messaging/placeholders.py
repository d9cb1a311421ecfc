"""The placeholder language of message texts: ``{name}`` and nothing else. Pure.

No attributes, no calls, no formats: a text can neither run anything nor reach what it was not
given. ``{{`` and ``}}`` write braces. A line that says nothing but placeholders, all of them
empty, is left out, and so is the empty line before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
#: The longest text that is filled in.
LONGEST = 10_000


class PlaceholderError(ValueError):
    """A text that cannot be filled in; the message says where and what would be right."""


def names(text: str) -> list[str]:
    """The placeholders of the text, in order, each once. Raises PlaceholderError."""
    found: dict[str, None] = {}
    for token in _TOKEN.finditer(text):
        if token.group(0) in ("{{", "}}"):
            continue
        name = token.group(1)
        if name is None:
            line = text.count("\n", 0, token.start()) + 1
            raise PlaceholderError(
                f"Line {line} has a single “{token.group(0)}”. Write {{name}} for a placeholder, "
                "or {{ and }} for braces."
            )
        if not _NAME.match(name):
            raise PlaceholderError(
                f"“{{{name}}}” is no placeholder: only a name stands between the braces, as in "
                "{name}."
            )
        found[name] = None
    return list(found)


def check(text: str, known: Iterable[str]) -> None:
    """Raise PlaceholderError, naming all that are known, when the text cannot be filled in."""
    if len(text) > LONGEST:
        raise PlaceholderError(f"At most {LONGEST:,} characters.")
    allowed = sorted(known)
    unknown = [name for name in names(text) if name not in allowed]
    if unknown:
        listed = ", ".join(f"{{{name}}}" for name in unknown)
        raise PlaceholderError(
            f"{listed} is not known here. Known are: "
            + ", ".join(f"{{{name}}}" for name in allowed)
            + "."
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in. Values are never read as texts themselves.

    Raises PlaceholderError for a text that ``check`` refuses.
    """
    check(text, values)
    lines: list[str] = []
    dropped = False
    for line in text.replace("\r\n", "\n").split("\n"):
        if _says_nothing(line, values):
            dropped = True
            continue
        if dropped and not line.strip() and (not lines or not lines[-1].strip()):
            continue
        dropped = False
        lines.append(_TOKEN.sub(lambda token: _value(token, values), line))
    return "\n".join(lines)


def _value(token: re.Match[str], values: Mapping[str, str]) -> str:
    whole = token.group(0)
    if whole in ("{{", "}}"):
        return whole[0]
    return values[token.group(1)]


def _says_nothing(line: str, values: Mapping[str, str]) -> bool:
    found = names(line)
    if not found or any(values[name] for name in found):
        return False
    return not re.search(r"\w", _TOKEN.sub("", line)) and "{{" not in line and "}}" not in line
