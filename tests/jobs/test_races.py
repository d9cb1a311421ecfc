"""Races by real processes, each with a control that shows it going wrong without its guard.

The test decides the order: it holds the lock that the racers need, waits until they all wait for
it, changes the world if it wants to, and lets go.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from jobs.audit import run_audit
from jobs.models import Booking, Job, JobEvent, Offer
from jobs.services.expiry import expire_due_offers
from jobs.services.protection import protect_appointments
from network.models import CalendarEntry, Contractor
from tests.jobs.racing import (
    changed_function,
    execute,
    only_stamps,
    racers,
    shared_clock,  # noqa: F401
    wait_for_waiting,
    without,
)
from tests.jobs.world import START, pending_offer, run_due

pytestmark = pytest.mark.slow

DEVICES = 16

ACCEPT = (
    "from jobs.actors import Actor; from jobs.services import answers;"
    " return answers.accept_offer(offer_id={offer}, via='api',"
    " actor=Actor('contractor', 'racer')).pk"
)
EXPIRE = (
    "from jobs.services.expiry import expire_due_offers; return expire_due_offers(limit=9).offers"
)
CANCEL = (
    "from jobs.actors import Actor; from jobs.services import jobs;"
    " return jobs.cancel_job(job_id={job}, by='customer', reason='other',"
    " actor=Actor('staff', 'Nora')).status"
)
SUSPEND = (
    "from network.models import Contractor;"
    " return Contractor.objects.filter(pk={contractor}).update(status='suspended')"
)
# What an accept would be if it only looked, and held nothing.
UNLOCKED = (
    "from jobs.services import answers, locked; held = locked.fetch_locked;"
    " locked.fetch_locked = lambda sql, p: held(sql.replace(' FOR UPDATE OF j', ''), p);"
    " answers._LOCK_OFFER = answers._LOCK_OFFER.replace('FOR UPDATE OF o', ''); "
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


def everything_agrees() -> bool:
    report = run_audit(wait=lambda seconds: None)
    found = {finding.check.id: finding.ids for finding in report.findings if finding.ids}
    assert found == {}
    return True


def lock(table: str, pk: int) -> None:
    execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", pk)


def accepts(offer: Offer, *, locks: bool = True) -> str:
    return ("" if locks else UNLOCKED) + ACCEPT.format(offer=offer.pk)


# -- sixteen devices of one contractor tap Accept at the same time ----------------------------


def sixteen_accept(environment: dict[str, str], offer: Offer, *, locks: bool) -> list[Any]:
    with racers(environment, *[accepts(offer, locks=locks)] * DEVICES) as running:
        with transaction.atomic():
            if locks:
                lock("jobs_job", offer.job_id)
            else:
                lock("jobs_offer", offer.pk)
            running.go(*range(DEVICES))
            wait_for_waiting(DEVICES)
        return [running.result(number) for number in range(DEVICES)]


def test_sixteen_devices_accepting_at_once_make_one_booking(offer, process_environment):
    results = sixteen_accept(process_environment, offer, locks=True)
    booking = Booking.objects.get()
    assert results == [("done", booking.pk)] * DEVICES
    assert JobEvent.objects.filter(kind="offer_accepted").count() == 1
    assert CalendarEntry.objects.filter(kind="booking").count() == 1
    assert everything_agrees()


def test_control_without_locks_and_constraints_several_bookings_are_made(
    offer, process_environment
):
    with (
        without(
            constraints=[
                "jobs_job.booked_job_has_its_live_booking",
                "jobs_booking.one_live_booking_per_job",
                "jobs_booking.jobs_booking_offer_id_key",
                "jobs_jobevent.event_sequence_unique",
            ],
            indexes=["one_event_per_offer_transition"],
            triggers=["jobs_booking.booking_settled", "jobs_job.job_transition_updated"],
        ),
        changed_function("jobs_offer_before_update", only_stamps),
    ):
        results = sixteen_accept(process_environment, offer, locks=False)
        assert {kind for kind, _ in results} == {"done"}
        assert Booking.objects.filter(live=True).count() > 1


def test_without_locks_the_database_alone_still_makes_one_booking(offer, process_environment):
    results = sixteen_accept(process_environment, offer, locks=False)
    booking = Booking.objects.get()
    assert sorted(kind for kind, _ in results) == ["done"] + ["refused"] * (DEVICES - 1)
    assert ("done", booking.pk) in results
    assert everything_agrees()


# -- an accept that waited past the deadline --------------------------------------------------


def accept_late(environment: dict[str, str], offer: Offer, shared_clock: Any) -> tuple[str, Any]:  # noqa: F811
    """The tap comes in time, but has to wait for the job until the time has run out."""
    with racers(environment, accepts(offer)) as running:
        with transaction.atomic():
            shared_clock.set(offer.expires_at - timedelta(microseconds=1))
        with transaction.atomic():
            lock("jobs_job", offer.job_id)
            running.go(0)
            wait_for_waiting(1)
            shared_clock.set(offer.expires_at)
        return running.result(0)


def test_an_accept_that_waited_past_the_deadline_is_refused(
    offer,
    shared_clock,  # noqa: F811
    process_environment,
):
    result = accept_late(process_environment, offer, shared_clock)
    assert result == ("refused", "offer-no-longer-open")
    assert not Booking.objects.exists()
    assert expire_due_offers().offers == 1
    offer.refresh_from_db()
    assert offer.status == "expired"
    run_due()
    assert pending_offer(offer.job).contractor.name == "Lisa"
    assert everything_agrees()


def test_control_a_time_checked_before_the_lock_lets_the_late_accept_through(
    offer,
    shared_clock,  # noqa: F811
    process_environment,
):
    with changed_function("jobs_offer_before_update", only_stamps):
        kind, _ = accept_late(process_environment, offer, shared_clock)
        assert kind == "done"
        offer.refresh_from_db()
        assert offer.status == "accepted"
        assert offer.answered_at >= offer.expires_at


@pytest.mark.parametrize("in_time", [True, False])
def test_accepting_and_expiring_at_the_same_moment_agree_on_one_end(
    offer,
    shared_clock,  # noqa: F811
    process_environment,
    in_time,
):
    pieces = [accepts(offer), EXPIRE] * 4
    moment = offer.expires_at - timedelta(microseconds=1) if in_time else offer.expires_at
    with racers(process_environment, *pieces) as running:
        shared_clock.set(moment)
        running.go(*range(len(pieces)))
        results = [running.result(number) for number in range(len(pieces))]
    offer.refresh_from_db()
    assert {kind for kind, _ in results[1::2]} == {"done"}
    if in_time:
        assert offer.status == "accepted"
        assert {kind for kind, _ in results[::2]} == {"done"}
        assert sum(count for _, count in results[1::2]) == 0
        assert Booking.objects.count() == 1
    else:
        assert offer.status == "expired"
        assert set(results[::2]) == {("refused", "offer-no-longer-open")}
        assert sum(count for _, count in results[1::2]) == 1
        assert not Booking.objects.exists()
    assert JobEvent.objects.filter(offer=offer).count() == 2
    assert everything_agrees()


# -- an accept against a cancellation ---------------------------------------------------------


def accept_against_cancel(
    environment: dict[str, str], offer: Offer, *, order: list[str], locks: bool = True
) -> dict[str, tuple[str, Any]]:
    """Both wait for the same row, in the given order, and then go one after the other."""
    pieces = {
        "accept": accepts(offer, locks=locks),
        "cancel": CANCEL.format(job=offer.job_id),
    }
    with racers(environment, *[pieces[name] for name in order]) as running:
        with transaction.atomic():
            lock("jobs_job" if locks else "jobs_offer", offer.job_id if locks else offer.pk)
            for number in range(2):
                running.go(number)
                wait_for_waiting(number + 1)
        return {name: running.result(number) for number, name in enumerate(order)}


@pytest.mark.parametrize("order", [["cancel", "accept"], ["accept", "cancel"]])
def test_a_job_that_is_cancelled_while_it_is_accepted_ends_cancelled(
    offer, process_environment, order
):
    results = accept_against_cancel(process_environment, offer, order=order)
    assert results["cancel"] == ("done", "cancelled")
    if order[0] == "cancel":
        assert results["accept"] == ("refused", "offer-no-longer-open")
        assert not Booking.objects.exists()
    else:
        assert results["accept"][0] == "done"
        assert Booking.objects.get().end_kind == "cancelled"
    assert Job.objects.get().status == "cancelled"
    assert not Offer.objects.filter(status="pending").exists()
    assert not CalendarEntry.objects.exists()
    assert everything_agrees()


def test_control_without_the_lock_an_accept_revives_the_cancelled_job(offer, process_environment):
    with (
        without(
            constraints=["jobs_jobevent.event_sequence_unique"],
            indexes=[],
            triggers=[
                "jobs_job.job_before_update",
                "jobs_job.job_transition_updated",
                "jobs_booking.booking_settled",
            ],
        ),
        changed_function("jobs_offer_before_update", only_stamps),
    ):
        results = accept_against_cancel(
            process_environment, offer, order=["cancel", "accept"], locks=False
        )
        assert results["cancel"] == ("done", "cancelled")
        assert results["accept"][0] == "done"
        assert Job.objects.get().status == "booked"
        assert JobEvent.objects.filter(to_status="cancelled").exists()


# -- an accept against a suspension -----------------------------------------------------------


def test_an_accept_during_a_suspension_waits_for_it_and_is_refused(offer, process_environment):
    with racers(process_environment, accepts(offer)) as running:
        with transaction.atomic():
            Contractor.objects.filter(pk=offer.contractor_id).update(status="suspended")
            running.go(0)
            wait_for_waiting(1)
        assert running.result(0) == ("refused", "move-not-allowed")
    assert not Booking.objects.exists()
    assert protect_appointments() == 1
    run_due()
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", "not_active")
    assert pending_offer(offer.job).contractor.name == "Lisa"
    assert everything_agrees()


def test_control_a_look_without_the_contractors_lock_books_a_suspended_one(
    offer, process_environment
):
    with (
        changed_function(
            "jobs_offer_before_update", lambda text: text.replace("FOR SHARE OF c", "")
        ),
        changed_function("jobs_booking_fit", lambda text: text.replace("FOR SHARE OF c, t", "")),
        racers(process_environment, accepts(offer)) as running,
    ):
        with transaction.atomic():
            Contractor.objects.filter(pk=offer.contractor_id).update(status="suspended")
            running.go(0)
            assert running.result(0)[0] == "done"  # it did not wait
        booking = Booking.objects.select_related("contractor").get()
        assert booking.live
        assert booking.contractor.status == "suspended"
        assert booking.booked_at == START


def test_a_suspension_during_an_accept_comes_after_it_and_the_visit_is_rebooked(
    offer, process_environment
):
    suspend = SUSPEND.format(contractor=offer.contractor_id)
    with racers(process_environment, accepts(offer), suspend) as running:
        with transaction.atomic():
            # The accept gets past the offer's trigger, and then waits for its technician's time.
            lock("network_calendarentry", CalendarEntry.objects.get().pk)
            running.go(0)
            wait_for_waiting(1)
            running.go(1)
            wait_for_waiting(2)
        assert running.result(0)[0] == "done"
        assert running.result(1) == ("done", 1)
    assert protect_appointments() == 1
    run_due()
    job = Job.objects.get()
    assert (job.status, job.round_number) == ("offering", 2)
    assert pending_offer(job).contractor.name == "Lisa"
    assert everything_agrees()
