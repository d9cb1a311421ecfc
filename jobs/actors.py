"""Who did something: written on every job event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change: ``kind`` for rules, ``label`` for people."""

    kind: str  # system | clock | staff | contractor | customer | api | import | simulation
    label: str
    user_id: int | None = None

    @classmethod
    def system(cls, label: str = "Firstcall") -> Actor:
        return cls("system", label)

    @classmethod
    def clock(cls) -> Actor:
        return cls("clock", "the clock")

    @classmethod
    def staff(cls, user: Any) -> Actor:
        return cls("staff", user.name or user.email, user.pk)

    @classmethod
    def contractor(cls, contractor: Any, user: Any = None) -> Actor:
        return cls("contractor", contractor.name, user.pk if user is not None else None)

    @classmethod
    def api(cls, label: str) -> Actor:
        return cls("api", label)

    @property
    def is_staff(self) -> bool:
        """Whether a person of the branch did it (counts against touchless handling)."""
        return self.kind == "staff"
