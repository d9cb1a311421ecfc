"""Two contractors of an open call tap Accept at the same moment; one booking, in any order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from jobs.models import Booking, Offer
from network.models import CalendarEntry, Contractor
from ranking.models import Outcome
from tests.jobs.racing import racers, shared_clock, wait_for_waiting  # noqa: F401
from tests.jobs.test_races import CANCEL, accepts, everything_agrees, lock
from tests.jobs.world import START, run_due

pytestmark = pytest.mark.slow


@pytest.fixture
def offers(
    transactional_db: None,
    shared_clock: Any,  # noqa: F811
    clock: Any,
    trio: list[Contractor],
    make_job: Any,
) -> list[Offer]:
    """Harold and Lisa are asked at once."""
    job = make_job(
        window_start=START, window_end=START + timedelta(minutes=28), duration_minutes=25
    )
    run_due()
    offers = list(Offer.objects.filter(job=job, status="pending").order_by("id"))
    assert len(offers) == 2
    return offers


def test_both_accept_at_once_one_has_it_and_the_other_reads_already_taken(
    offers, process_environment
):
    with racers(process_environment, *[accepts(offer) for offer in offers]) as running:
        with transaction.atomic():
            lock("jobs_job", offers[0].job_id)
            running.go(0, 1)
            wait_for_waiting(2)
        results = [running.result(number) for number in (0, 1)]
    booking = Booking.objects.get()
    assert sorted(kind for kind, _ in results) == ["done", "refused"]
    assert ("done", booking.pk) in results
    assert ("refused", "offer-no-longer-open") in results
    assert sorted(Offer.objects.values_list("status", "reason")) == [
        ("accepted", ""),
        ("withdrawn", "taken"),
    ]
    assert CalendarEntry.objects.count() == 1
    assert Outcome.objects.count() == 1, "who came second is not counted"
    assert everything_agrees()


def test_the_customer_cancels_while_both_accept_one_defined_result(offers, process_environment):
    job = offers[0].job_id
    pieces = [*[accepts(offer) for offer in offers], CANCEL.format(job=job)]
    with racers(process_environment, *pieces) as running:
        with transaction.atomic():
            lock("jobs_job", job)
            running.go(0, 1, 2)
            wait_for_waiting(3)
        results = [running.result(number) for number in (0, 1, 2)]
    assert results[2] == ("done", "cancelled"), "a customer may cancel before and after a yes"
    assert [kind for kind, _ in results].count("done") <= 2
    assert not Booking.objects.filter(live=True).exists()
    assert not CalendarEntry.objects.exists()
    assert everything_agrees()
