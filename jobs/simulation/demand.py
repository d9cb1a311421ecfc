"""What customers ask for, when, and where: drawn like real requests, or read from a file."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from jobs.intake.drafts import Draft
from network.catalogue import TRADES
from network.geo import offset_point, zips_around

# Requests of 2015 by hour of the day, per mille, Monday to Friday (City of Boston 311).
HOURLY = (
    6, 5, 4, 3, 3, 5, 14, 49, 94, 107, 110, 100,
    81, 81, 82, 72, 42, 33, 30, 23, 20, 19, 12, 6,
)  # fmt: skip

# The same requests by the kind of work they become through docs/examples/boston.toml.
WORKS: Mapping[str, int] = {
    "building-inspection": 7776,
    "building-repair": 917,
    "unsafe-structure": 1340,
    "carcass-removal": 2167,
    "graffiti-removal": 5446,
    "needle-pickup": 573,
    "site-cleaning": 370,
    "electrical-fault": 1406,
    "power-loss": 108,
    "equipment-repair": 495,
    "system-failure": 372,
    "furnace-repair": 74,
    "no-heat": 1265,
    "ventilation-repair": 25,
    "road-marking": 588,
    "roadway-repair": 419,
    "sidewalk-make-safe": 4023,
    "sidewalk-repair": 1843,
    "bed-bug-treatment": 414,
    "insect-treatment": 400,
    "rodent-treatment": 2537,
    "burst-pipe": 79,
    "catch-basin-cleaning": 385,
    "drain-unblocking": 198,
    "gas-leak": 39,
    "hydrant-repair": 248,
    "leak-repair": 660,
    "parking-meter-repair": 93,
    "sign-repair": 4633,
    "sign-replacement": 1081,
    "street-light-installation": 316,
    "street-light-knockdown": 554,
    "street-light-repair": 8257,
    "traffic-signal-inspection": 2246,
    "traffic-signal-repair": 2065,
    "grounds-maintenance": 631,
    "tree-emergency": 749,
    "tree-maintenance": 3810,
    "tree-planting": 1000,
}

#: Local arrival windows that customers choose from.
WINDOWS = ((time(8), time(12)), (time(12), time(16)), (time(16), time(20)))

# Per priority: how many of the next windows a customer chooses among, and how many minutes of the
# window must be left (an emergency takes what is left of the one that runs).
CHOICES: Mapping[str, tuple[int, int]] = {
    "emergency": (1, 120),
    "urgent": (2, 210),
    "standard": (2, 300),
    "low": (3, 420),
}

SITES_KM = 12.0
_STREETS = ("Ash", "Birch", "Cedar", "Dover", "Elm", "Ferry", "Grove", "Hill", "Linden", "Mill")
_KINDS = ("St", "Ave", "Rd", "Ter", "Pl")


@dataclass(frozen=True, slots=True)
class Request:
    """One customer's request; instants are aware. ``number`` counts from 1 by time."""

    number: int
    at: datetime
    service_type: str
    priority: str | None
    minutes: int | None
    window_start: datetime
    window_end: datetime
    address: str
    postcode: str
    latitude: float | None
    longitude: float | None
    customer: str
    description: str


def draw_requests(
    *,
    count: int,
    days: int,
    seed: int,
    begin: datetime,
    zone: ZoneInfo,
    centre: tuple[float, float],
) -> list[Request]:
    """``count`` requests over ``days`` days from ``begin`` (aware), in order of time.

    They follow the hours and kinds of work of the real ones; sites lie around ``centre``, denser
    near it. The same arguments give the same requests.
    """
    draw = random.Random(f"requests:{seed}")
    usual = {work.slug: work for trade in TRADES for work in trade.works}
    places = zips_around(*centre, SITES_KM)
    near = [1.0 / (3.0 + index) for index in range(len(places))]
    moments = sorted(_moments(draw, count, days, begin, zone))
    kinds = draw.choices(list(WORKS), list(WORKS.values()), k=count)
    requests = []
    for number, (moment, kind) in enumerate(zip(moments, kinds, strict=True), 1):
        work = usual[kind]
        start, end = choose_window(draw, moment, work.priority, zone)
        place = draw.choices(places, near)[0]
        latitude, longitude = offset_point(
            place.latitude, place.longitude, draw.uniform(-0.8, 0.8), draw.uniform(-0.8, 0.8)
        )
        requests.append(
            Request(
                number=number,
                at=moment,
                service_type=kind,
                priority=work.priority,
                minutes=None,
                window_start=start,
                window_end=end,
                address=f"{draw.randint(1, 400)} {draw.choice(_STREETS)} {draw.choice(_KINDS)}",
                postcode=place.zip,
                latitude=round(latitude, 5),
                longitude=round(longitude, 5),
                customer=f"Simulated customer {number}",
                description=f"{work.name} (simulated)",
            )
        )
    return requests


def _moments(
    draw: random.Random, count: int, days: int, begin: datetime, zone: ZoneInfo
) -> list[datetime]:
    hours = [begin + timedelta(hours=hour) for hour in range(24 * days)]
    weights = [HOURLY[hour.astimezone(zone).hour] for hour in hours]
    return [
        hour + timedelta(seconds=draw.uniform(0, 3600))
        for hour in draw.choices(hours, weights, k=count)
    ]


def choose_window(
    draw: random.Random, moment: datetime, priority: str, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """An arrival window the same day or later, by how much of a hurry the customer is in."""
    how_many, least_left = CHOICES[priority]
    today = moment.astimezone(zone).date()
    found: list[tuple[datetime, datetime]] = []
    for ahead in range(3):
        day = today + timedelta(days=ahead)
        for first, last in WINDOWS:
            start, end = datetime.combine(day, first, zone), datetime.combine(day, last, zone)
            if end - moment >= timedelta(minutes=least_left):
                found.append((start, end))
    return draw.choice(found[:how_many])


def requests_from(drafts: Iterable[Draft], *, begin: datetime) -> list[Request]:
    """Real requests at their own times. Raises ValueError for one opened before ``begin``."""
    ordered = sorted(drafts, key=lambda draft: (draft.opened_at, draft.external_ref))
    if ordered and ordered[0].opened_at < begin:
        raise ValueError("a request lies in the past")
    return [
        Request(
            number=number,
            at=draft.opened_at,
            service_type=draft.service_type,
            priority=draft.priority,
            minutes=draft.minutes,
            window_start=draft.window_start,
            window_end=draft.window_end,
            address=draft.texts["address"],
            postcode=draft.postcode,
            latitude=draft.latitude,
            longitude=draft.longitude,
            customer=draft.texts["customer_name"],
            description=draft.texts.get("description", ""),
        )
        for number, draft in enumerate(ordered, 1)
    ]


def trade_shares(works: Sequence[str]) -> dict[str, float]:
    """Shares of firms by trade, for a network that recruits for this work.

    A third by how often each trade is asked for, a third by the time its work takes, and a third
    the same for all that are asked for: a branch looks for a few firms before it sells a trade.
    """
    usual = {work.slug: (trade.slug, work.minutes) for trade in TRADES for work in trade.works}
    asked: Counter[str] = Counter()
    minutes: Counter[str] = Counter()
    for slug in works:
        trade, duration = usual[slug]
        asked[trade] += 1
        minutes[trade] += duration
    return {
        trade: (count / asked.total() + minutes[trade] / minutes.total() + 1 / len(asked)) / 3
        for trade, count in asked.items()
    }
