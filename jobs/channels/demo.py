"""E-mail and texts of a demo: kept in the database, read on the mailbox page, sent nowhere.

Account mails with their codes are among them, so both refuse to work outside a demo.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from jobs.models import DemoMail

#: So many are kept.
KEPT = 300


def _refuse_outside_of_a_demo() -> None:
    if not settings.DEMO:
        raise ImproperlyConfigured(
            "The demo's mailbox shows every mail to everybody and is for DEMO=1 only. "
            "Set EMAIL_HOST, EMAIL_PROVIDER or SMS_URL."
        )


def _keep(rows: Sequence[DemoMail]) -> None:
    DemoMail.objects.bulk_create(rows)
    oldest = DemoMail.objects.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1]
    for pk in oldest:
        DemoMail.objects.filter(pk__lte=pk).delete()


class MailboxBackend(BaseEmailBackend):
    """Keeps every e-mail of the site for the mailbox page, and prints a line for each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_outside_of_a_demo()
        super().__init__(*args, **kwargs)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = []
        for message in email_messages:
            recipients = ", ".join(message.recipients())
            print(f"mail to {recipients}: {message.subject}", flush=True)
            rows.append(
                DemoMail(
                    kind=DemoMail.Kind.EMAIL,
                    recipients=recipients[:500],
                    subject=str(message.subject)[:300],
                    body=str(message.body),
                )
            )
        _keep(rows)
        return len(rows)


class MailboxTexts:
    """Keeps every text of the site for the mailbox page, and prints a line for each."""

    def __init__(self) -> None:
        _refuse_outside_of_a_demo()

    def send(self, *, key: str, to: str, text: str) -> str:
        print(f"text to {to}: {text}", flush=True)
        _keep([DemoMail(kind=DemoMail.Kind.TEXT, recipients=to, body=text)])
        return f"demo-{key}"
