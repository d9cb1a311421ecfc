"""Remedies as buttons: what a card offers, and how telephone numbers are dialled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fix:
    """One remedy: a POST (``action``), a form in a dialog (``dialog``), or a plain link."""

    label: str
    icon: str
    hint: str = ""
    url: str = ""
    action: str = ""
    dialog: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    main: bool = False


def call(name: str, phone: str, *, hint: str = "", main: bool = False) -> Fix:
    """To call somebody; the number is the hint unless there is more to say."""
    return Fix(f"Call {name}", "phone", hint or phone, url=tel(phone), main=main)


def tel(phone: str) -> str:
    """The address that dials a number; North American numbers get their country's code."""
    digits = "".join(character for character in phone if character.isdigit())
    if phone.strip().startswith("+"):
        return f"tel:+{digits}"
    return f"tel:+1{digits}" if len(digits) == 10 else f"tel:{digits}"
