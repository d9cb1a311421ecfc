"""Sends what the outbox holds: claimed in one short transaction, sent outside of any.

At least once: a worker killed between sending and noting it sends again, with the same key, so that
a provider that knows keys, or a mailbox that knows Message-IDs, shows it once. Delivery runs on
wall time, since mail servers do.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, Protocol

import structlog
from django.db import connection, transaction

from jobs.channels.email import EmailChannel
from jobs.channels.push import PushChannel
from jobs.channels.results import Away, NotNow, Refused
from jobs.channels.sms import SmsChannel
from jobs.messaging import kept_body, of, urgent_keys
from jobs.messaging.overrides import Overrides, compose, overrides_for
from jobs.models import Message, MessageText
from jobs.queue import TaskTimeout
from jobs.services.broken_words import report_broken
from jobs.services.customer_links import customer_url
from jobs.services.deliveries import move_undeliverable_offers, try_next_ways
from jobs.services.offer_links import mint_links

log = structlog.get_logger(__name__)

#: After so many tries a message has failed, and staff can see it.
TRIES = 6
#: What cannot wait is told by the next way as well when its own has failed so often.
IMPATIENT_AFTER = 2
#: First pause between two tries, in seconds; it doubles each time (wall time).
FIRST_PAUSE_SECONDS = 30


class Channel(Protocol):
    """A way by which messages leave. ``open`` and ``send`` raise as jobs.channels.results says."""

    def open(self) -> None: ...

    def send(self, message: Message, subject: str, body: str) -> str: ...

    def close(self) -> None: ...


CHANNELS: dict[str, type[Any]] = {"email": EmailChannel, "sms": SmsChannel, "push": PushChannel}


@transaction.atomic
def claim_due_messages(*, limit: int = 200) -> list[Message]:
    """Take messages that are due, pushing their next try forward; nobody else gets them.

    What is urgent comes first: an offer does not stand behind a letter to a thousand contractors.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            # Materialized: a subquery could be run once more per row, and lock more than the limit.
            "WITH due AS MATERIALIZED (SELECT id FROM jobs_message"
            "   WHERE status = 'pending' AND next_attempt_at <= clock_timestamp()"
            "     AND (not_before IS NULL OR not_before <= (SELECT app_now()))"
            "   ORDER BY template = ANY(%s) DESC, next_attempt_at LIMIT %s"
            "   FOR UPDATE SKIP LOCKED)"
            " UPDATE jobs_message m SET attempts = m.attempts + 1, next_attempt_at ="
            " clock_timestamp() + interval '1 second' * %s * power(2, m.attempts)"
            "  FROM due WHERE m.id = due.id RETURNING m.id",
            [urgent_keys(), limit, FIRST_PAUSE_SECONDS],
        )
        ids = [row[0] for row in cursor.fetchall()]
    messages = list(Message.objects.filter(pk__in=ids).select_related("job").order_by("pk"))
    mint_links(messages)
    for message in messages:
        if message.recipient_kind == Message.Recipient.CUSTOMER and message.job is not None:
            # Not into the row: it is made again from the link whenever the words are.
            message.context = {**message.context, "customer_url": customer_url(message.job)}
    return messages


def send_due_messages(*, limit: int = 200) -> int:
    """Send one batch; returns how many were claimed. A failure concerns that message only."""
    messages = claim_due_messages(limit=limit)
    if not messages:
        return 0
    overrides = overrides_for(messages)
    broken: list[MessageText] = []
    messages.sort(key=lambda message: (message.channel, message.pk))
    for name, of_channel in groupby(messages, key=lambda message: message.channel):
        _send_by(CHANNELS[name](), list(of_channel), overrides, broken)
    report_broken(broken, branch_ids={message.branch_id for message in messages})
    return len(messages)


def _send_by(
    channel: Channel, messages: list[Message], overrides: Overrides, broken: list[MessageText]
) -> None:
    """Send those of one channel; texts of staff that could not be used are added to ``broken``."""
    try:
        channel.open()
    except Away as error:
        # Nobody's message is at fault while the server is away: none uses up a try.
        log.warning("the channel does not answer", error=str(error))
        _postpone(messages, str(error))
        return
    sent: list[Message] = []
    failed: list[Message] = []
    refused: list[Message] = []
    try:
        for place, message in enumerate(messages):
            try:
                words = compose(message, overrides)
                message.subject, message.body = words.subject, words.body
                if words.broken is not None:
                    broken.append(words.broken)
                message.provider_id = channel.send(message, message.subject, message.body)[:200]
            except TaskTimeout:
                raise
            except Away as error:
                log.warning("the channel stopped answering", error=str(error))
                _postpone(messages[place:], str(error))
                break
            except Refused as error:
                log.warning("message refused", message=message.pk, error=str(error))
                message.error = str(error)[:300]
                refused.append(message)
            except Exception as error:
                text = str(error) if isinstance(error, NotNow) else repr(error)
                log.warning("message not sent", message=message.pk, error=text)
                message.error = text[:300]
                failed.append(message)
            else:
                sent.append(message)
    finally:
        _note_sent(sent)  # first, so that nothing that went out goes out again
        given_up = [message for message in failed if message.attempts >= TRIES]
        again = [message for message in failed if message.attempts < TRIES]
        _note_failures(again)
        _tell_besides([message for message in again if message.attempts >= IMPATIENT_AFTER])
        give_up(refused + given_up)
        channel.close()


def give_up(messages: list[Message]) -> None:
    """These will not arrive by this way: the next one is tried, else an offer moves on."""
    if not messages:
        return
    with transaction.atomic():
        _note_failures(messages, status="failed")
        try_next_ways(messages)
    move_undeliverable_offers()


def _note_sent(messages: list[Message]) -> None:
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message m SET status = 'sent', sent_at = app_now(), subject = u.subject,"
            " body = u.body, provider_id = u.provider, context = m.context - 'secret' - 'code',"
            " error = '' FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
            " AS u(id, subject, body, provider) WHERE m.id = u.id AND m.status = 'pending'",
            [
                [message.pk for message in messages],
                [message.subject[:200] for message in messages],
                [kept_body(message) for message in messages],
                [message.provider_id for message in messages],
            ],
        )


def _tell_besides(messages: list[Message]) -> None:
    """What cannot wait goes by its next way too, at once; its own is tried again all the same."""
    try_next_ways([message for message in messages if of(message.template).urgent])


def _postpone(messages: list[Message], error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message SET error = %s, attempts = attempts - 1, next_attempt_at ="
            " clock_timestamp() + interval '1 second' * %s WHERE id = ANY(%s)"
            " AND status = 'pending'",
            [error[:300], FIRST_PAUSE_SECONDS, [message.pk for message in messages]],
        )
    _tell_besides(messages)


def _note_failures(messages: list[Message], status: str = "pending") -> None:
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message m SET error = u.error, status = %s, subject = u.subject,"
            " body = u.body FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
            " AS u(id, error, subject, body) WHERE m.id = u.id AND m.status = 'pending'",
            [
                status,
                [message.pk for message in messages],
                [message.error for message in messages],
                [message.subject[:200] if status == "failed" else "" for message in messages],
                [kept_body(message) if status == "failed" else "" for message in messages],
            ],
        )
