"""How a contractor wants to be told, and in which browsers its people are notified."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from jobs.channels.push import is_known_service
from jobs.errors import InvalidInput
from jobs.models import MessagePreference, PushSubscription
from network.models import Contractor, Language, User

#: Browsers of one user that are notified; a further one replaces the oldest (ours).
MOST_BROWSERS = 10
WAYS = ("email", "sms")


@transaction.atomic
def save_preferences(
    *,
    contractor_id: int,
    urgent_ways: Sequence[str],
    other_ways: Sequence[str],
    waits: bool,
    language: str,
) -> MessagePreference:
    """Note the order of ways for urgent things and for the rest, and the language ('' = branch's).

    Raises InvalidInput for no way, an unknown one, or one named twice.
    """
    for field, ways in (("urgent_ways", urgent_ways), ("other_ways", other_ways)):
        if not ways or len(set(ways)) != len(ways) or not set(ways) <= set(WAYS):
            raise InvalidInput({field: "Choose how you want to be told."})
    if language not in ("", *Language.values):
        raise InvalidInput({"language": "Choose a language."})
    contractor = Contractor.objects.select_for_update().get(pk=contractor_id)
    if contractor.language != language:
        contractor.language = language
        contractor.save(update_fields=["language"])
    row, _ = MessagePreference.objects.update_or_create(
        contractor=contractor,
        defaults={
            "urgent_ways": list(urgent_ways),
            "other_ways": list(other_ways),
            "waits": waits,
        },
    )
    return row


@transaction.atomic
def notify_browser(
    *, user: User, endpoint: str, p256dh: str, auth: str, device: str = ""
) -> PushSubscription:
    """Notify this browser of urgent things from now on. Saying so twice changes nothing.

    A browser that another user has signed in with goes over to this one. Raises InvalidInput for
    an address of no known push service, or keys that are none.
    """
    if not is_known_service(endpoint) or len(endpoint) > 1000:
        raise InvalidInput({"endpoint": "This browser’s push service is not known here."})
    if not 80 <= len(p256dh) <= 200 or not 16 <= len(auth) <= 100:
        raise InvalidInput({"keys": "The browser’s keys cannot be read."})
    row, _ = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"user": user, "p256dh": p256dh, "auth": auth, "device": device[:80]},
    )
    kept = PushSubscription.objects.filter(user=user).order_by("-pk")
    too_many = list(kept.values_list("pk", flat=True)[MOST_BROWSERS:])
    PushSubscription.objects.filter(pk__in=too_many).delete()
    return row


def forget_browser(*, user: User, endpoint: str = "", subscription_id: int | None = None) -> bool:
    """Notify this browser no more, named by its address or its row. False when it was not."""
    rows = PushSubscription.objects.filter(user=user)
    rows = rows.filter(pk=subscription_id) if subscription_id else rows.filter(endpoint=endpoint)
    return bool(rows.delete()[0])
