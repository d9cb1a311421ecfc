"""Sends what the outbox holds: claimed in one short transaction, sent outside of any.

At least once: a worker killed between sending and noting it sends again. Delivery runs on
wall time, since mail servers do.
"""

from __future__ import annotations

import structlog
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction

from jobs.messages import kept_body, render
from jobs.models import Message
from jobs.queue import TaskTimeout

log = structlog.get_logger(__name__)

#: After so many tries a message has failed, and staff can see it.
TRIES = 6
#: First pause between two tries, in seconds; it doubles each time (wall time).
FIRST_PAUSE_SECONDS = 30


@transaction.atomic
def claim_due_messages(*, limit: int = 200) -> list[Message]:
    """Take messages that are due, pushing their next try forward; nobody else gets them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message m SET attempts = m.attempts + 1, next_attempt_at ="
            " clock_timestamp() + interval '1 second' * %s * power(2, m.attempts)"
            "  FROM (SELECT id FROM jobs_message"
            "   WHERE status = 'pending' AND next_attempt_at <= clock_timestamp()"
            "   ORDER BY next_attempt_at LIMIT %s FOR UPDATE SKIP LOCKED) due"
            " WHERE m.id = due.id RETURNING m.id",
            [FIRST_PAUSE_SECONDS, limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Message.objects.filter(pk__in=ids).order_by("pk"))


def send_due_messages(*, limit: int = 200) -> int:
    """Send one batch; returns how many were claimed. A failure concerns that message only."""
    messages = claim_due_messages(limit=limit)
    if not messages:
        return 0
    mail = get_connection()
    sent: list[Message] = []
    failed: list[Message] = []
    try:
        mail.open()
    except OSError as error:
        # Nobody's mail is at fault while the server is away: none uses up a try.
        log.warning("the mail server does not answer", error=repr(error))
        _postpone(messages, repr(error))
        return len(messages)
    try:
        for message in messages:
            try:
                message.subject, message.body = render(message)
                EmailMessage(
                    subject=message.subject,
                    body=message.body,
                    to=[message.address],
                    connection=mail,
                    headers={"X-Firstcall-Message": str(message.pk)},
                ).send()
            except TaskTimeout:
                raise
            except Exception as error:
                log.warning("message not sent", message=message.pk, error=repr(error))
                message.error = repr(error)[:300]
                failed.append(message)
            else:
                sent.append(message)
    finally:
        _note_sent(sent)  # first, so that nothing that went out goes out again
        for message in failed:
            _note_failures([message], message.error)
        mail.close()
    return len(messages)


def _note_sent(messages: list[Message]) -> None:
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message m SET status = 'sent', sent_at = app_now(), subject = u.subject,"
            " body = u.body, context = m.context - 'secret', error = ''"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[])"
            " AS u(id, subject, body) WHERE m.id = u.id AND m.status = 'pending'",
            [
                [message.pk for message in messages],
                [message.subject[:200] for message in messages],
                [kept_body(message) for message in messages],
            ],
        )


def _postpone(messages: list[Message], error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message SET error = %s, attempts = attempts - 1, next_attempt_at ="
            " clock_timestamp() + interval '1 second' * %s WHERE id = ANY(%s)"
            " AND status = 'pending'",
            [error[:300], FIRST_PAUSE_SECONDS, [message.pk for message in messages]],
        )


def _note_failures(messages: list[Message], error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message SET error = %s, status = CASE WHEN attempts >= %s THEN 'failed'"
            " ELSE status END WHERE id = ANY(%s) AND status = 'pending'",
            [error[:300], TRIES, [message.pk for message in messages]],
        )
