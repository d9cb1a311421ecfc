"""How far an import is, for the page that waits for it.

It lies in the cache: not a fact, and nothing depends on it. Whoever cannot read it waits as before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.core.cache import cache

KEPT_SECONDS = 600
WORDS = {
    "read": "rows read",
    "contractors": "firms compared",
    "people": "firms with their people and hours",
    "territories": "firms with their area",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``of``, and what was counted, in words."""

    words: str
    done: int
    of: int

    def as_json(self) -> dict[str, str | int]:
        return asdict(self)


def keep_progress(*, user_id: int | None, key: str) -> Callable[[str, int, int], None]:
    """A function for ``import_contractors`` that lets ``read_progress`` see how far it is."""

    def keep(what: str, done: int, of: int) -> None:
        cache.set(_name(user_id, key), [WORDS[what], done, of], KEPT_SECONDS)

    return keep


def read_progress(*, user_id: int | None, key: str) -> Progress | None:
    """None before it has begun, after it was long over, and for anybody else's import."""
    kept = cache.get(_name(user_id, key))
    return None if kept is None else Progress(*kept)


def _name(user_id: int | None, key: str) -> str:
    return f"contractor-import:{user_id}:{key}"
