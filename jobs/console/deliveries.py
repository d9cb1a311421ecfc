"""How messages fared, for the messages page: by state, by channel, and what else was tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from jobs.channels import vapid
from jobs.models import Message

#: Neither the provider nor anybody after it got the message to its recipient.
NOT_ARRIVED = Q(status=Message.Status.FAILED) | Q(delivery__in=["bounced", "failed"])

STATES = [
    ("pending", "Waiting"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("failed", "Not arrived"),
]


def in_state(messages: QuerySet[Message], state: str) -> QuerySet[Message]:
    """The messages in one of ``STATES``."""
    if state == "failed":
        return messages.filter(NOT_ARRIVED)
    if state == "delivered":
        return messages.filter(delivery__in=["delivered", "opened", "complained"])
    if state == "sent":
        return messages.filter(status="sent").exclude(NOT_ARRIVED)
    return messages.filter(status=state)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One line of the channels' panel: how the last hour went."""

    name: str
    text: str
    tone: str
    word: str
    icon: str


def channels(messages: QuerySet[Message], *, at: datetime) -> list[ChannelState]:
    """E-mail, texts, push: what went out in the last hour and whether it works; one query."""
    rows = {
        row["channel"]: row
        for row in messages.filter(created_at__gte=at - timedelta(hours=1))
        .order_by()
        .values("channel")
        .annotate(
            all=Count("pk"),
            lost=Count("pk", filter=NOT_ARRIVED),
            stuck=Count("pk", filter=Q(status="pending") & ~Q(error="")),
        )
    }
    is_on = {
        "email": True,
        "sms": bool(settings.SMS_BACKEND),
        "push": bool(vapid.private_pem()),
    }
    titles = {"email": "E-mail", "sms": "Text", "push": "Push"}
    return [_channel(titles[key], is_on[key], rows.get(key)) for key in titles]


def _channel(name: str, is_on: bool, row: Any) -> ChannelState:
    if not is_on:
        return ChannelState(name, "not set up", "is-quiet", "Off", "minus")
    if row is None:
        return ChannelState(name, "nothing in the last hour", "is-quiet", "Ready", "check")
    text = f"{row['all']:,} in the last hour"
    if row["lost"]:
        text += f", {row['lost']:,} not arrived"
    if row["stuck"]:
        return ChannelState(
            name, f"{text}, {row['stuck']:,} tried again", "is-warn", "Slow", "clock"
        )
    return ChannelState(name, text, "is-good", "Works", "check")


def other_ways(message: Message) -> list[Message]:
    """The same thing told to the same recipient by other ways, in order; one query."""
    same = Message.objects.filter(
        recipient_kind=message.recipient_kind, contractor=message.contractor_id
    ).exclude(pk=message.pk)
    if message.event_id is not None:
        same = same.filter(event=message.event_id)
    else:
        same = same.filter(cause=message.cause)
    return list(same.order_by("pk")[:6])
