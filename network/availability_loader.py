"""Reads what ``Availability`` needs, in six queries, into small plain records."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from network.geo import site_cell
from network.local_calendar import FOREVER, LocalCalendar
from network.public_holidays import public_holidays
from network.slots import Entry
from network.wishes import Wishes

MARGIN = timedelta(hours=26)
"""Entries are read so far beyond the span: the neighbours of a visit at its edge count too, and so
do the other visits of its local day, which may have 25 hours."""

_NO_WISHES = (0, None, False, True)
NEVER = -1

# Amounts travel as text: JSON numbers would become binary fractions.
_BRANCH = """
SELECT time_zone, distance_unit, holiday_calendar, (
    SELECT json_agg(json_build_array(client_id, service_type_id, valid_from, amount::text)
                    ORDER BY valid_from DESC)::text
    FROM network_clientprice
    WHERE client_id = ANY(%(clients)s) AND service_type_id = ANY(%(services)s)
), (
    SELECT json_agg(json_build_array(service_type.id, needed.skill_id, needed.min_level, skill.name)
                    ORDER BY service_type.id, needed.skill_id)::text
    FROM network_servicetype AS service_type
    LEFT JOIN network_servicetypeskill AS needed ON needed.service_type_id = service_type.id
    LEFT JOIN network_skill AS skill ON skill.id = needed.skill_id
    WHERE service_type.id = ANY(%(services)s) AND service_type.branch_id = %(branch)s
)
FROM network_branch WHERE id = %(branch)s
"""

# Papers that a skill or a service type asks for beside those of the whole branch; usually none.
_CONTRACTORS = """
WITH needed AS MATERIALIZED (
    SELECT requirement.id, requirement.name, requirement.required_from,
           service_type.id AS service_type_id
    FROM network_requirement AS requirement
    JOIN network_servicetype AS service_type
        ON requirement.service_type_id = service_type.id
        OR requirement.skill_id IN (
            SELECT skill_id FROM network_servicetypeskill WHERE service_type_id = service_type.id
        )
    WHERE requirement.branch_id = %(branch)s AND requirement.active
        AND service_type.id = ANY(%(services)s)
)
SELECT contractor.id, contractor.name, contractor.status, contractor.cleared_until,
       contractor.base_latitude, contractor.base_longitude, contractor.tier,
       contractor.call_out_fee, contractor.hourly_rate, contractor.contact_from,
       contractor.contact_until, contractor.email, contractor.phone,
       territory.latitude, territory.longitude,
       CASE WHEN territory.left_out = '{}' THEN territory.radius_km END,
       CASE WHEN territory.kind <> 'radius' OR territory.left_out <> '{}' THEN (
           SELECT string_agg(int8send(cell), ''::bytea)
           FROM network_territorycell WHERE territory_id = territory.id
       ) END,
       contractor.paused_until, contractor.notice_minutes, contractor.most_jobs_a_day,
       contractor.after_hours_emergencies, contractor.works_on_holidays,
       (
           SELECT json_agg(json_build_array(service_type_id, valid_from, fixed_price::text,
                                            call_out_fee::text, hourly_rate::text)
                           ORDER BY valid_from DESC)::text
           FROM network_ratecard
           WHERE contractor_id = contractor.id AND service_type_id = ANY(%(services)s)
       ),
       (
           SELECT json_agg(json_build_array(
               needed.service_type_id, needed.name, needed.required_from - 1,
               (
                   SELECT max(coalesce(document.expires_on, '9999-12-31'::date))
                   FROM network_document AS document
                   WHERE document.requirement_id = needed.id
                       AND document.contractor_id = contractor.id
                       AND document.state = 'approved'
               )))::text
           FROM needed
       ),
       array(
           SELECT service_type_id FROM network_serviceleftout
           WHERE contractor_id = contractor.id AND service_type_id = ANY(%(services)s)
       )
FROM network_contractor AS contractor
LEFT JOIN network_territory AS territory ON territory.contractor_id = contractor.id
WHERE contractor.id = ANY(%(ids)s) AND contractor.branch_id = %(branch)s
"""

# Hours come as one text per technician: most technicians share a few weekly patterns, so each
# pattern is understood once and its text is the key.
_TECHNICIANS = """
SELECT technician.id, technician.contractor_id, technician.name,
       technician.base_latitude, technician.base_longitude, coalesce(hours.pattern, '')
FROM network_technician AS technician
LEFT JOIN LATERAL (
    SELECT string_agg(
        weekday || ' ' || (extract(epoch FROM starts) / 60)::int
                || ' ' || (extract(epoch FROM ends) / 60)::int,
        ',' ORDER BY weekday, starts) AS pattern
    FROM network_workinghours WHERE technician_id = technician.id
) AS hours ON true
WHERE technician.contractor_id = ANY(%s) AND technician.active
ORDER BY technician.id
"""

_SKILLS = """
SELECT technician_id, skill_id, level, expires_on
FROM network_technicianskill
WHERE technician_id = ANY(%s) AND skill_id = ANY(%s)
"""

_ENTRIES = """
SELECT technician_id,
       floor(extract(epoch FROM lower(period)) / 60)::bigint,
       ceil(extract(epoch FROM upper(period)) / 60)::bigint,
       latitude, longitude
