"""What can be wrong with a file or its mapping, in words that say what to do."""

from __future__ import annotations

from jobs.errors import DomainError


class IntakeError(DomainError):
    """The file or the mapping cannot be used at all; nothing was imported."""

    code = "unusable-import"
    title = "This cannot be imported"


class BadRow(Exception):
    """One row cannot be used; the others can. ``column`` is the file's name for it, or ''."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column
