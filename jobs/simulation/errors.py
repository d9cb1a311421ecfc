"""Why a simulation cannot run, and what to do."""

from __future__ import annotations


class SimulationError(Exception):
    """Cannot begin or cannot go on; the message says what to do."""


class Refused(Exception):
    """The site refused a step: too late, taken, or no longer theirs. That is part of the play."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
