"""What the ranking refuses, in words that a person can act on."""

from __future__ import annotations


class PolicyError(Exception):
    """A policy cannot be used, saved or published as it is.

    ``code`` is stable for programs, ``detail`` one sentence for people, ``field`` the form field
    it belongs to (empty when it belongs to none).
    """

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


class DisputeError(PolicyError):
    """A dispute can not be opened or decided like this; same fields as PolicyError."""
