"""Notes what a provider says of a message, and acts when it has not arrived."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.db import connection

from jobs.models import Message
from jobs.services.deliveries import (
    NOT_ARRIVED,
    excuse_silence,
    move_undeliverable_offers,
    try_next_ways,
)
from jobs.services.received import is_new
from jobs.services.transactions import service

log = structlog.get_logger(__name__)

_ORDER = ["", "delivered", "opened", "complained"]


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a provider. ``scope`` and ``key`` name it; the rest says which message."""

    scope: str
    key: str
    state: str
    message_id: int | None
    provider_id: str
    address: str
    note: str = ""


def note_delivery(told: Told) -> bool:
    """Take one event. False, and nothing changes, for one taken before or about nothing of ours.

    A message that the provider has taken counts as sent, also when we never got its answer: it is
    not sent again.
    """
    taken = _note(told)
    if taken and told.state in NOT_ARRIVED:
        move_undeliverable_offers()
    return taken


@service
def _note(told: Told) -> bool:
    if not is_new(scope=told.scope, operation="delivery", key=told.key):
        return False
    message = _find(told)
    if message is None:
        log.info("a delivery event about no message of ours", scope=told.scope, key=told.key)
        return False
    if not _says_more(message.delivery, told.state):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message SET delivery = %s, delivery_at = app_now(), delivery_note = %s,"
            " provider_id = CASE WHEN provider_id = '' THEN %s ELSE provider_id END,"
            " sent_at = coalesce(sent_at, app_now()), context = context - 'secret' - 'code',"
            " status = CASE WHEN status = 'pending' THEN 'sent' ELSE status END WHERE id = %s",
            [told.state, told.note[:300], told.provider_id[:200], message.pk],
        )
    if told.state in NOT_ARRIVED and message.status != Message.Status.FAILED:
        try_next_ways([message])
    if told.state in NOT_ARRIVED:
        excuse_silence(message)
    return True


def _find(told: Told) -> Message | None:
    """The message, locked. The address must be the one it went to."""
    rows = Message.objects.select_for_update()
    if told.message_id is not None:
        message = rows.filter(pk=told.message_id).first()
    elif told.provider_id:
        message = rows.filter(provider_id=told.provider_id).first()
    else:
        return None
    if message is None or (told.address and told.address.lower() != message.address.lower()):
        return None
    return message


def _says_more(before: str, after: str) -> bool:
    """Whether the new state is news: a bounce always is, once; the others only go forward."""
    if before == after or before in NOT_ARRIVED:
        return False
    if after in NOT_ARRIVED:
        return before in ("", Message.Delivery.DELIVERED)
    return _ORDER.index(after) > _ORDER.index(before)
