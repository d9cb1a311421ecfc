"""Eligible and ranked, per job, in a network of 2,000 and of 20,000 contractors."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from statistics import quantiles
from zoneinfo import ZoneInfo

from django.db import transaction

from dispatch_site.bench.scratch import copy_of_base
from dispatch_site.bench.world import START, make_branch, stop_clock
from jobs.services.locked import lock_job
from jobs.services.rounds import rank_candidates
from network.geo import circle_cells, offset_point, site_cell
from network.models import (
    Branch,
    Contractor,
    ServiceType,
    ServiceTypeSkill,
    Skill,
    Technician,
    TechnicianSkill,
    Territory,
    TerritoryCell,
    WorkingHours,
)

ELIGIBLE = 60


def rank_times(*, contractors: int, runs: int) -> list[float]:
    """Milliseconds per job to find and rank 60 eligible contractors among ``contractors``.

    All of them have the skill and are active; 60 have a territory that covers the site, the
    others work elsewhere. Each run is a transaction that is rolled back.
    """
    with copy_of_base():
        stop_clock(START)
        branch = make_branch(slug="ranking")
        job_id = _fill(branch, contractors)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        found = []
        for run in range(runs + 5):
            with transaction.atomic():
                job = lock_job(job_id)
                started = time.perf_counter()
                decision = rank_candidates(job=job, at=START)
                elapsed = (time.perf_counter() - started) * 1000
                if len(decision.contractor_ids) != ELIGIBLE:
                    raise RuntimeError(f"{len(decision.contractor_ids)} eligible, not {ELIGIBLE}")
                transaction.set_rollback(True)
            if run >= 5:
                found.append(elapsed)
        return found


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


def _fill(branch: Branch, count: int) -> int:
    from jobs.actors import Actor
    from jobs.services.jobs import create_job

    skill = Skill.objects.create(branch=branch, slug="plumbing", name="Plumbing")
    service_type = ServiceType.objects.create(
        branch=branch,
        slug="leak",
        name="Leak",
        trade="plumbing",
        usual_duration_minutes=60,
        not_to_exceed=Decimal(250),
    )
    ServiceTypeSkill.objects.create(service_type=service_type, skill=skill, min_level=1)
    site = (branch.latitude, branch.longitude)
    places = [
        offset_point(*site, (n % 8) - 4.0, (n // 8 % 8) - 4.0)
        if n < ELIGIBLE
        else offset_point(*site, 25.0 + n % 20, 25.0 + n // 20 % 20)
        for n in range(count)
    ]
    made = Contractor.objects.bulk_create(
        [
            Contractor(
                branch=branch,
                name=f"Simulated {n}",
                email=f"c{n}@simulated.example",
                status="active",
                cleared_until=date(2028, 1, 1),
                base_latitude=latitude,
                base_longitude=longitude,
                call_out_fee=Decimal(40),
                hourly_rate=Decimal(80 + n % 40),
                joined_on=date(2025, 1, 1),
                is_simulated=True,
            )
            for n, (latitude, longitude) in enumerate(places)
        ],
        batch_size=2000,
    )
    technicians = Technician.objects.bulk_create(
        [Technician(contractor=c, branch=branch, name=c.name) for c in made], batch_size=2000
    )
    TechnicianSkill.objects.bulk_create(
        [TechnicianSkill(technician=t, skill=skill, level=1 + t.pk % 3) for t in technicians],
        batch_size=2000,
    )
    WorkingHours.objects.bulk_create(
        [
            WorkingHours(technician=t, weekday=day, starts=clock_time(7), ends=clock_time(19))
            for t in technicians
            for day in range(7)
        ],
        batch_size=5000,
    )
    territories = Territory.objects.bulk_create(
        [
            Territory(
                contractor=c,
                branch=branch,
                latitude=c.base_latitude,
                longitude=c.base_longitude,
                radius_km=12,
            )
            for c in made
        ],
        batch_size=2000,
    )
    cells: dict[tuple[float, float], list[int]] = {}
    rows = []
    for contractor, territory, place in zip(made, territories, places, strict=True):
        if place not in cells:
            cells[place] = circle_cells(*place, 12)
        rows += [
            TerritoryCell(territory=territory, contractor=contractor, branch=branch, cell=cell)
            for cell in cells[place]
        ]
        if len(rows) > 50_000:
            TerritoryCell.objects.bulk_create(rows, batch_size=10_000)
            rows = []
    TerritoryCell.objects.bulk_create(rows, batch_size=10_000)
    zone = ZoneInfo(branch.time_zone)
    day = START.astimezone(zone).date() + timedelta(days=1)
    start = datetime.combine(day, clock_time(8), zone).astimezone(UTC)
    job = create_job(
        branch=branch,
        service_type=service_type,
        address="1 Main Street",
        postcode="02108",
        latitude=site[0],
        longitude=site[1],
        window_start=start,
        window_end=start + timedelta(hours=4),
        customer_name="Simulated Customer",
        actor=Actor.system("benchmark"),
    )
    assert site_cell(*site) == job.cell
    return job.pk
