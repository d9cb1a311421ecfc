"""Phone numbers in one form, so that two ways of writing one number are the same. Pure."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"(?:ext|x)\.?\s*\d+\s*\Z", re.IGNORECASE)


def e164(text: str) -> str:
    """``+16175550142`` for ``(617) 555-0142``; empty for what is no number to send a text to.

    Without a country a number of ten digits (or eleven that begin with 1) is North American, as
    in ITU-T E.164 with the country code 1. Extensions cannot receive texts.
    """
    stripped = text.strip()
    if not stripped or _EXTENSION.search(stripped):
        return ""
    digits = re.sub(r"\D", "", stripped)
    if stripped.startswith(("+", "00")):
        digits = digits[2:] if stripped.startswith("00") else digits
        return f"+{digits}" if 8 <= len(digits) <= 15 and digits[0] != "0" else ""
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    if len(digits) != 10 or digits[0] in "01":
        return ""
    return f"+1{digits}"
