"""Refusals of the network's services, each with words for the person who asked."""

from __future__ import annotations


class NetworkError(Exception):
    """A change that cannot be made. ``code`` is for programs, ``detail`` for people.

    ``field`` names the input at fault where there is one.
    """

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
