"""Answers to offers by text: "YES 4821", "NO 4821", from the contractor's own number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection

from jobs.actors import Actor
from jobs.errors import DomainError
from jobs.models import Message, Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.locked import database_now
from jobs.services.offer_links import offers_with_code
from jobs.services.outgoing import Outgoing, signed_by, write_outgoing
from jobs.services.received import is_new
from jobs.services.transactions import service
from jobs.services.ways import Way
from jobs.states import AnswerVia, DeclineReason, OfferStatus
from network.models import Contractor
from network.models.contractor import ContractorStatus
from network.phones import e164

log = structlog.get_logger(__name__)

#: Codes of offers that were closed so long ago are still recognised, to say what became of them.
REMEMBERED = timedelta(days=2)
#: Texts an hour from one number that answer nothing; further ones get no reply (ours).
MOST_WRONG = 5

_YES = frozenset({"yes", "y", "si", "sí", "ok", "accept"})
_NO = frozenset({"no", "n", "decline"})
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"(?<!\d)\d{4}(?!\d)")


def read_text(text: str) -> tuple[str, str]:
    """(``yes``, ``no`` or '', the code or ''). More than one code, or both words, is none."""
    words = {word.lower() for word in _WORD.findall(text)}
    says_yes, says_no = bool(words & _YES), bool(words & _NO)
    codes = set(_CODE.findall(text))
    answer = "" if says_yes == says_no else "yes" if says_yes else "no"
    return answer, codes.pop() if len(codes) == 1 else ""


@service
def take_text(*, sender: str, text: str, key: str) -> str:
    """Take one text, once per ``key``; returns what was replied, as a word.

    ``accepted`` and ``declined`` are what was done. Anything else has changed nothing and its reply
    says why: ``too_late``, ``refused``, ``unknown``, ``ambiguous``, ``no_code``, ``no_word``.
    ``nobody`` (not a number of ours), ``again`` and ``silent`` get no reply.
    """
    if not is_new(scope="sms", operation="received", key=key):
        return "again"
    number = e164(sender)
    contractors = _with_number(number) if number else []
    if not contractors:
        log.info("a text from a number of nobody", key=key)
        return "nobody"
    at = database_now()
    if _wrong_ones(number, at) >= MOST_WRONG:
        return "silent"
    kind, contractor, said = _answer(contractors, text, at)
    write_outgoing(
        [
            Outgoing(
                branch_id=contractor.branch_id,
                recipient_kind=Message.Recipient.CONTRACTOR,
                template=Message.Template.TEXT_REPLY,
                contractor_id=contractor.pk,
                cause=f"text:{key}"[:120],
                context={
                    **signed_by(contractor.branch),
                    "name": contractor.name,
                    "kind": kind,
                    **said,
                },
                way=Way("sms", number, contractor.language or contractor.branch.language),
            )
        ],
        at=at,
    )
    return kind


Said = dict[str, str]


def _answer(
    contractors: Sequence[Contractor], text: str, at: datetime
) -> tuple[str, Contractor, Said]:
    answer, code = read_text(text)
    first = contractors[0]
    if not answer:
        return "no_word", first, {}
    if not code:
        return "no_code", first, {}
    lately = list(
        Offer.objects.filter(
            contractor__in=[one.pk for one in contractors], made_at__gte=at - REMEMBERED
        )
        .select_related("contractor__branch", "job__service_type", "booking")
        .order_by("-made_at", "-pk")
    )
    matching = offers_with_code(lately, code)
    open_ones = [
        offer for offer in matching if offer.status == OfferStatus.PENDING and offer.expires_at > at
    ]
    if len(open_ones) > 1:
        return "ambiguous", first, {}
    if not matching:
        return "unknown", first, {"code": code}
    offer = open_ones[0] if open_ones else matching[0]
    who = offer.contractor
    said = {
        "service": offer.job.service_type.name,
        "area": offer.job.area,
        "postcode": offer.job.postcode,
        "window_start": offer.job.window_start.isoformat(),
        "window_end": offer.job.window_end.isoformat(),
        "time_zone": offer.job.time_zone,
    }
    return _do(answer, offer, who, said)


def _do(answer: str, offer: Offer, who: Contractor, said: Said) -> tuple[str, Contractor, Said]:
    actor = Actor.contractor(who)
    try:
        if answer == "yes":
            booking = accept_offer(offer_id=offer.pk, actor=actor, via=AnswerVia.TEXT)
            return "accepted", who, {**said, "booking": str(booking.public_id)}
        decline_offer(
            offer_id=offer.pk,
            reason=DeclineReason.OTHER,
            note="Answered by text.",
            actor=actor,
            via=AnswerVia.TEXT,
        )
    except DomainError as error:
        late = type(error).__name__ == "OfferNoLongerOpen"
        return "too_late" if late else "refused", who, {**said, "why": str(error.detail)}
    return "declined", who, said


def _with_number(number: str) -> list[Contractor]:
    """Contractors with that number, however it is written; those who left answer nothing."""
    digits = number.lstrip("+")
    found = (
        Contractor.objects.exclude(status=ContractorStatus.LEFT)
        .exclude(phone="")
        .extra(  # the last digits by an expression; e164 decides
            where=["right(regexp_replace(network_contractor.phone, '\\D', '', 'g'), 7) = %s"],
            params=[digits[-7:]],
        )
        .select_related("branch")
        .order_by("pk")
    )
    return [contractor for contractor in found if e164(contractor.phone) == number]


def _wrong_ones(number: str, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM jobs_message WHERE cause LIKE 'text:%%' AND address = %s"
            " AND created_at > %s AND context->>'kind' IN ('unknown', 'no_code', 'no_word')",
            [number, at - timedelta(hours=1)],
        )
        return int(cursor.fetchone()[0])
