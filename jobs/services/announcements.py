"""Messages that concern no job: written into the outbox like all others, and sent by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobs.services.outgoing import Outgoing, write_outgoing


@dataclass(frozen=True, slots=True)
class Announcement:
    """One message to one recipient. ``cause`` says what it is about: nobody hears the same twice.

    ``address`` is the e-mail address; a contractor's number and wishes are looked up.
    """

    branch_id: int
    cause: str
    recipient_kind: str
    address: str
    template: str
    contractor_id: int | None = None
    context: dict[str, Any] = field(default_factory=dict)


def announce(messages: Sequence[Announcement], *, at: datetime) -> int:
    """Write them, part of the caller's transaction; a fixed number of statements.

    Returns how many are new. Whoever has no address gets none.
    """
    return write_outgoing(
        [
            Outgoing(
                branch_id=message.branch_id,
                recipient_kind=message.recipient_kind,
                template=message.template,
                email=message.address,
                contractor_id=message.contractor_id,
                cause=message.cause,
                context=message.context,
            )
            for message in messages
        ],
        at=at,
    )
