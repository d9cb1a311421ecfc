"""Remedies: computed from who is there, and what they promise is what the next search finds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import ChangePolicy, JobEvent, Offer
from jobs.services.answers import decline_offer
from jobs.services.protection import protect_appointments
from jobs.services.remedies import apply_remedy, remedies_for
from jobs.services.visits import release_visit
from network.models import Contractor, Technician
from network.services.calendar import add_time_off
from tests.jobs.steps import SYSTEM, accept, booked, offered, open_questions, status_of
from tests.jobs.world import make_contractor, pending_offer, run_due, settle


def stuck(make_job, **changes):
    """A job that nobody could be asked for."""
    job = make_job(**changes)
    run_due()
    assert open_questions(job) == ["no_candidates"]
    return job


def found_for(job, clock):
    return remedies_for([job], at=clock.now)[job.pk]


@pytest.fixture
def far(branch, service_type):
    """Two whose territories end 3 and 9 km before the site; a third, 60 km away, is too far."""
    return [
        make_contractor(branch, "Near", kilometres_north=8, radius_km=5),
        make_contractor(branch, "Farther", kilometres_north=14, radius_km=5),
        make_contractor(branch, "Remote", kilometres_north=60, radius_km=2),
    ]


def test_widening_adds_exactly_those_it_promises(make_job, clock, far):
    job = stuck(make_job)
    widen = found_for(job, clock).widen
    assert widen.adds == 2
    apply_remedy(job_id=job.pk, remedy="widen", amount=Decimal(str(widen.km)), actor=SYSTEM)
    settle()
    assert open_questions(job) == []
    run_due()
    offer = pending_offer(job)
    assert offer.contractor.name in ("Near", "Farther")
    job.refresh_from_db()
    assert len(job.rounds.get(number=job.round_number).contractor_ids) == widen.adds
    assert accept(offer).live
    settle()


def test_widening_stays_within_what_the_branch_allows(make_job, clock, far, branch):
    ChangePolicy.objects.create(branch=branch, widest_km=4)
    job = stuck(make_job)
    assert found_for(job, clock).widen.adds == 1
    for amount in (Decimal(5), Decimal(0), Decimal(-1), None):
        with pytest.raises(InvalidInput):
            apply_remedy(job_id=job.pk, remedy="widen", amount=amount, actor=SYSTEM)


def test_a_lower_skill_is_offered_only_where_it_is_allowed(make_job, clock, branch, service_type):
    novice = make_contractor(branch, "Novice", level=1)
    job = stuck(make_job)
    assert found_for(job, clock).relax is None
    with pytest.raises(InvalidInput, match="may not be relaxed"):
        apply_remedy(job_id=job.pk, remedy="relax", actor=SYSTEM)
    ChangePolicy.objects.create(branch=branch).relaxable.add(service_type)
    assert found_for(job, clock).relax.adds == 1
    apply_remedy(job_id=job.pk, remedy="relax", actor=SYSTEM)
    run_due()
    booking = accept(pending_offer(job))
    settle()
    assert booking.contractor == novice
    run_due()

    assert protect_appointments() == 0, "what was allowed is not lost again for the same reason"
    assert status_of(job) == "booked"


def test_a_raise_asks_those_again_who_found_it_too_little(make_job, clock, harold):
    job = make_job()
    offer = offered(job)

    decline_offer(offer_id=offer.pk, reason="price_too_low", actor=SYSTEM, via="portal")
    run_due()
    raised = found_for(job, clock).raised
    assert (raised.adds, raised.amount) == (1, Decimal(20))
    assert raised.limit == Decimal(270)
    apply_remedy(job_id=job.pk, remedy="raise", amount=raised.amount, actor=SYSTEM)
    run_due()
    again = pending_offer(job)
    assert again.contractor == harold
    assert again.pay == offer.pay + raised.amount
    job.refresh_from_db()
    assert job.not_to_exceed == Decimal(270)


def test_windows_are_those_in_which_somebody_can_come(make_job, clock, harold):
    job = make_job()
    add_time_off(
        technician_id=harold.technicians.get().pk,
        start=job.window_start - timedelta(hours=1),
        end=job.window_start + timedelta(hours=20),
    )
    run_due()
    windows = found_for(job, clock).windows
    assert len(windows) == 3
    for opening in windows:
        assert opening.free == 1
        assert opening.start > clock.now
        free_from = job.window_start + timedelta(hours=20)
        assert opening.end <= job.window_start - timedelta(hours=1) or opening.start >= free_from


def test_three_to_call_with_number_and_reason(make_job, clock, far, harold):
    job = make_job()
    offer = offered(job)
    clock.set(offer.expires_at)
    run_due()
    calls = found_for(job, clock).calls
    assert [call.name for call in calls] == ["Harold", "Near", "Farther"]
    assert calls[0].why.startswith("gave no answer, ")
    assert "outside territory by" in calls[1].why
    assert all(call.phone for call in calls)


def test_many_jobs_cost_the_same_queries(make_job, clock, far, django_assert_num_queries):
    jobs = [stuck(make_job) for _ in range(4)]
    for job in jobs:
        assert job.branch.distance_unit
    with django_assert_num_queries(11):
        found = remedies_for(jobs, at=clock.now)
    assert {remedies.widen.adds for remedies in found.values()} == {2}
    with django_assert_num_queries(11):
        remedies_for(jobs[:1], at=clock.now)


def test_nobody_is_reneged_and_the_booked_are_left_alone(make_job, clock, harold):
    job = make_job()
    offered(job)
    with pytest.raises(MoveNotAllowed, match="being asked"):
        apply_remedy(job_id=job.pk, remedy="widen", amount=Decimal(5), actor=SYSTEM)
    assert Offer.objects.filter(status="pending").count() == 1
    other = make_job()
    booked(other)
    with pytest.raises(MoveNotAllowed):
        apply_remedy(job_id=other.pk, remedy="raise", amount=Decimal(5), actor=SYSTEM)


def test_the_same_widening_twice_searches_once(make_job, clock, far):
    job = stuck(make_job)
    for _ in range(2):
        apply_remedy(job_id=job.pk, remedy="widen", amount=Decimal(10), actor=SYSTEM)
    assert JobEvent.objects.filter(job=job, kind="remedy_applied").count() == 1
    job.refresh_from_db()
    assert job.round_number == 2


def test_who_gave_it_back_is_no_remedy(make_job, clock, harold):
    job = make_job()
    booking = booked(job)

    release_visit(booking_id=booking.pk, reason="sick", actor=SYSTEM)
    run_due()
    remedies = found_for(job, clock)
    assert remedies.calls == []
    assert remedies.windows == []
    assert Contractor.objects.count() == Technician.objects.count() == 1
