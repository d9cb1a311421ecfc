"""One bad write for every constraint of what contractors change for themselves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from network.models import CalendarFeed, ServiceLeftOut, TechnicianInvitation
from tests.network.constraint_world import twice
from tests.network.factories import MONDAY

_numbers = count()


def invite(w: Any, **fields: Any) -> TechnicianInvitation:
    return TechnicianInvitation.objects.create(
        contractor=w.contractor,
        technician=w.technician,
        email="a@b.example",
        token_hash=f"hash {next(_numbers)}",
        expires_at=MONDAY,
        **fields,
    )


def share(w: Any) -> CalendarFeed:
    return CalendarFeed.objects.create(
        contractor=w.contractor, user=w.user, nonce="n", token_hash=f"hash {next(_numbers)}"
    )


PROFILE_CASES: list[tuple[str, type, Callable[[Any], Any]]] = [
    (
        "network_serviceleftout_once_per_pair",
        ServiceLeftOut,
        lambda w: twice(
            lambda: ServiceLeftOut.objects.create(contractor=w.contractor, service_type=w.work)
        ),
    ),
    ("network_calendarfeed_one_per_user", CalendarFeed, lambda w: twice(lambda: share(w))),
    (
        "network_technicianinvitation_one_open",
        TechnicianInvitation,
        lambda w: twice(lambda: invite(w)),
    ),
    (
        "network_technicianinvitation_ends_one_way",
        TechnicianInvitation,
        lambda w: invite(w, accepted_at=MONDAY, revoked_at=MONDAY),
    ),
]