FROM network_calendarentry
WHERE technician_id = ANY(%s) AND upper(period) > %s AND lower(period) < %s
ORDER BY technician_id, lower(period)
"""

_RELATIONS = """
SELECT client_id, contractor_id, relation, note
FROM network_clientcontractor
WHERE client_id = ANY(%(clients)s) AND contractor_id = ANY(%(contractors)s)
UNION ALL
SELECT client_id, contractor_id, 'refused', note
FROM network_clientrefusal
WHERE client_id = ANY(%(clients)s) AND contractor_id = ANY(%(contractors)s)
"""


def floor_minute(moment: datetime) -> int:
    """Whole minutes since the epoch, rounded down."""
    return int(moment.timestamp() // 60)


def ceil_minute(moment: datetime) -> int:
    """Whole minutes since the epoch, rounded up."""
    return int(-(-moment.timestamp() // 60))


@dataclass(frozen=True, slots=True)
class Rate:
    """A price from a local day on: fixed, or a call-out fee and an hourly rate."""

    valid_from: date
    fixed_price: Decimal | None
    call_out_fee: Decimal
    hourly_rate: Decimal


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that one service type needs, held or not, and through which day.

    ``end`` is the first minute at which it stands in the way: a paper that is not held does so
    from the day on which it is required.
    """

    name: str
    held_until: date | None
    end: int


@dataclass(slots=True)
class TechnicianRecord:
    """An active technician: skills as id → (level, last minute it counts), entries by start."""

    id: int
    name: str
    base: tuple[float, float]
    pattern: str
    skills: dict[int, tuple[int, int]]
    entries: list[Entry]
    shifts: list[tuple[int, int]] | None = None


@dataclass(slots=True)
class ContractorRecord:
    """A contractor. ``cleared_end`` is the first minute at which clearance no longer holds."""

    id: int
    name: str
    status: str
    cleared_until: date | None
    cleared_end: int
    tier: int
    call_out_fee: Decimal
    hourly_rate: Decimal
    contact_from: time | None
    contact_until: time | None
    email: str
    phone: str
    territory_latitude: float
    territory_longitude: float
    radius_km: float | None
    territory_cell: int
    packed_cells: bytes | None
    paused_until: datetime | None
    wishes: Wishes | None
    rates: dict[int, list[Rate]]
    papers: dict[int, list[Paper]]
    left_out: frozenset[int]
    technicians: list[TechnicianRecord]
    cells: frozenset[int] | None = None

    def territory_cells(self) -> frozenset[int]:
        """The compacted cells of an area that is no plain circle; unpacked when first asked for."""
        if self.cells is None:
            self.cells = frozenset(np.frombuffer(self.packed_cells or b"", dtype=">i8").tolist())
        return self.cells


@dataclass(slots=True)
class Facts:
    """Everything read for one batch."""

    calendar: LocalCalendar
    distance_unit: str
    span_start: int
    span_end: int
    required_skills: dict[int, tuple[tuple[int, int], ...]]
    skill_names: dict[int, str]
    contractors: dict[int, ContractorRecord]
    technicians: dict[int, TechnicianRecord]
    blocked: dict[tuple[int | None, int], str]
    refused: dict[tuple[int | None, int], str]
    preferred: set[tuple[int | None, int]]
    holidays: dict[date, str]
    client_prices: dict[tuple[int, int], list[tuple[date, Decimal]]]


