"""What befalls people: technicians who fall ill, messages that never arrive."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jobs.models import Booking, Offer
from jobs.services.undeliverable import pass_on_undeliverable
from jobs.simulation.channels import Channel, SeenOffer, visit_of
from jobs.simulation.errors import Refused
from jobs.simulation.numbers import Numbers
from network.clock import app_now
from network.errors import NetworkError
from network.services.calendar import add_time_off

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


def stay_home(call: SickCall, *, channel: Channel) -> bool:
    """Give today's visits back and take the rest of the day off.

    False while an offer or a new visit is in the way: to be tried again a little later.
    """
    visits = (
        Booking.objects.live()
        .filter(technician_id=call.technician_id, starts_at__lt=call.until)
        .filter(job__status__in=["booked", "en_route"])
        .select_related("job", "technician")
    )
    for booking in visits:
        with suppress(Refused):
            channel.release(visit_of(booking), "sick")
    try:
        add_time_off(technician_id=call.technician_id, start=app_now(), end=call.until, note="Sick")
    except NetworkError as error:
        if error.code == "overlaps":
            return False
        raise
    return True


class Carrier:
    """Carries messages, and reports the undeliverable ones as a provider's webhook does."""

    def __init__(self) -> None:
        self.undeliverable = 0

    def bounce(self, offer: SeenOffer) -> None:
        offer_id = Offer.objects.values_list("pk", flat=True).get(public_id=UUID(offer.id))
        pass_on_undeliverable(offer_id=offer_id)
        self.undeliverable += 1
