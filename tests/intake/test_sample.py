"""The sample network: Harold, Lisa and James come first, on any day, and stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from jobs.actors import Actor
from jobs.models import Job, Offer
from jobs.sample import demo_accounts, load_sample
from jobs.sample.example_jobs import SOURCE
from jobs.services.answers import accept_offer
from jobs.services.cascade import advance_batch
from jobs.services.dispatch import offer_next
from jobs.services.jobs import create_job
from jobs.services.rounds import search
from jobs.states import JobStatus
from network.models import Branch, Contractor, ServiceType, User
from ranking.models import Decision, Outcome
from ranking.services.scorecards import refresh_scorecards
from tests.conftest import DomainClock

THREE = ["Harold", "Lisa", "James"]
#: Points of 100 by which each of the three is ahead of the next, at least.
MARGIN = 2.5


def story_job(branch: Branch, clock: DomainClock, days: int = 1, **pin: float) -> Job:
    """The job of the story: a standard water heater repair at 02215, 08:00 to 12:00."""
    assert clock.now is not None
    day = clock.now.astimezone(branch.zone).date() + timedelta(days=days)
    return create_job(
        branch=branch,
        service_type=ServiceType.objects.get(branch=branch, slug="water-heater-repair"),
        priority="standard",
        address="10 Bay State Road",
        postcode="02215",
        window_start=datetime.combine(day, time(8), branch.zone),
        window_end=datetime.combine(day, time(12), branch.zone),
        customer_name="Ruth Ellis",
        actor=Actor.api("test"),
        **pin,
    )


def ranked(job: Job) -> tuple[list[str], list[float]]:
    """Names and scores of the job's newest decision, best first."""
    search(job_id=job.pk)
    decision = Decision.objects.filter(job_ref=job.public_id).order_by("-round_number")[0]
    names = dict(Contractor.objects.values_list("id", "name"))
    return [names[one] for one in decision.contractor_ids], list(decision.scores)


def assert_the_three_lead(job: Job) -> None:
    names, scores = ranked(job)
    assert names[:3] == THREE, list(zip(names, scores, strict=True))[:6]
    assert len(names) > 3, "the three are not alone"
    gaps = [first - second for first, second in pairwise(scores[:4])]
    assert min(gaps) > MARGIN, list(zip(names, scores, strict=True))[:6]


# A winter weekday evening, a summer Sunday morning, the night before the clocks change, leap day.
@pytest.mark.django_db
@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 11, 24, 1, 30, tzinfo=UTC),
        datetime(2027, 7, 4, 12, 0, tzinfo=UTC),
        datetime(2027, 3, 14, 4, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 15, 0, tzinfo=UTC),
    ],
    ids=["weekday-evening", "sunday-morning", "clocks-change", "leap-day"],
)
def test_harold_lisa_and_james_are_asked_first_on_whatever_day_it_starts(
    clock: DomainClock, start: datetime
) -> None:
    clock.set(start)
    branch = load_sample()
    for days in range(1, 8):
        assert_the_three_lead(story_job(branch, clock, days=days))


@pytest.mark.django_db
def test_the_order_holds_for_a_pin_elsewhere_in_the_zip_and_long_after_the_first_start(
    clock: DomainClock,
) -> None:
    clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    branch = load_sample()
    assert_the_three_lead(story_job(branch, clock, latitude=42.34, longitude=-71.10))
    assert_the_three_lead(story_job(branch, clock, latitude=42.351, longitude=-71.094))
    # The invented past is forgotten by then; bases, rates and tiers still tell.
    clock.advance(days=400)
    call_command("load_sample")
    refresh_scorecards(at=clock.now)
    assert ranked(story_job(branch, clock))[0][:3] == THREE


