"""Damage to contractors' own prices and times."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection

from jobs.actors import Actor
from jobs.services.proposals import propose
from tests.audit.conftest import Past
from tests.jobs.world import pending_offer


def _proposed(p: Past, pay: int, damage: str) -> None:
    """Whoever is asked answers with a price; then the damage is done."""
    offer = pending_offer(p.asked)
    propose(offer_id=offer.pk, pay=Decimal(pay), actor=Actor.contractor(offer.contractor))
    with connection.cursor() as cursor:
        cursor.execute(damage)
        assert cursor.rowcount > 0


COUNTER = "id = (SELECT offer_id FROM jobs_proposal)"

DAMAGE: list[tuple[str, Callable[[Past], Any]]] = [
    (
        "proposal-in-place-of-its-offer",
        lambda p: _proposed(
            p, 900, f"UPDATE jobs_offer SET starts_at = starts_at - interval '1 h' WHERE {COUNTER}"
        ),
    ),
    (
        "proposal-has-its-question",
        lambda p: _proposed(
            p, 900, f"UPDATE jobs_offer SET public_id = gen_random_uuid() WHERE {COUNTER}"
        ),
    ),
    (
        "proposal-has-its-question",
        lambda p: _proposed(p, 900, f"UPDATE jobs_offer SET status = 'expired' WHERE {COUNTER}"),
    ),
    (
        "proposal-by-rule-within-the-limit",
        lambda p: _proposed(p, 900, "UPDATE jobs_proposal SET by_rule = true"),
    ),
]
