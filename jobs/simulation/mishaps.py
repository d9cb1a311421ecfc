"""What befalls people: technicians who fall ill, messages that never arrive."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jobs.actors import Actor
from jobs.models import Offer
from jobs.services.sick import SickReport, report_sick
from jobs.services.undeliverable import pass_on_undeliverable
from jobs.simulation.channels import SeenOffer
from jobs.simulation.numbers import Numbers
from network.models import Contractor

#: Of those who fall ill, so many call in before work, between these hours; the others during it.
BEFORE_WORK = 0.8
_MORNING = (time(6), time(8))
_DURING = (time(8), time(16))


@dataclass(frozen=True, slots=True)
class SickCall:
    """A technician (by id) calls in sick at an aware moment, for the rest of the local day."""

    at: datetime
    technician_id: int
    until: datetime


def draw_sick_calls(
    *,
    technician_ids: Sequence[int],
    first: datetime,
    last: datetime,
    zone: ZoneInfo,
    seed: int,
    numbers: Numbers,
) -> list[SickCall]:
    """Who falls ill on which local day from ``first`` through ``last``, in order of time.

    Each technician on each day by the same chance, whether or not there is work for them.
    """
    calls = []
    begin = first.astimezone(zone).date()
    for number in range((last.astimezone(zone).date() - begin).days + 1):
        day = begin + timedelta(days=number)
        for place, technician_id in enumerate(technician_ids):
            draw = random.Random(f"{seed}:sick:{number}:{place}")
            if draw.random() < numbers.sick:
                call = SickCall(
                    _moment(draw, day, zone), technician_id, _at(day + timedelta(days=1), zone)
                )
                if call.at >= first:
                    calls.append(call)
    return sorted(calls, key=lambda call: (call.at, call.technician_id))


def _moment(draw: random.Random, day: date, zone: ZoneInfo) -> datetime:
    first, last = _MORNING if draw.random() < BEFORE_WORK else _DURING
    begin, end = datetime.combine(day, first, zone), datetime.combine(day, last, zone)
    return begin + (end - begin) * draw.random()


def _at(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)


def stay_home(call: SickCall, *, contractor: Contractor) -> SickReport:
    """Call in sick as the portal's page does: off for the rest of the day."""
    return report_sick(technician_id=call.technician_id, actor=Actor.contractor(contractor))


class Carrier:
    """Carries messages, and reports the undeliverable ones as a provider's webhook does."""

    def __init__(self) -> None:
        self.undeliverable = 0

    def bounce(self, offer: SeenOffer) -> None:
        offer_id = Offer.objects.values_list("pk", flat=True).get(public_id=UUID(offer.id))
        pass_on_undeliverable(offer_id=offer_id)
        self.undeliverable += 1
