"""Mail on a machine without a mail server."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class LineBackend(BaseEmailBackend):
    """Prints one line per message; whole messages are read on the console's messages page."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            print(f"mail to {', '.join(message.recipients())}: {message.subject}", flush=True)
        return len(email_messages)
