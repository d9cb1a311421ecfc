"""What follows when a message did not arrive: the next way, else the offer moves on.

An offer whose every way has failed never counts as silence: it is taken back as undeliverable and
the next candidate is asked at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import structlog
from django.db import connection, transaction

from jobs.errors import DomainError
from jobs.models import JobEvent, Message
from jobs.queue import DEFAULT, FOLD_OUTCOMES, TaskTimeout, hint
from jobs.services.locked import database_now
from jobs.services.outgoing import Outgoing, write_outgoing
from jobs.services.undeliverable import pass_on_undeliverable
from jobs.services.ways import Way
from jobs.states import OfferStatus
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import attribute_outcomes

log = structlog.get_logger(__name__)

#: Delivery states that mean: the recipient has not got it. A complaint means that he has.
NOT_ARRIVED = (Message.Delivery.BOUNCED, Message.Delivery.FAILED)
_OFFER = Message.Template.OFFER_MADE
#: Kept out of what the next way is told: each link is made for one message.
_OWN = ("secret", "code")


@transaction.atomic
def try_next_ways(messages: Collection[Message]) -> int:
    """Write the next way of each message that its own has failed; returns how many are new.

    An offer that is closed by now is told by no further way.
    """
    with_ways = [message for message in messages if message.next_ways]
    if not with_ways:
        return 0
    offers = {m.event_id for m in with_ways if m.template == _OFFER and m.event_id}
    still_open = set(
        JobEvent.objects.filter(pk__in=offers, offer__status=OfferStatus.PENDING).values_list(
            "pk", flat=True
        )
        if offers
        else ()
    )
    onward = [
        _onward(message)
        for message in with_ways
        if message.template != _OFFER or message.event_id in still_open
    ]
    return write_outgoing(onward, at=database_now()) if onward else 0


def excuse_silence(message: Message) -> bool:
    """A message that, as we hear only now, never arrived: was it the only word of an offer that
    ran out, then the silence is the system's. Part of the caller's transaction."""
    if message.template != _OFFER or message.event_id is None:
        return False
    arrived = Message.objects.filter(
        event=message.event_id, template=_OFFER, status=Message.Status.SENT
    ).exclude(delivery__in=NOT_ARRIVED)
    event = (
        JobEvent.objects.filter(pk=message.event_id, offer__status=OfferStatus.EXPIRED)
        .select_related("offer")
        .first()
    )
    if event is None or event.offer is None or arrived.exists():
        return False
    excused = attribute_outcomes(
        source_ref=event.offer.public_id, kinds=[OutcomeKind.EXPIRED], due_to=DueTo.SYSTEM
    )
    if excused:
        hint(DEFAULT, FOLD_OUTCOMES)
    return bool(excused)


def _onward(message: Message) -> Outgoing:
    (channel, address), *behind = message.next_ways
    context: dict[str, Any] = {k: v for k, v in message.context.items() if k not in _OWN}
    return Outgoing(
        branch_id=message.branch_id,
        recipient_kind=message.recipient_kind,
        template=message.template,
        contractor_id=message.contractor_id,
        event_id=message.event_id,
        job_id=message.job_id,
        cause=message.cause,
        context=context,
        way=replace(Way(channel, address, message.language), next_ways=behind),
    )


_UNREACHED = """
SELECT DISTINCT e.offer_id
  FROM jobs_message m
  JOIN jobs_jobevent e ON e.id = m.event_id
  JOIN jobs_offer o ON o.id = e.offer_id AND o.status = 'pending'
       AND o.expires_at > (SELECT app_now())
 WHERE m.template = 'offer_made' AND (m.status = 'failed' OR m.delivery IN ('bounced', 'failed'))
   AND m.created_at > (SELECT app_now()) - interval '3 days'
   AND NOT EXISTS (
     SELECT 1 FROM jobs_message other
      WHERE other.event_id = m.event_id AND other.template = 'offer_made'
        AND other.status <> 'failed' AND other.delivery NOT IN ('bounced', 'failed'))
 ORDER BY 1 LIMIT 500
"""


def move_undeliverable_offers() -> int:
    """Take back every pending offer that nobody could be told of; returns how many.

    Found by query, so that nothing is lost when a worker dies between a failure and this. Running
    it twice changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNREACHED)
        offers = [row[0] for row in cursor.fetchall()]
    moved = 0
    for offer_id in offers:
        try:
            moved += pass_on_undeliverable(offer_id=offer_id)
        except TaskTimeout:
            raise
        except DomainError as error:
            log.info("offer not moved on", offer=offer_id, error=str(error))
        except Exception:
            log.exception("an undeliverable offer could not be moved on", offer=offer_id)
    return moved
