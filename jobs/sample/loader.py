"""Loads the sample branch, each part once."""

from __future__ import annotations

import random
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from jobs.sample.accounts import create_accounts
from jobs.sample.example_jobs import create_example_jobs
from jobs.sample.history import Record, create_history, draw_record
from jobs.sample.people import create_clients, create_story_contractors
from network.clock import app_now
from network.generator import generate_network
from network.models import Branch, Contractor
from network.models.contractor import ContractorStatus
from ranking.services.policies import ensure_policy

BRANCH = "boston"
SEED = 617
#: Gives 57 firms beside Harold, Lisa and James.
TECHNICIANS = 142

# Harold answers best, but not always; nobody else comes near the three around the story's ZIP.
_STORY_RECORDS = (
    Record(offers=64, recent=1, accepted=0.95, answer_minutes=3, rating=4.95),
    Record(offers=52, recent=2, accepted=0.86, answer_minutes=5, rating=4.8),
    Record(offers=45, recent=2, accepted=0.78, answer_minutes=8, rating=4.65),
)


def load_sample(*, say: Callable[[str], None] = lambda line: None) -> Branch:
    """Load the sample branch where it is missing; ``say`` gets a line per part.

    Running it again adds nothing and changes nothing. Raises ImproperlyConfigured in production.
    """
    if settings.PRODUCTION:
        raise ImproperlyConfigured(
            "The sample network has printed passwords: it is refused in production. "
            "For a demo set DEMO=1."
        )
    branch, is_new = _load_once()
    if is_new:
        say(
            f"sample network: {branch.contractors.count()} contractors with an invented history, "
            f"{branch.jobs.count()} example jobs"
        )
    return branch


@transaction.atomic
def _load_once() -> tuple[Branch, bool]:
    """Branch, network, history, accounts and jobs: all of it or nothing."""
    with connection.cursor() as cursor:
        # Two starts beside each other must not both find nothing.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('firstcall.sample'))")
    branch = Branch.objects.filter(slug=BRANCH).first()
    if branch is not None:
        if not branch.is_sample:
            raise ImproperlyConfigured(
                f"There is a branch “{BRANCH}” that is not the sample one. Give it another slug, "
                "or run without DEMO."
            )
        return branch, False
    branch, story = _create_branch()
    dispatcher = create_accounts(branch=branch, contractors=story)
    create_example_jobs(branch=branch, dispatcher=dispatcher, seed=SEED)
    return branch, True


def _create_branch() -> tuple[Branch, list[Contractor]]:
    branch = Branch.objects.create(
        slug=BRANCH,
        name="Greater Boston",
        time_zone="America/New_York",
        currency="USD",
        distance_unit="mi",
        reference_prefix="BOS",
        latitude=42.3601,
        longitude=-71.0589,
        service_radius_km=60,
        phone="(617) 555-0100",
        is_sample=True,
    )
    ensure_policy(branch_id=branch.pk)
    at = app_now()
    today = at.astimezone(branch.zone).date()
    network = generate_network(branch=branch, technicians=TECHNICIANS, seed=SEED, today=today)
    story = create_story_contractors(branch=branch, today=today)
    others = list(Contractor.objects.filter(id__in=network.contractor_ids).order_by("id"))
    active = [one for one in others if one.status == ContractorStatus.ACTIVE]
    create_clients(branch=branch, preferred=active[0], blocked=active[1])
    draw = random.Random(SEED)
    records = [(contractor, draw_record(draw)) for contractor in others]
    create_history(records=[*zip(story, _STORY_RECORDS, strict=True), *records], draw=draw, at=at)
    return branch, story
