"""A technician calls in sick: a colleague takes the visit, or the next round begins for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.errors import InvalidInput
from jobs.models import Booking, Message
from jobs.services.sick import report_sick
from jobs.services.visits import arrive
from jobs.states import JobStatus
from network.models import CalendarEntry
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, booked, events_of, offered, status_of
from tests.jobs.test_confirmation import agrees
from tests.jobs.world import START, add_technician, pending_offer, run_due, settle


@pytest.fixture
def job(clock, trio, make_job):
    """Today, 10–14 in Boston, from an hour after now."""
    return make_job(window_start=START + timedelta(hours=1), window_end=START + timedelta(hours=5))


def sick(technician, **changes):
    report = report_sick(technician_id=technician.pk, actor=SYSTEM, **changes)
    settle()
    return report


def test_a_free_colleague_takes_the_visit_at_the_same_start(clock, job, trio):
    visit = booked(job)
    colleague = add_technician(trio[0], "Hugo")
    report = sick(visit.technician)
    assert (report.swapped, report.released) == (1, 0)
    after = Booking.objects.get(pk=visit.pk)
    assert (after.technician, after.starts_at, after.live) == (colleague, visit.starts_at, True)
    assert status_of(job) == JobStatus.BOOKED
    assert "technician_swapped" in events_of(job)
    assert not Message.objects.filter(recipient_kind="customer").exclude(
        template="appointment_booked"
    ), "the customer hears nothing"
    assert not Outcome.objects.exclude(kind="accepted").exists(), "kept: nobody is blamed"
    agrees()


def test_without_a_colleague_the_next_round_begins_and_it_is_due_to_the_contractor(
    clock, job, trio
):
    visit = booked(job)
    report = sick(visit.technician)
    assert (report.swapped, report.released) == (0, 1)
    run_due()
    assert pending_offer(job).contractor == trio[1]
    outcome = Outcome.objects.get(kind="released_late")
    assert (outcome.contractor, outcome.due_to) == (trio[0], "contractor")
    agrees()


def test_a_colleague_without_the_skill_or_the_time_is_not_sent(clock, job, trio):
    visit = booked(job)
    busy = add_technician(trio[0], "Hugo")
    CalendarEntry.objects.create(
        branch=busy.branch, technician=busy, kind="time_off",
        period=(START, START + timedelta(hours=12)),
    )  # fmt: skip
    add_technician(trio[0], "Novice", level=1)
    assert sick(visit.technician).released == 1
    agrees()


def test_the_rest_of_the_day_is_off_and_only_that(clock, job, trio, make_job):
    tomorrow = booked(make_job())
    technician = tomorrow.technician
    sick(technician)
    off = CalendarEntry.objects.get(technician=technician, kind="time_off")
    assert off.period.lower == START
    assert off.period.upper == (START + timedelta(days=1)).replace(hour=5), "local midnight"
    tomorrow.refresh_from_db()
    assert tomorrow.live
    assert sick(technician, days=2).released == 1
    agrees()


def test_offers_that_wait_are_withdrawn_without_blame(clock, job, trio):
    offer = offered(job)
    report = sick(offer.technician)
    assert report.withdrawn == 1
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", "sick")
    run_due()
    assert pending_offer(job).contractor == trio[1]
    assert not Outcome.objects.exists()
    agrees()


def test_whoever_is_on_site_finishes(clock, job, trio):
    visit = booked(job)
    clock.set(job.window_start)
    arrive(booking_id=visit.pk, actor=SYSTEM)
    report = sick(visit.technician)
    assert (report.swapped, report.released) == (0, 0)
    assert status_of(job) == JobStatus.ON_SITE
    agrees()


def test_twice_is_once(clock, job, trio):
    visit = booked(job)
    sick(visit.technician)
    again = sick(visit.technician)
    assert (again.swapped, again.released, again.withdrawn) == (0, 0, 0)
    assert CalendarEntry.objects.filter(kind="time_off").count() == 1


def test_days_out_of_range_are_refused(clock, job, trio):
    with pytest.raises(InvalidInput):
        report_sick(technician_id=trio[0].technicians.get().pk, days=15, actor=SYSTEM)
