"""The coverage view of a large branch, against asking technician by technician."""

from __future__ import annotations

import random
import time
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatch_site.bench.world import START, make_branch, stop_clock
from jobs.console.coverage.capacity import HALF_DAYS, TRAVEL_MINUTES
from jobs.console.coverage.period import AHEAD_DAYS, Period
from jobs.console.coverage.view import Coverage, load_coverage
from jobs.models import PastRequest
from jobs.simulation.demand import WORKS
from network.generator import generate_network
from network.geo import cell_centre, distance_km, offset_point, site_cell, zips_around
from network.models import Branch, CalendarEntry, ServiceType, ServiceTypeSkill, Technician


def coverage_figures(
    *, technicians: int, requests: int, runs: int, by_orm: int
) -> dict[str, float]:
    """Medians in ms, the number of queries, and how many times as long the naive way takes.

    The naive way asks ``by_orm`` technicians and is scaled up to all of them; both must find the
    same free half-days for those.
    """
    branch = branch_with_demand(slug="coverage", technicians=technicians, requests=requests)
    load_coverage(branch, at=START)  # areas of cells are remembered by a process
    with CaptureQueriesContext(connection) as queries:
        load_coverage(branch, at=START)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        found = load_coverage(branch, at=START)
        times.append(time.perf_counter() - started)
    ours = sorted(times)[len(times) // 2]
    sample = list(found.work.technician_ids[:: max(1, len(found.work.technician_ids) // by_orm)])
    started = time.perf_counter()
    naive = {int(pk): _free_by_orm(int(pk), found) for pk in sample}
    whole = (time.perf_counter() - started) * len(found.work.technician_ids) / len(sample)
    for pk, free in naive.items():
        if not np.array_equal(free, _free_of(pk, found)):
            raise RuntimeError(f"the two ways differ about technician {pk}")
    return {
        "coverage_ms_2k": ours * 1000,
        "coverage_queries": float(len(queries)),
        "coverage_vs_orm_loop": whole / ours,
        "coverage_technicians": float(len(found.work.technician_ids)),
    }


def branch_with_demand(*, slug: str, technicians: int, requests: int) -> Branch:
    """A network, requests of the last 90 days like Boston's, and two visits a day for a third."""
    stop_clock(START)
    branch = make_branch(slug=slug, reference_prefix=slug[:3].upper())
    generate_network(branch=branch, technicians=technicians, seed=1)
    draw = random.Random(1)
    kinds = {kind.slug: kind for kind in ServiceType.objects.filter(branch=branch)}
    works = {slug: weight for slug, weight in WORKS.items() if slug in kinds}
    places = zips_around(branch.latitude, branch.longitude, 25)
    rows = []
    for number, slug in enumerate(draw.choices(list(works), list(works.values()), k=requests)):
        place = draw.choice(places)
        latitude, longitude = offset_point(
            place.latitude, place.longitude, draw.uniform(-1, 1), draw.uniform(-1, 1)
        )
        day = START - timedelta(days=draw.randint(1, 90))
        rows.append(
            PastRequest(
                branch=branch,
                service_type=kinds[slug],
                window_start=day.replace(hour=draw.choice((13, 17, 21))),
                duration_minutes=kinds[slug].usual_duration_minutes,
                postcode=place.zip,
                latitude=latitude,
                longitude=longitude,
                cell=site_cell(latitude, longitude),
                external_ref=f"bench:{number}",
            )
        )
    PastRequest.objects.bulk_create(rows, batch_size=2000)
    _time_off(branch, draw)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return branch


def _time_off(branch: Branch, draw: random.Random) -> None:
    """Taken time without jobs behind it: two stretches on most days of a third of the people."""
    entries = []
    for technician in Technician.objects.filter(branch=branch).order_by("pk"):
        if draw.random() > 1 / 3:
            continue
        for day in range(AHEAD_DAYS):
            for hour in (13, 18):
                start = (START + timedelta(days=day)).replace(hour=hour)
                entries.append(
                    CalendarEntry(
                        branch=branch,
                        technician=technician,
                        kind="time_off",
                        period=(start, start + timedelta(minutes=90)),
                    )
                )
    CalendarEntry.objects.bulk_create(entries, batch_size=2000)


def _free_of(technician_id: int, found: Coverage) -> np.ndarray:
    """Trades × areas × half-days in which the technician could come, as the view has it."""
    row = int(np.nonzero(found.work.technician_ids == technician_id)[0][0])
    firm = found.work.firm[row]
    parts = []
    for trade in found.trades.values():
        part = np.zeros((len(trade.demand.areas), HALF_DAYS), dtype=bool)
        where = np.nonzero(trade.capacity.rows == row)[0]
        if len(where):
            number = int(np.nonzero(trade.capacity.firms == firm)[0][0])
            part |= trade.capacity.covers[number][:, None] & trade.capacity.free[where[0]][None, :]
        parts.append(part)
    return np.concatenate(parts)


def _free_by_orm(technician_id: int, found: Coverage) -> np.ndarray:
    """The same for one technician, as one would write it first: rows through the ORM, loops."""
    technician = Technician.objects.select_related("contractor__territory").get(pk=technician_id)
    contractor = technician.contractor
    territory = contractor.territory
    skills = {row.skill_id: row for row in technician.skills.all()}
    needs: dict[int, list[ServiceTypeSkill]] = {}
    for need in ServiceTypeSkill.objects.filter(service_type__branch=technician.branch_id):
        needs.setdefault(need.service_type_id, []).append(need)
    free = _free_minutes(technician, found.period)
    parts = []
    for trade in found.trades.values():
        demand = trade.demand
        able = [_share_able(demand.kinds, needs, skills, day) >= 0.5 for day in found.period.days]
        fits = np.zeros(HALF_DAYS, dtype=bool)
        for column in range(HALF_DAYS):
            day = found.period.days[column // 2]
            fits[column] = (
                able[column // 2]
                and contractor.status == "active"
                and contractor.cleared_until is not None
                and day <= contractor.cleared_until
                and (free[column] + TRAVEL_MINUTES) // (demand.minutes + TRAVEL_MINUTES) >= 1
            )
        part = np.zeros((len(demand.areas), HALF_DAYS), dtype=bool)
        if fits.any():
            held = [0.0] * len(demand.areas)
            for cell, (area, share) in demand.cells.items():
                centre = cell_centre(cell)
                away = distance_km(territory.latitude, territory.longitude, *centre)
                if away <= territory.radius_km:
                    held[area] += share
            part |= np.array([share >= 0.5 - 1e-4 for share in held])[:, None] & fits[None, :]
        parts.append(part)
    return np.concatenate(parts)


def _share_able(
    kinds: dict[int, float],
    needs: dict[int, list[ServiceTypeSkill]],
    skills: dict[int, Any],
    day: date,
) -> float:
    share = 0.0
    for kind, weight in kinds.items():
        if all(
            need.skill_id in skills
            and skills[need.skill_id].level >= need.min_level
            and (
                skills[need.skill_id].expires_on is None or skills[need.skill_id].expires_on >= day
            )
            for need in needs.get(kind, ())
        ):
            share += weight
    return share + 1e-9


def _free_minutes(technician: Technician, period: Period) -> list[float]:
    """Working minutes of each half-day less what stands in the calendar."""
    hours = list(technician.working_hours.all())
    first, last = period.ahead
    entries = [
        (entry.period.lower.timestamp() / 60, entry.period.upper.timestamp() / 60)
        for entry in technician.calendar_entries.between(first, last)
    ]
    found = []
    for column, (begin, end) in enumerate(period.stretches()):
        day = period.days[column // 2]
        free = 0.0
        for start, finish in _shifts(hours, day, period):
            low = max(start, begin, period.at.timestamp() / 60)
            high = min(finish, end)
            if high > low:
                free += high - low
                free -= sum(max(0.0, min(b, high) - max(a, low)) for a, b in entries)
        found.append(free)
    return found


def _shifts(hours: list[Any], day: date, period: Period) -> list[tuple[float, float]]:
    """The stretches of working time that touch a day: its own, and last night's."""
    found = []
    for of in (day - timedelta(days=1), day):
        for row in hours:
            if row.weekday != of.weekday():
                continue
            until = of if row.ends > row.starts else of + timedelta(days=1)
            found.append(
                (
                    datetime.combine(of, row.starts, period.zone).timestamp() / 60,
                    datetime.combine(until, row.ends, period.zone).timestamp() / 60,
                )
            )
    return found
