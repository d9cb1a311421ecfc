"""The message that gives one of a firm's people a login of their own."""

from __future__ import annotations

import structlog
from django.core.mail import EmailMessage

from network.models import TechnicianInvitation, User

log = structlog.get_logger(__name__)

_TEXT = """Hello {name},

{sender} has invited you to see your visits and time off at Firstcall, for {firm}.

Open this link and choose a password:

{address}

It works until {until} and for this address only. If you do not know {firm}, do nothing.
"""


def send_login_invitation(*, invitation: TechnicianInvitation, address: str, sender: User) -> bool:
    """Send the link; False when the mail server refuses. Call it after the invitation is saved."""
    contractor = invitation.contractor
    until = invitation.expires_at.astimezone(contractor.branch.zone)
    message = EmailMessage(
        subject=f"{contractor.name}: your own visits at Firstcall",
        body=_TEXT.format(
            name=invitation.technician.name,
            sender=sender.name or contractor.name,
            firm=contractor.name,
            address=address,
            until=f"{until:%a} {until.day} {until:%b}",
        ),
        to=[invitation.email],
    )
    try:
        message.send()
    except OSError as error:
        log.warning("an invitation could not be sent", error=repr(error))
        return False
    return True
