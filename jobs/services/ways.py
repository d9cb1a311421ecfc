"""By which channel each message goes, in which language, and not before when.

Two statements for any number of messages: one for contractors, one for customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db import connection

from jobs.messaging import of
from jobs.windows import contact_period
from network.phones import e164

#: The order for whoever has stated none.
DEFAULT_WAYS = ("email", "sms")
#: Customers get no text before and after these local hours unless it cannot wait (ours).
TEXTS_FROM, TEXTS_UNTIL = time(8), time(21)


@dataclass(frozen=True, slots=True)
class Way:
    """One message to write: where to, and where to next if that fails."""

    channel: str
    address: str
    language: str
    next_ways: list[list[str]] = field(default_factory=list)
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to tell one recipient. ``email`` is the address known to whoever tells it."""

    recipient_kind: str
    template: str
    email: str
    contractor_id: int | None = None
    job_id: int | None = None
    branch_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Contractor:
    phone: str
    language: str
    urgent_ways: list[str]
    other_ways: list[str]
    waits: bool
    contact_from: time | None
    contact_until: time | None
    time_zone: str
    users: list[int]


@dataclass(frozen=True, slots=True)
class _Customer:
    phone: str
    language: str
    time_zone: str


_CONTRACTORS = """
SELECT c.id, c.phone, coalesce(nullif(c.language, ''), b.language),
       coalesce(p.urgent_ways, %s::text[]), coalesce(p.other_ways, %s::text[]),
       coalesce(p.waits, true), c.contact_from, c.contact_until, b.time_zone,
       ARRAY(SELECT DISTINCT l.user_id FROM network_contractoruser l
               JOIN jobs_pushsubscription s ON s.user_id = l.user_id
              WHERE l.contractor_id = c.id AND l.technician_id IS NULL ORDER BY 1)
  FROM network_contractor c
  JOIN network_branch b ON b.id = c.branch_id
  LEFT JOIN jobs_messagepreference p ON p.contractor_id = c.id
 WHERE c.id = ANY(%s)
"""
_CUSTOMERS = """
SELECT j.id, j.customer_phone, coalesce(nullif(j.customer_language, ''), b.language), j.time_zone
  FROM jobs_job j JOIN network_branch b ON b.id = j.branch_id
 WHERE j.id = ANY(%s)
"""
_BRANCHES = "SELECT id, language FROM network_branch WHERE id = ANY(%s)"


def ways_of(wanted: Sequence[Wanted], *, at: datetime) -> list[list[Way]]:
    """The messages to write for each of ``wanted``, in the same order; none without an address.

    The first way that has an address is taken, the others stand behind it. Urgent things go also,
    at once, to the browsers in which the contractor's people have allowed notifications.
    """
    contractors = _contractors({w.contractor_id for w in wanted if w.contractor_id is not None})
    customers = _customers(
        {w.job_id for w in wanted if w.recipient_kind == "customer" and w.job_id}
    )
    branches = _branches(
        {
            w.branch_id
            for w in wanted
            if w.recipient_kind != "customer" and w.contractor_id is None and w.branch_id
        }
    )
    answers: list[list[Way]] = []
    for one in wanted:
        if one.recipient_kind == "contractor" and one.contractor_id in contractors:
            answers.append(_to_contractor(one, contractors[one.contractor_id], at))
        elif one.recipient_kind == "customer" and one.job_id in customers:
            answers.append(_to_customer(one, customers[one.job_id], at))
        else:
            language = branches.get(one.branch_id or 0, "en")
            answers.append([Way("email", one.email, language)] if one.email else [])
    return answers


def sms_is_on() -> bool:
    """Whether texts can be sent at all."""
    return bool(settings.SMS_BACKEND)


def _to_contractor(one: Wanted, who: _Contractor, at: datetime) -> list[Way]:
    urgent = of(one.template).urgent
    order = who.urgent_ways if urgent else who.other_ways
    not_before = None
    if not urgent and who.waits:
        not_before = _next_opening(at, who.contact_from, who.contact_until, who.time_zone)
    ways = _in_order(order, one.email, who.phone, who.language, not_before)
    if urgent:
        ways += [Way("push", f"user:{user}", who.language) for user in who.users]
    return ways


def _to_customer(one: Wanted, who: _Customer, at: datetime) -> list[Way]:
    ways = _in_order(DEFAULT_WAYS, one.email, who.phone, who.language, None)
    if ways and ways[0].channel == "sms" and not of(one.template).urgent:
        opening = _next_opening(at, TEXTS_FROM, TEXTS_UNTIL, who.time_zone)
        ways = [Way("sms", ways[0].address, who.language, [], opening)]
    return ways


def _in_order(
    order: Iterable[str], email: str, phone: str, language: str, not_before: datetime | None
) -> list[Way]:
    number = e164(phone) if sms_is_on() else ""
    found = {"email": email, "sms": number}
    # Whoever wants texts only, and has no number, is still told by the address that there is.
    chosen = [way for way in order if found.get(way)] or [way for way in found if found[way]]
    if not chosen:
        return []
    first, *rest = chosen
    behind = [[way, found[way]] for way in rest]
    return [Way(first, found[first], language, behind, not_before)]


def _next_opening(
    at: datetime, contact_from: time | None, contact_until: time | None, time_zone: str
) -> datetime | None:
    """When contact hours begin; None inside of them, or without any."""
    period = contact_period(
        now=at, contact_from=contact_from, contact_until=contact_until, time_zone=time_zone
    )
    return period[0] if period is not None and period[0] > at else None


def _contractors(ids: set[int]) -> dict[int, _Contractor]:
    if not ids:
        return {}
    default = list(DEFAULT_WAYS)
    return {
        row[0]: _Contractor(*row[1:])
        for row in _rows(_CONTRACTORS, [default, default, sorted(ids)])
    }


def _customers(ids: set[int]) -> dict[int, _Customer]:
    return {row[0]: _Customer(*row[1:]) for row in _rows(_CUSTOMERS, [sorted(ids)])} if ids else {}


def _branches(ids: set[int]) -> dict[int, str]:
    return dict(_rows(_BRANCHES, [sorted(ids)])) if ids else {}


def _rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