def load_facts(
    *,
    branch_id: int,
    contractor_ids: Collection[int],
    span: tuple[datetime, datetime],
    service_type_ids: Collection[int],
    client_ids: Collection[int | None],
) -> Facts:
    """Read the facts; six queries whatever is asked. Raises LookupError without the branch."""
    ids = sorted(set(contractor_ids))
    services = sorted(set(service_type_ids))
    clients = sorted({client for client in client_ids if client is not None})
    with connection.cursor() as cursor:
        cursor.execute(_BRANCH, {"clients": clients, "services": services, "branch": branch_id})
        branch = cursor.fetchone()
        if branch is None:
            raise LookupError(f"There is no branch {branch_id}.")
        calendar = LocalCalendar(ZoneInfo(branch[0]), span)

        required: dict[int, tuple[tuple[int, int], ...]] = {}
        skill_names: dict[int, str] = {}
        for service_type_id, skill_id, level, name in json.loads(branch[4] or "[]"):
            known = required.setdefault(service_type_id, ())
            if skill_id is not None:
                required[service_type_id] = (*known, (skill_id, level))
                skill_names[skill_id] = name

        contractors: dict[int, ContractorRecord] = {}
        bases: dict[int, tuple[float, float]] = {}
        cursor.execute(_CONTRACTORS, {"services": services, "ids": ids, "branch": branch_id})
        for row in cursor.fetchall():
            cleared_until, radius = row[3], row[15]
            bases[row[0]] = (row[4], row[5])
            contractors[row[0]] = ContractorRecord(
                id=row[0],
                name=row[1],
                status=row[2],
                cleared_until=cleared_until,
                cleared_end=NEVER if cleared_until is None else calendar.end_of(cleared_until),
                tier=row[6],
                call_out_fee=row[7],
                hourly_rate=row[8],
                contact_from=row[9],
                contact_until=row[10],
                email=row[11],
                phone=row[12],
                territory_latitude=row[13] or 0.0,
                territory_longitude=row[14] or 0.0,
                radius_km=radius,
                territory_cell=0 if radius is None else site_cell(row[13], row[14]),
                packed_cells=row[16],
                paused_until=row[17],
                wishes=None if row[18:22] == _NO_WISHES else Wishes(*row[18:22]),
                rates=_rates(row[22]),
                papers=_papers(row[23], calendar),
                left_out=frozenset(row[24]),
                technicians=[],
            )

        technicians: dict[int, TechnicianRecord] = {}
        cursor.execute(_TECHNICIANS, [list(contractors)])
        for technician_id, contractor_id, name, latitude, longitude, pattern in cursor.fetchall():
            record = TechnicianRecord(
                id=technician_id,
                name=name,
                base=bases[contractor_id] if latitude is None else (latitude, longitude),
                pattern=pattern,
                skills={},
                entries=[],
            )
            technicians[technician_id] = record
            contractors[contractor_id].technicians.append(record)

        technician_ids = list(technicians)
        cursor.execute(_SKILLS, [technician_ids, list(skill_names)])
        for technician_id, skill_id, level, expires_on in cursor.fetchall():
            last = FOREVER if expires_on is None else calendar.end_of(expires_on)
            technicians[technician_id].skills[skill_id] = (level, last)

        cursor.execute(_ENTRIES, [technician_ids, span[0] - MARGIN, span[1] + MARGIN])
        for technician_id, start, end, latitude, longitude in cursor.fetchall():
            technicians[technician_id].entries.append(Entry(start, end, latitude, longitude))

        blocked: dict[tuple[int | None, int], str] = {}
        refused: dict[tuple[int | None, int], str] = {}
        preferred: set[tuple[int | None, int]] = set()
        cursor.execute(_RELATIONS, {"clients": clients, "contractors": list(contractors)})
        for client_id, contractor_id, relation, note in cursor.fetchall():
            if relation == "blocked":
                blocked[client_id, contractor_id] = note
            elif relation == "refused":
                refused[client_id, contractor_id] = note
            else:
                preferred.add((client_id, contractor_id))

    return Facts(
        calendar=calendar,
        distance_unit=branch[1],
        span_start=floor_minute(span[0]),
        span_end=ceil_minute(span[1]),
        required_skills=required,
        skill_names=skill_names,
        contractors=contractors,
        technicians=technicians,
        blocked=blocked,
        refused=refused,
        preferred=preferred,
        holidays=_holidays(branch[2], calendar, contractors),
        client_prices=_client_prices(branch[3]),
    )


def _holidays(
    name: str, calendar: LocalCalendar, contractors: dict[int, ContractorRecord]
) -> dict[date, str]:
    """The span's public holidays, where anybody among these keeps them."""
    if any(
        record.wishes is not None and not record.wishes.works_on_holidays
        for record in contractors.values()
    ):
        return public_holidays(name, calendar.first_day, calendar.last_day)
    return {}


def _rates(text: str | None) -> dict[int, list[Rate]]:
    """Prices by service type, the newest first."""
    rates: dict[int, list[Rate]] = {}
    for service_type_id, day, fixed, call_out, hourly in json.loads(text) if text else ():
        rates.setdefault(service_type_id, []).append(
            Rate(
                date.fromisoformat(day),
                None if fixed is None else Decimal(fixed),
                Decimal(call_out or 0),
                Decimal(hourly or 0),
            )
        )
    return rates


def _papers(text: str | None, calendar: LocalCalendar) -> dict[int, list[Paper]]:
    """Papers by the service type that needs them."""
    papers: dict[int, list[Paper]] = {}
    for service_type_id, name, free_until, held in json.loads(text) if text else ():
        held_until = None if held is None else date.fromisoformat(held)
        until = max(date.fromisoformat(free_until), held_until or date.min)
        paper = Paper(name, held_until, calendar.end_of(until))
        papers.setdefault(service_type_id, []).append(paper)
    return papers


def _client_prices(text: str | None) -> dict[tuple[int, int], list[tuple[date, Decimal]]]:
    """Prices by client and service type, the newest first."""
    prices: dict[tuple[int, int], list[tuple[date, Decimal]]] = {}
    for client_id, service_type_id, day, amount in json.loads(text) if text else ():
        prices.setdefault((client_id, service_type_id), []).append(
            (date.fromisoformat(day), Decimal(amount))
        )
    return prices