@pytest.mark.django_db
def test_a_few_jobs_for_one_of_the_three_do_not_turn_the_order_round(clock: DomainClock) -> None:
    clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    branch = load_sample()
    for name in ("James", "Harold"):
        for days in (5, 6):
            job = story_job(branch, clock, days=days)
            ranked(job)
            contractor = Contractor.objects.get(branch=branch, name=name)
            offer_next(job_id=job.pk, contractor_id=contractor.pk, actor=Actor.system())
            while advance_batch(job_ids=[job.pk]):
                pass
            offer = Offer.objects.get(job=job, status="pending")
            assert offer.contractor == contractor
            accept_offer(offer_id=offer.pk, actor=Actor.contractor(contractor), via="portal")
    names, scores = ranked(story_job(branch, clock))
    assert names[:3] == THREE, list(zip(names, scores, strict=True))[:5]


@pytest.mark.django_db
def test_loading_again_adds_nothing_and_keeps_what_was_changed(clock: DomainClock) -> None:
    clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    branch = load_sample()
    assert 55 <= branch.contractors.count() <= 65
    assert branch.contractors.filter(is_simulated=False).count() == 0
    Contractor.objects.filter(branch=branch, name="Lisa").update(
        name="Lisa & Sons", email="lisa@elsewhere.example"
    )
    Contractor.objects.filter(branch=branch, name="Harold").update(status="paused")
    counted = (Contractor, Job, Outcome, User, ServiceType)
    before = [model.objects.count() for model in counted]
    clock.advance(days=2)
    load_sample()
    assert [model.objects.count() for model in counted] == before
    assert Contractor.objects.filter(branch=branch, name="Lisa").count() == 0
    assert Contractor.objects.get(branch=branch, name="Harold").status == "paused"


@pytest.mark.django_db
def test_the_first_start_shows_life_and_leaves_the_three_free(clock: DomainClock) -> None:
    clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    branch = load_sample()
    jobs = Job.objects.filter(branch=branch, source=SOURCE)
    assert set(jobs.values_list("status", flat=True)) == {
        JobStatus.OFFERING,
        JobStatus.BOOKED,
        JobStatus.EN_ROUTE,
        JobStatus.ON_SITE,
        JobStatus.COMPLETED,
        JobStatus.CANCELLED,
    }
    assert set(
        branch.jobs.filter(escalations__closed_at=None).values_list("escalations__kind", flat=True)
    ) >= {"needs_another_visit", "no_candidates"}
    assert Offer.objects.filter(contractor__name__in=THREE, status="pending").count() == 0
    for name in THREE:
        visit = jobs.get(bookings__contractor__name=name)
        assert visit.window_start.astimezone(branch.zone).hour == 13


@pytest.mark.django_db
@pytest.mark.parametrize("hour", range(0, 24, 6))
def test_it_loads_at_any_hour(clock: DomainClock, hour: int) -> None:
    clock.set(datetime(2026, 11, 29, hour, 10, tzinfo=UTC))
    branch = load_sample()
    assert branch.jobs.count() == 13


@pytest.mark.django_db
def test_everybody_printed_can_log_in(clock: DomainClock) -> None:
    clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    branch = load_sample()
    accounts = demo_accounts()
    assert [one.role for one in accounts] == ["dispatcher", "admin"] + ["contractor"] * 3
    for account in accounts:
        user = User.objects.get(email=account.email)
        assert user.check_password(account.password)
        assert user.is_superuser == (account.role == "admin")
        assert user.contractor_links.count() == (account.role == "contractor")
        if account.role != "contractor":
            assert user.branch_roles.get().branch == branch


@pytest.mark.django_db
def test_production_refuses_printed_passwords(settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured, match="refused in production"):
        load_sample()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_real_branch_of_that_name_is_left_alone() -> None:
    Branch.objects.create(
        slug="boston", name="Ours", reference_prefix="B", latitude=42.4, longitude=-71.1
    )
    with pytest.raises(ImproperlyConfigured, match="not the sample one"):
        load_sample()
    assert not Contractor.objects.exists()
