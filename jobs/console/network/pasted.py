"""Reads a pasted list of addresses: what can be used, and which lines cannot, and why. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

#: So many at once; more is a list for the import.
MOST = 500
_ADDRESS = re.compile(r"[^\s<>,;\"'()]+@[^\s<>,;\"'()]+")


@dataclass(frozen=True, slots=True)
class Invitee:
    """One line that can be used."""

    line: int
    email: str
    name: str


@dataclass(slots=True)
class Pasted:
    """``bad`` are (line number, text, why)."""

    invitees: list[Invitee] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)


def read_pasted(text: str) -> Pasted:
    """One address a line, with a name before or after it; several in a line are several people.

    The same address twice is used once and not called bad.
    """
    found = Pasted()
    seen: set[str] = set()
    for number, line in enumerate(text.replace("\0", "").splitlines(), 1):
        line = line.strip().strip(",;").strip()
        if not line:
            continue
        addresses = _ADDRESS.findall(line)
        if not addresses:
            found.bad.append((number, line[:80], "there is no e-mail address in it"))
            continue
        alone = len(addresses) == 1
        for address in addresses:
            email = address.strip(".").lower()
            try:
                validate_email(email)
            except ValidationError:
                found.bad.append((number, address[:80], "this is not an e-mail address"))
                continue
            if email in seen:
                continue
            if len(seen) >= MOST:
                found.bad.append((number, address[:80], f"{MOST} at once are the most"))
                continue
            seen.add(email)
            found.invitees.append(Invitee(number, email, _name(line, address) if alone else ""))
    return found


def _name(line: str, address: str) -> str:
    rest = line.replace(address, " ")
    return " ".join(re.sub(r"[<>\"(),;\t]+", " ", rest).split())[:120]
