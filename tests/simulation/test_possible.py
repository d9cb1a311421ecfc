"""The bound on a day's promises, from the facts of a real branch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jobs.models import Booking
from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive, complete_visit
from jobs.simulation.possible import Possible, possible_promises
from network.models import Branch, Contractor, ServiceType, TechnicianSkill
from network.services.calendar import add_time_off
from tests.jobs.steps import SYSTEM, accept, booked, decline, offered, on_site
from tests.jobs.world import make_contractor


def bound(branch: Branch, **known: Any) -> Possible:
    return possible_promises(branch, **{"unwilling": [], "dropped": [], **known})


@pytest.fixture
def day(branch: Branch, make_job: Any) -> Any:
    """Jobs of four hours each: a technician can begin two of them in a window of four hours."""
    return lambda count: [make_job(duration_minutes=240) for _ in range(count)]


def test_without_jobs_nothing_was_promised(branch: Branch) -> None:
    assert bound(branch) == Possible(0, 0)


def test_a_technician_begins_as_many_visits_as_fit_into_the_window(
    clock: Any, harold: Contractor, branch: Branch, day: Any
) -> None:
    day(3)
    assert bound(branch).promises == 2
    make_contractor(branch, "Second")
    assert bound(branch).promises == 3


def test_a_firm_takes_no_more_than_it_wants_in_a_day(
    clock: Any, harold: Contractor, branch: Branch, day: Any
) -> None:
    day(3)
    Contractor.objects.update(most_jobs_a_day=1)
    assert bound(branch).promises == 1


def test_the_hard_rules_decide_who_counts(
    clock: Any, harold: Contractor, branch: Branch, day: Any
) -> None:
    day(1)
    TechnicianSkill.objects.update(level=1)
    assert bound(branch).promises == 0
    TechnicianSkill.objects.update(level=3)
    assert bound(branch).promises == 1
    Contractor.objects.update(status="suspended")
    assert bound(branch).promises == 0


def test_a_sick_technician_makes_no_visit_but_a_booked_one_could(
    clock: Any, harold: Contractor, branch: Branch, make_job: Any
) -> None:
    job = make_job()
    booked(job)
    other = make_job(window_start=job.window_start, window_end=job.window_end)
    assert bound(branch).promises == 2, "what is booked takes no time away"
    technician = harold.technicians.get()
    start = other.window_start + timedelta(days=1)
    later = make_job(window_start=start, window_end=start + timedelta(hours=2))
    assert bound(branch).promises == 3
    add_time_off(
        technician_id=technician.pk,
        start=later.window_start - timedelta(hours=1),
        end=later.window_end + timedelta(hours=6),
    )
    assert bound(branch).promises == 2


def test_called_off_by_the_customer_is_no_promise(
    clock: Any, harold: Contractor, branch: Branch, day: Any
) -> None:
    job, _ = day(2)
    cancel_job(job_id=job.pk, by="customer", reason="no_longer_needed", actor=SYSTEM)
    assert bound(branch) == Possible(1, 1)


def test_who_refused_counts_only_if_all_had_been_willing(
    clock: Any, trio: list[Contractor], branch: Branch, day: Any
) -> None:
    (job,) = day(1)
    refused = []
    for _ in trio:
        offer = offered(job)
        decline(offer)
        refused.append(str(offer.public_id))
    assert bound(branch, unwilling=refused[:2]) == Possible(1, 1), "the third was asked too"
    assert bound(branch, unwilling=refused) == Possible(0, 1)


def test_who_dropped_out_could_not_have_kept_it(
    clock: Any, harold: Contractor, branch: Branch, day: Any
) -> None:
    (job,) = day(1)
    booking = booked(job)
    assert bound(branch, dropped=[str(booking.public_id)]) == Possible(0, 0)


def test_what_was_kept_was_possible_whatever_the_rules_say_now(
    clock: Any, harold: Contractor, branch: Branch, make_job: Any
) -> None:
    job = make_job()
    offer = offered(job)
    accept(offer)
    job.refresh_from_db()
    clock.set(job.window_start)
    booking = Booking.objects.get(job=job)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    Contractor.objects.update(status="left")
    assert bound(branch, unwilling=[str(offer.public_id)]) == Possible(1, 1)


def test_a_visit_begun_after_the_window_kept_nothing(
    clock: Any, harold: Contractor, branch: Branch, service_type: ServiceType, make_job: Any
) -> None:
    job = make_job()
    booking = on_site(job, clock, at=job.window_end + timedelta(minutes=10))
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    Contractor.objects.update(status="left")
    assert bound(branch) == Possible(0, 0)
