"""What can go wrong in the domain, in words that say what to do.

Every refusal a user can meet is a ``DomainError``; pages show ``detail``, the API
answers a problem document whose ``type`` ends in ``code``.
"""

from __future__ import annotations


class DomainError(Exception):
    """A refusal with a stable ``code`` and a sentence for the person who met it."""

    code = "conflict"
    title = "That is not possible now"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class OfferNoLongerOpen(DomainError):
    """The offer was answered, expired or withdrawn before this answer came."""

    code = "offer-no-longer-open"
    title = "This offer is no longer open"


class JobIsFinal(DomainError):
    """The job is completed or cancelled; nothing changes any more."""

    code = "job-is-final"
    title = "This job is closed"


class MoveNotAllowed(DomainError):
    """The job is not in a state from which this step can be made."""

    code = "move-not-allowed"
    title = "This step is not possible now"


class AlreadyTaken(MoveNotAllowed):
    """The technician's time, or the job, went to somebody else a moment ago."""

    title = "Already taken"


class NotFound(DomainError):
    """Not there, or not the asker's: the two are never told apart."""

    code = "not-found"
    title = "Not found"


class InvalidInput(DomainError):
    """Input that cannot be used; ``errors`` maps a field to a sentence saying what to do."""

    code = "invalid-input"
    title = "Please correct the input"

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors
