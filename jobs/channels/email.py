"""E-mail by Django's backend: SMTP, or any provider of django-anymail."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

from anymail.exceptions import AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from jobs.channels.results import Away, NotNow, Refused
from jobs.models import Message
from jobs.queue import TaskTimeout


class EmailChannel:
    """One connection for a batch. ``open`` raises Away."""

    def open(self) -> None:
        self._connection = get_connection()
        try:
            self._connection.open()
        except OSError as error:
            raise Away(repr(error)) from error

    def send(self, message: Message, subject: str, body: str) -> str:
        """Send one; returns the provider's name of it, or ''. Raises Refused and NotNow.

        The Message-ID is the same at every try, so that a mailbox that gets it twice, because a
        server took it and did not say so in time, shows it once.
        """
        mail = EmailMessage(
            subject=subject,
            body=body,
            to=[message.address],
            connection=self._connection,
            headers={
                "Message-ID": message_id(message.pk),
                "X-Firstcall-Message": str(message.pk),
            },
        )
        # Read by anymail's backends alone: providers give it back with each delivery event.
        mail.metadata = {"message": str(message.pk)}  # type: ignore[attr-defined]
        try:
            mail.send()
        except TaskTimeout:
            raise
        except AnymailRecipientsRefused as error:
            raise Refused(str(error)) from error
        except SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if codes and all(code >= 500 for code in codes):
                raise Refused(repr(error)) from error
            raise NotNow(repr(error)) from error
        except SMTPResponseException as error:
            if error.smtp_code in _NO_SUCH_MAILBOX:
                raise Refused(repr(error)) from error
            raise NotNow(repr(error)) from error
        except Exception as error:
            raise NotNow(repr(error)) from error
        status = getattr(mail, "anymail_status", None)
        return str(getattr(status, "message_id", "") or "")

    def close(self) -> None:
        self._connection.close()


#: Replies about the mailbox itself (RFC 5321, 4.2.3).
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


def message_id(pk: int) -> str:
    """The Message-ID of the outbox's row: the same at every try."""
    return f"<message-{pk}@{urlsplit(settings.BASE_URL).hostname}>"
