"""Customer and contractor at the same moment: one defined result, and nobody told two things.

Real processes race for the job's lock. The test holds it until both wait, so that each of them
decided on what it saw before the other one acted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from jobs.audit import run_audit
from jobs.models import Booking, CustomerLink, Job, JobEvent, Message, Offer
from jobs.services.customer_links import customer_url, renew_link, revoke_link
from network.models import CalendarEntry, Contractor
from tests.jobs.racing import (
    execute,
    racers,
    shared_clock,  # noqa: F401
    wait_for_waiting,
)
from tests.jobs.steps import accept
from tests.jobs.world import pending_offer, run_due, settle

pytestmark = pytest.mark.slow

CUSTOMER = "from jobs.actors import Actor; dana = Actor('customer', 'Dana'); "
CANCEL = (
    CUSTOMER + "from jobs.services.customer_changes import customer_cancels;"
    " return customer_cancels(job_id={job}, reason='other', actor=dana)"
)
MOVE = (
    CUSTOMER + "from datetime import datetime;"
    " from jobs.services.customer_changes import customer_moves;"
    " return customer_moves(job_id={job}, actor=dana,"
    " window_start=datetime.fromisoformat('{start}'), window_end=datetime.fromisoformat('{end}'),"
    " seen=datetime.fromisoformat('{seen}'))"
)
ACCEPT = (
    "from jobs.actors import Actor; from jobs.services import answers;"
    " return answers.accept_offer(offer_id={offer}, via='api',"
    " actor=Actor('contractor', 'Harold')).pk"
)
RELEASE = (
    "from jobs.actors import Actor; from jobs.services import visits;"
    " return visits.release_visit(booking_id={booking}, reason='vehicle',"
    " actor=Actor('contractor', 'Harold')).live"
)


@pytest.fixture
def offer(
    transactional_db: None,
    shared_clock: Any,  # noqa: F811
    clock: Any,
    trio: list[Contractor],
    make_job: Any,
) -> Offer:
    """Harold is being asked."""
    job = make_job()
    run_due()
    return pending_offer(job)


def moves(job: Job, days: int = 1) -> str:
    return MOVE.format(
        job=job.pk,
        start=(job.window_start + timedelta(days=days)).isoformat(),
        end=(job.window_end + timedelta(days=days)).isoformat(),
        seen=job.window_start.isoformat(),
    )


def race(environment: dict[str, str], job: Job, *pieces: str) -> list[tuple[str, Any]]:
    """The pieces wait for the job's lock in this order, and come through in it."""
    with racers(environment, *pieces) as running:
        with transaction.atomic():
            execute("SELECT 1 FROM jobs_job WHERE id = %s FOR UPDATE", job.pk)
            for number in range(len(pieces)):
                running.go(number)
                wait_for_waiting(number + 1)
        return [running.result(number) for number in range(len(pieces))]


def clean() -> None:
    settle()
    found = [f.check.id for f in run_audit(wait=lambda seconds: None).findings if f.ids]
    assert found == []


def told(job: Job, kind: str) -> list[str]:
    found = Message.objects.filter(job=job, recipient_kind=kind).order_by("pk")
    return list(found.values_list("template", flat=True))


@pytest.mark.parametrize("customer_first", [True, False])
def test_the_customer_cancels_while_the_contractor_accepts(
    offer, process_environment, customer_first
):
    job = offer.job
    pieces = [CANCEL.format(job=job.pk), ACCEPT.format(offer=offer.pk)]
    results = race(process_environment, job, *(pieces if customer_first else pieces[::-1]))
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not CalendarEntry.objects.exists()
    if customer_first:
        assert results == [("done", True), ("refused", "offer-no-longer-open")]
        assert told(job, "contractor") == ["offer_made", "offer_withdrawn"]
        assert "appointment_booked" not in told(job, "customer")
        assert not Booking.objects.exists()
    else:
        assert [kind for kind, _ in results] == ["done", "done"]
        assert told(job, "contractor") == ["offer_made", "visit_booked", "visit_cancelled"]
        assert told(job, "customer") == ["appointment_booked", "appointment_cancelled"]
    clean()


@pytest.mark.parametrize("customer_first", [True, False])
def test_the_contractor_gives_back_while_the_customer_moves(
    offer, process_environment, customer_first
):
    booking = accept(offer)
    job = offer.job
    pieces = [moves(job), RELEASE.format(booking=booking.pk)]
    results = race(process_environment, job, *(pieces if customer_first else pieces[::-1]))
    assert [kind for kind, _ in results] == ["done", "done"]
    job.refresh_from_db()
    booking.refresh_from_db()
    assert (job.status, booking.live, booking.reason) == ("offering", False, "vehicle")
    kinds = list(JobEvent.objects.filter(job=job).values_list("kind", flat=True))
    assert (kinds.count("moved"), kinds.count("released")) == (1, 1)
    assert told(job, "customer") == ["appointment_booked", "appointment_moved"], "one new time"
    # He kept the visit and then gave it back, or gave it back: never both told and untold.
    assert ("visit_moved" in told(job, "contractor")) is customer_first
    assert "visit_cancelled" not in told(job, "contractor")
    run_due()
    assert pending_offer(job).starts_at >= job.window_start
    clean()


def test_two_moves_at_once_from_one_page_move_once(offer, process_environment):
    accept(offer)
    job = offer.job
    first, second = race(process_environment, job, moves(job, 1), moves(job, 2))
    assert first == ("done", True)
    assert second == ("refused", "move-not-allowed"), "the page showed another time by then"
    assert told(job, "customer").count("appointment_moved") == 1
    assert told(job, "contractor").count("visit_moved") == 1
    clean()


def test_both_twice_have_one_effect_each(offer, process_environment):
    accept(offer)
    job = offer.job
    same = race(process_environment, job, moves(job), moves(job))
    assert same == [("done", True), ("done", True)], "a second tap is the first one's answer"
    cancel = CANCEL.format(job=job.pk)
    assert race(process_environment, job, cancel, cancel) == [("done", True), ("done", True)]
    assert told(job, "customer").count("appointment_moved") == 1
    assert told(job, "customer").count("appointment_cancelled") == 1
    assert told(job, "contractor").count("visit_cancelled") == 1
    clean()


def test_a_link_used_after_it_was_revoked_changes_nothing(offer):
    job = offer.job
    address = customer_url(job).removeprefix(settings.BASE_URL)
    revoke_link(job_id=job.pk)
    client = Client()
    before = JobEvent.objects.count(), Message.objects.count()
    for name, data in (
        ("cancel/", {"reason": "other"}),
        ("move/", {"window": "x"}),
        ("notes/", {"text": "Side door"}),
        ("choose/", {"offer": "x", "window": "0"}),
        ("rate/", {"stars": "5"}),
    ):
        answer = client.post(address + name, data)
        assert answer.status_code == 410
        assert "This link is no longer used" in answer.content.decode()
    assert (JobEvent.objects.count(), Message.objects.count()) == before
    job.refresh_from_db()
    assert job.status == "offering"
    renewed = renew_link(job_id=job.pk).removeprefix(settings.BASE_URL)
    assert client.get(renewed).status_code == 200
    assert client.get(address).status_code == 410
    assert CustomerLink.objects.filter(job=job, revoked_at=None).count() == 1
