"""One-tap links to offers, and the short codes that answer them.

The link's secret is random, signed, and kept as a hash only. The code is derived from the offer and
the site's key: the same in every message of the offer, and nothing to steal from the database.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Sum
from django.utils.crypto import constant_time_compare, salted_hmac

from jobs.models import Message, Offer, OfferLink

#: Wrong codes that one offer takes, over all its links; then only a session answers (ours).
MOST_WRONG_CODES = 5
_NONCE = 22  # characters of 16 random bytes
_SIGNED_BY_LINK = frozenset({"email", "sms"})


def mint_links(messages: Sequence[Message]) -> None:
    """Give each message of an offer a link of its own and the offer's code; four statements.

    Part of the claim's transaction. A message tried again keeps the link it has.
    """
    wanted = [
        message
        for message in messages
        if message.template == Message.Template.OFFER_MADE
        and message.channel in _SIGNED_BY_LINK
        and "secret" not in message.context
        and message.context.get("offer")
    ]
    if not wanted:
        return
    _lock_jobs(wanted)
    offers = dict(
        Offer.objects.filter(
            public_id__in={message.context["offer"] for message in wanted}
        ).values_list("public_id", "pk")
    )
    links = []
    for message in wanted:
        offer_id = UUID(message.context["offer"])
        if offer_id not in offers:
            continue
        nonce = secrets.token_urlsafe(16)
        message.context = {
            **message.context,
            "secret": nonce + _signature(nonce),
            "code": code_of(offer_id),
        }
        links.append(OfferLink(offer_id=offers[offer_id], nonce_hash=_hash(nonce)))
    OfferLink.objects.bulk_create(links)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_message m SET context = m.context || jsonb_build_object("
            "'secret', u.secret, 'code', u.code)"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS u(id, secret, code)"
            " WHERE m.id = u.id",
            [
                [message.pk for message in wanted],
                [message.context.get("secret", "") for message in wanted],
                [message.context.get("code", "") for message in wanted],
            ],
        )


def _lock_jobs(messages: Sequence[Message]) -> None:
    """Keep to the order job before offer.

    The references of new links and changed messages are checked at the commit, and lock first the
    offers and then the jobs: against somebody who answers just then, that would be a deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM jobs_job WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",
            [sorted({message.job_id for message in messages if message.job_id is not None})],
        )


def offer_of_link(token: str) -> Offer | None:
    """The offer that the link shows; None for one that we never made. Reads only."""
    nonce, signature = token[:_NONCE], token[_NONCE:]
    if not any(constant_time_compare(signature, made) for made in _signatures(nonce)):
        return None
    return (
        Offer.objects.filter(links__nonce_hash=_hash(nonce))
        .select_related("job__service_type", "round", "contractor__branch", "technician", "booking")
        .first()
    )


def code_of(offer: UUID) -> str:
    """The four digits that answer the offer."""
    return _code(offer, settings.SECRET_KEY)


def is_code_of(offer: UUID, text: str) -> bool:
    """Whether the text is the offer's code, under the present key or one it has replaced."""
    return any(constant_time_compare(text, _code(offer, key)) for key in _keys())


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """``is_right``, and how many wrong ones are still taken; 0: this way is closed."""

    is_right: bool
    left: int


def check_code(*, offer: Offer, token: str, text: str) -> CodeCheck:
    """Check a code typed behind a link, counting wrong ones: five an offer, then none is right.

    The link's row is locked, so that many tries at once are counted one by one.
    """
    nonce_hash = _hash(token[:_NONCE])
    rows = OfferLink.objects.select_for_update().filter(offer=offer).order_by("pk")
    links = list(rows)
    wrong = sum(link.wrong_codes for link in links)
    if wrong >= MOST_WRONG_CODES:
        return CodeCheck(False, 0)
    if is_code_of(offer.public_id, _digits(text)):
        return CodeCheck(True, MOST_WRONG_CODES - wrong)
    OfferLink.objects.filter(nonce_hash=nonce_hash).update(wrong_codes=F("wrong_codes") + 1)
    return CodeCheck(False, MOST_WRONG_CODES - wrong - 1)


def codes_left(offer: Offer) -> int:
    """How many codes may still be tried for the offer."""
    wrong = OfferLink.objects.filter(offer=offer).aggregate(wrong=Sum("wrong_codes"))["wrong"] or 0
    return max(0, MOST_WRONG_CODES - wrong)


def offers_with_code(offers: Iterable[Offer], text: str) -> list[Offer]:
    """Those of the offers whose code it is."""
    return [offer for offer in offers if is_code_of(offer.public_id, text)]


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _code(offer: UUID, key: str) -> str:
    digest = salted_hmac("firstcall.offer-code", offer.bytes, secret=key, algorithm="sha256")
    return f"{int.from_bytes(digest.digest()[:8]) % 10_000:04d}"


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _signature(nonce: str) -> str:
    return next(_signatures(nonce))


def _signatures(nonce: str) -> Iterator[str]:
    for key in _keys():
        mac = salted_hmac("firstcall.offer-link", nonce, secret=key, algorithm="sha256")
        yield urlsafe_b64encode(mac.digest()[:12]).decode()


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
