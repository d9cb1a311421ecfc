"""What became of one try to send."""

from __future__ import annotations


class Refused(Exception):
    """For good: another try by this way would be refused as well."""


class NotNow(Exception):
    """This message could not be sent now; a later try may work."""


class Away(Exception):
    """The whole channel does not answer: nobody's message is at fault."""
