"""An invented network of contractors, seeded, for the sample branch, simulations and benchmarks.

Everything it makes is marked ``is_simulated``: names are made up, addresses end in ``.example``,
telephone numbers are from the range kept for fiction (555-01xx). Bases are centres of real ZIP
codes (or of a grid where there are none), denser towards the branch's centre, as firms are.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import exp
from typing import Any

from django.db import connection, transaction

from network.catalogue import TRADES, create_branch_catalogue
from network.clock import app_now
from network.eligibility import forget_counts
from network.generator_tables import (
    CONTACT_HOURS,
    EMERGENCY_TRADES,
    FIRM_NAMES,
    FIRM_SIZES,
    HOURLY_RATES,
    HOURS,
    LETTERS,
    PEOPLE,
    RADII_KM,
    ROUND_THE_CLOCK,
    SECOND_TRADE,
    TRADE_NAMES,
    TRADE_SHARES,
)
from network.geo import circle_cells, distance_km, offset_point, zips_around
from network.ids import uuid7
from network.models import Branch, Skill


@dataclass(frozen=True, slots=True)
class GeneratedNetwork:
    """What was made, in order of id."""

    contractor_ids: list[int]
    technician_ids: list[int]


@dataclass(frozen=True, slots=True)
class _Place:
    latitude: float
    longitude: float
    weight: float


@dataclass(slots=True)
class _Firm:
    trades: list[str]
    size: int
    place: int
    radius_km: int


@transaction.atomic
def generate_network(
    *,
    branch: Branch,
    technicians: int,
    seed: int,
    trades: Mapping[str, float] | None = None,
    spread_km: float | None = None,
    today: date | None = None,
) -> GeneratedNetwork:
    """Make contractors with ``technicians`` technicians in all, around the branch's centre.

    The same arguments on an equal branch make the same network, but for its ids. ``trades`` maps a
    trade's slug to its share of firms (default ``TRADE_SHARES``); ``spread_km`` is how far bases
    lie from the centre at most (default: 0.7 of the branch's service radius); ``today`` is the day
    that clearances and joining dates are drawn around (default: the day of ``app_now()``). Gives
    the branch the usual catalogue where it lacks it. Raises ValueError for fewer than one
    technician, an unknown trade, or shares that are all zero.
    """
    shares = dict(TRADE_SHARES if trades is None else trades)
    known = {trade.slug for trade in TRADES}
    if technicians < 1:
        raise ValueError("A network needs at least one technician.")
    if unknown := sorted(set(shares) - known):
        raise ValueError(f"Unknown trades: {', '.join(unknown)}.")
    if not any(share > 0 for share in shares.values()):
        raise ValueError("At least one trade needs a share above 0.")
    create_branch_catalogue(branch)
    draw = random.Random(seed)
    day = today or app_now().astimezone(branch.zone).date()
    places = _places(branch, spread_km or 0.7 * branch.service_radius_km)
    firms = _draw_firms(draw, technicians, shares, places)
    rows = _Rows(branch, draw, day, places, firms)
    rows.write()
    forget_counts()
    return GeneratedNetwork(rows.contractor_ids, rows.technician_ids)


def _places(branch: Branch, spread_km: float) -> list[_Place]:
    """Where firms may sit: ZIP centres, else a grid of 4 km, denser towards the centre."""
    points = [
        (place.latitude, place.longitude)
        for place in zips_around(branch.latitude, branch.longitude, spread_km)
    ]
    if len(points) < 5:
        steps = int(spread_km / 4)
        points = [
            offset_point(branch.latitude, branch.longitude, east * 4.0, north * 4.0)
            for east in range(-steps, steps + 1)
            for north in range(-steps, steps + 1)
            if (east * east + north * north) * 16 <= spread_km * spread_km
        ]
    scale = max(spread_km / 2.5, 1.0)
    return [
        _Place(
            latitude,
            longitude,
            exp(-distance_km(branch.latitude, branch.longitude, latitude, longitude) / scale),
        )
        for latitude, longitude in points
    ]


def _draw_firms(
    draw: random.Random, technicians: int, shares: Mapping[str, float], places: list[_Place]
) -> list[_Firm]:
    """Firms whose sizes sum to ``technicians``, trades dealt evenly by their shares."""
    sizes: list[int] = []
    left = technicians
    while left:
        size = min(left, draw.choices(*FIRM_SIZES)[0])
        sizes.append(size)
        left -= size
    wanted = {trade: share for trade, share in shares.items() if share > 0}
    dealt = dict.fromkeys(wanted, 0)
    total = sum(wanted.values())
    indexes = range(len(places))
    weights = [place.weight for place in places]
    bases = draw.choices(indexes, weights, k=len(sizes))
    radii = draw.choices(*RADII_KM, k=len(sizes))
    firms: list[_Firm] = []
    for number, (size, place, radius) in enumerate(zip(sizes, bases, radii, strict=True), 1):
        # The trade that is furthest behind its share: even a small network has every trade.
        trade = max(wanted, key=lambda slug: (wanted[slug] * number / total - dealt[slug], slug))
        dealt[trade] += 1
        mine = [trade]
        also, chance = SECOND_TRADE.get(trade, ("", 0.0))
        if also in wanted and draw.random() < chance:
            mine.append(also)
        firms.append(_Firm(mine, size, place, radius))
    return firms


class _Rows:
    """Draws the rows of all tables and writes them by COPY."""

    def __init__(
        self,
        branch: Branch,
        draw: random.Random,
        day: date,
        places: list[_Place],
        firms: list[_Firm],
    ) -> None:
        self.branch = branch
        self.draw = draw
        self.day = day
        self.places = places
        self.firms = firms
        self.skills = dict(Skill.objects.for_branch(branch).values_list("slug", "id"))
        self.trade_skills = {
            trade.slug: [self.skills[slug] for slug in trade.skills] for trade in TRADES
        }
        self.contractor_ids = _reserve("network_contractor", len(firms))
        self.technician_ids = _reserve("network_technician", sum(firm.size for firm in firms))
        self.contractors: list[tuple[Any, ...]] = []
        self.technicians: list[tuple[Any, ...]] = []
        self.technician_skills: list[tuple[Any, ...]] = []
        self.hours: list[tuple[Any, ...]] = []
        self.names: set[str] = set()

    def write(self) -> None:
        next_technician = iter(self.technician_ids)
        for contractor_id, firm in zip(self.contractor_ids, self.firms, strict=True):
            base = self._contractor(contractor_id, firm)
            always = firm.trades[0] in EMERGENCY_TRADES and self.draw.random() < 0.15
            for number in range(firm.size):
                self._technician(next(next_technician), contractor_id, firm, base, number, always)
        _copy(
            "network_contractor (id, public_id, branch_id, name, email, phone, status,"
            " cleared_until, base_latitude, base_longitude, tier, call_out_fee, hourly_rate,"
            " contact_from, contact_until, joined_on, is_simulated)",
            self.contractors,
        )
        _copy(
            "network_technician (id, public_id, contractor_id, branch_id, name, active,"
            " base_latitude, base_longitude)",
            self.technicians,
        )
        _copy(
            "network_technicianskill (technician_id, contractor_id, skill_id, level,"
            " certificate_number, expires_on)",
            self.technician_skills,
        )
        _copy("network_workinghours (technician_id, weekday, starts, ends)", self.hours)
        self._territories()
        if len(self.technician_ids) >= 500:
            with connection.cursor() as cursor:
                for table in (
                    "network_contractor",
                    "network_technician",
                    "network_technicianskill",
                    "network_workinghours",
                    "network_territory",
                    "network_territorycell",
                ):
                    cursor.execute(f"ANALYZE {table}")

    def _contractor(self, contractor_id: int, firm: _Firm) -> tuple[float, float]:
        draw = self.draw
        place = self.places[firm.place]
        base = offset_point(
            place.latitude, place.longitude, draw.uniform(-1.2, 1.2), draw.uniform(-1.2, 1.2)
        )
        trade = firm.trades[0]
        number = len(self.contractors) + 1
        status = draw.choices(["active", "paused", "suspended", "applicant"], [94, 3, 1, 2])[0]
        # One in thirty has let the papers lapse, or never handed them in.
        cleared_until: date | None = self.day + timedelta(days=draw.randint(45, 540))
        lapse = draw.random()
        if status == "applicant" or lapse < 0.01:
            cleared_until = None
        elif lapse < 0.03:
            cleared_until = self.day - timedelta(days=draw.randint(1, 60))
        rate = Decimal(round(HOURLY_RATES[trade] * draw.lognormvariate(0, 0.13)))
        contact = _weighted(draw, CONTACT_HOURS)
        self.contractors.append(
            (
                contractor_id,
                uuid7(),
                self.branch.pk,
                self._name(trade, firm.size),
                f"contractor-{number}@simulated.example",
                f"+1 555-01{number % 100:02d}",
                status,
                cleared_until,
                *base,
                draw.choices([1, 2, 3], [15, 65, 20])[0],
                Decimal(draw.randrange(40, 95, 5)),
                rate,
                contact[1],
                contact[2],
                self.day - timedelta(days=draw.randint(30, 2500)),
                True,
            )
        )
        return base

    def _technician(
        self,
        technician_id: int,
        contractor_id: int,
        firm: _Firm,
        base: tuple[float, float],
        number: int,
        always: bool,
    ) -> None:
        draw = self.draw
        own: tuple[float | None, float | None] = (None, None)
        if number and draw.random() < 0.4:
            own = offset_point(*base, draw.uniform(-5, 5), draw.uniform(-5, 5))
        self.technicians.append(
            (
                technician_id,
                uuid7(),
                contractor_id,
                self.branch.pk,
                f"{draw.choice(PEOPLE)} {draw.choice(LETTERS)}.",
                number == 0 or draw.random() < 0.97,
                *own,
            )
        )
        for position, trade in enumerate(firm.trades):
            for index, skill in enumerate(self.trade_skills[trade]):
                # Everybody knows the craft; its specialities, and the firm's second trade, fewer.
                if (index or position) and draw.random() > (0.65 if index else 0.8):
                    continue
                level = draw.choices([1, 2, 3], [20, 50, 30])[0]
                expires_on = None
                certificate = ""
                if index and draw.random() < 0.3:
                    certificate = f"SIM-{draw.randrange(10_000, 99_999)}"
                    expires_on = self.day + timedelta(days=draw.randint(-10, 900))
                self.technician_skills.append(
                    (technician_id, contractor_id, skill, level, certificate, expires_on)
                )
        _, days, starts, ends = ROUND_THE_CLOCK if always else _weighted(draw, HOURS)
        self.hours.extend((technician_id, weekday, starts, ends) for weekday in days)

    def _territories(self) -> None:
        """Many firms share a ZIP and a radius: each such circle is computed once."""
        circles: dict[tuple[int, int], int] = {}
        mapping: list[tuple[Any, ...]] = []
        territory_ids = _reserve("network_territory", len(self.firms))
        territories: list[tuple[Any, ...]] = []
        for territory_id, contractor_id, firm in zip(
            territory_ids, self.contractor_ids, self.firms, strict=True
        ):
            circle = circles.setdefault((firm.place, firm.radius_km), len(circles))
            place = self.places[firm.place]
            mapping.append((territory_id, contractor_id, circle))
            territories.append(
                (
                    territory_id,
                    contractor_id,
                    self.branch.pk,
                    "radius",
                    place.latitude,
                    place.longitude,
                    float(firm.radius_km),
                )
            )
        cells = (
            (circle, cell)
            for (place_index, radius), circle in circles.items()
            for place in [self.places[place_index]]
            for cell in circle_cells(place.latitude, place.longitude, radius)
        )
        _copy(
            "network_territory (id, contractor_id, branch_id, kind, latitude, longitude,"
            " radius_km)",
            territories,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE generated_circle (circle int, cell bigint) ON COMMIT DROP"
            )
            cursor.execute(
                "CREATE TEMPORARY TABLE generated_territory"
                " (territory_id bigint, contractor_id bigint, circle int) ON COMMIT DROP"
            )
        _copy("generated_circle (circle, cell)", cells)
        _copy("generated_territory (territory_id, contractor_id, circle)", mapping)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO network_territorycell (territory_id, contractor_id, branch_id, cell)
                SELECT territory_id, contractor_id, %s, cell
                FROM generated_territory JOIN generated_circle USING (circle)
                """,
                [self.branch.pk],
            )
            # A caller's transaction may make more than one network.
            cursor.execute("DROP TABLE generated_circle, generated_territory")

    def _name(self, trade: str, size: int) -> str:
        """A name that no other firm of this network has."""
        draw = self.draw
        for _ in range(20):
            if size == 1 and draw.random() < 0.5:
                owner = f"{draw.choice(PEOPLE)} {draw.choice(LETTERS)}."
                name = f"{owner} {TRADE_NAMES[trade]}"
            else:
                name = f"{draw.choice(FIRM_NAMES)} {TRADE_NAMES[trade]}"
            if name not in self.names:
                break
        else:
            name = f"{draw.choice(FIRM_NAMES)} & {draw.choice(FIRM_NAMES)} {TRADE_NAMES[trade]}"
        number = 2
        unique = name
        while unique in self.names:
            unique = f"{name} No. {number + draw.randrange(10_000)}"
        self.names.add(unique)
        return unique


def _weighted(draw: random.Random, choices: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    return draw.choices(choices, [choice[0] for choice in choices])[0]


def _reserve(table: str, count: int) -> list[int]:
    """Take that many ids from the table's sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return sorted(row[0] for row in cursor.fetchall())


def _copy(target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
