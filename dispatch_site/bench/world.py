"""Fills the base database: a network and many jobs whose first offers expire at once."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from jobs.actors import Actor
from jobs.models import Job, JobEvent, Offer, Round
from jobs.services.cascade import advance_due_jobs
from jobs.states import JobStatus, Priority
from network.availability import WorkOrder
from network.eligibility import find_eligible
from network.generator import generate_network
from network.geo import offset_point, site_cell
from network.models import Branch, ServiceType
from ranking.models import Decision, RankingPolicy
from ranking.services.policies import ensure_policy

#: Domain time at which the first offers are made: a Tuesday, 10:00 in Boston.
START = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
ANSWER_MINUTES = 60
CANDIDATES = 6
SITES = 40


def stop_clock(moment: datetime | None) -> None:
    """Stop (or release) domain time on this connection."""
    with connection.cursor() as cursor:
        text = moment.isoformat() if moment is not None else ""
        cursor.execute("SELECT set_config('firstcall.now', %s, false)", [text])


def make_branch(slug: str = "bench", **changes: object) -> Branch:
    branch = Branch.objects.create(
        **{
            "slug": slug,
            "name": "Benchmark branch",
            "time_zone": "America/New_York",
            "currency": "USD",
            "distance_unit": "mi",
            "reference_prefix": "BEN",
            "latitude": 42.3601,
            "longitude": -71.0589,
            "service_radius_km": 60,
            "is_simulated": True,
            **changes,
        }
    )
    ensure_policy(branch_id=branch.pk)
    return branch


def fill(*, offers: int, technicians: int, seed: int = 1) -> int:
    """Make the network and the jobs, and send out one offer each; returns how many are out."""
    stop_clock(START)
    branch = make_branch()
    generate_network(branch=branch, technicians=technicians, seed=seed)
    draw = random.Random(seed)
    templates = _templates(branch, draw)
    with transaction.atomic():
        _insert_jobs(branch, templates, offers, draw)
    advance_due_jobs(limit=offers * 2)
    return Offer.objects.filter(status="pending").count()


#: A kind of job: service type, site, window start, contractors who can do it.
Template = tuple[ServiceType, tuple[float, float], datetime, list[int]]


def _templates(branch: Branch, draw: random.Random) -> list[Template]:
    """Kinds of jobs with the contractors who can do them."""
    zone = ZoneInfo(branch.time_zone)
    types = list(ServiceType.objects.filter(branch=branch, active=True).order_by("slug"))
    found = []
    for _ in range(SITES * 12):
        service_type = draw.choice(types)
        site = offset_point(
            branch.latitude, branch.longitude, draw.uniform(-12, 12), draw.uniform(-12, 12)
        )
        day = START.astimezone(zone).date() + timedelta(days=draw.randint(1, 12))
        start = datetime.combine(day, time(draw.choice((8, 12))), zone).astimezone(UTC)
        work = WorkOrder(
            branch_id=branch.pk,
            service_type_id=service_type.pk,
            client_id=None,
            latitude=site[0],
            longitude=site[1],
            window_start=start,
            window_end=start + timedelta(hours=4),
            duration_minutes=60,
            cell=site_cell(*site),
        )
        able = [slot.contractor_id for slot in find_eligible(work, at=START).slots]
        if len(able) >= CANDIDATES * 2:
            found.append((service_type, site, start, able))
    if not found:
        raise RuntimeError("The generated network is too thin for this benchmark.")
    return found


def _insert_jobs(
    branch: Branch, templates: list[Template], count: int, draw: random.Random
) -> None:
    policy = RankingPolicy.objects.get(branch=branch, status="published")
    actor = Actor.system("benchmark")
    jobs, contractors = [], []
    for number in range(count):
        service_type, site, start, able = draw.choice(templates)
        jobs.append(
            Job(
                branch=branch,
                service_type=service_type,
                reference=f"BEN-{number:06d}",
                priority=Priority.STANDARD,
                status=JobStatus.OFFERING,
                round_number=1,
                window_start=start,
                window_end=start + timedelta(hours=4),
                time_zone=branch.time_zone,
                duration_minutes=60,
                currency=branch.currency,
                address=f"{number} Main Street",
                postcode="02215",
                area="Boston",
                latitude=site[0],
                longitude=site[1],
                cell=site_cell(*site),
                customer_name="Simulated Customer",
                customer_email=f"customer{number}@example.com",
                next_wake_at=START,
                last_sequence=2,
                source="bench",
                created_at=START,
                updated_at=START,
            )
        )
        contractors.append(draw.sample(able, CANDIDATES))
    Job.objects.bulk_create(jobs, batch_size=2000)
    JobEvent.objects.bulk_create(
        [
            JobEvent(
                branch=branch,
                job=job,
                sequence=sequence,
                at=START,
                kind=kind,
                actor_kind=actor.kind,
                actor_label=actor.label,
                from_status=before,
                to_status=after,
            )
            for job in jobs
            for sequence, kind, before, after in (
                (1, "created", "", JobStatus.NEW),
                (2, "search_started", JobStatus.NEW, JobStatus.OFFERING),
            )
        ],
        batch_size=4000,
    )
    decisions = Decision.objects.bulk_create(
        [
            Decision(
                branch=branch,
                job_ref=job.public_id,
                round_number=1,
                policy=policy,
                made_at=START,
                criteria=[],
                contractor_ids=ids,
                technician_ids=[0] * len(ids),
                fact_names=[],
                facts=b"",
                scores=[0.0] * len(ids),
                context={},
            )
            for job, ids in zip(jobs, contractors, strict=True)
        ],
        batch_size=2000,
    )
    Round.objects.bulk_create(
        [
            Round(
                job=job,
                number=1,
                cause="first",
                decision=decision,
                contractor_ids=decision.contractor_ids,
                ranks=list(range(1, CANDIDATES + 1)),
                started_at=START,
            )
            for job, decision in zip(jobs, decisions, strict=True)
        ],
        batch_size=2000,
    )
