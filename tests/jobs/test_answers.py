"""Accepting and declining: the deadline, repeats, chosen starts, refusals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.actors import Actor
from jobs.errors import AlreadyTaken, InvalidInput, MoveNotAllowed, NotFound, OfferNoLongerOpen
from jobs.models import Booking, JobEvent, Message, Offer
from jobs.services import booking as booking_module
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.jobs import cancel_job
from jobs.services.visits import release_visit
from jobs.states import JobStatus
from network.models import CalendarEntry, Contractor, Technician
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, accept, booked, decline, events_of, offered, status_of
from tests.jobs.world import add_technician, pending_offer, run_due, settle


@pytest.mark.parametrize(("shift", "counts"), [(-1, True), (0, False), (1, False)])
@pytest.mark.parametrize("answer", [accept, decline])
def test_an_answer_counts_only_strictly_before_the_deadline(
    clock, trio, make_job, answer, shift, counts
):
    offer = offered(make_job())
    clock.set(offer.expires_at + timedelta(microseconds=shift))
    if counts:
        answer(offer)
        offer.refresh_from_db()
        assert offer.answered_at == clock.now
    else:
        with pytest.raises(OfferNoLongerOpen) as caught:
            answer(offer)
        assert caught.value.detail == "The time to answer ran out before this answer arrived."
        offer.refresh_from_db()
        assert (offer.status, offer.answered_at) == ("pending", None)
        assert CalendarEntry.objects.get().source_ref == offer.public_id
    settle()


def test_accepting_again_returns_the_same_booking_and_does_nothing(clock, trio, make_job):
    job = make_job()
    booking = booked(job)
    before = events_of(job), Message.objects.count(), Outcome.objects.count()
    assert accept(booking.offer).pk == booking.pk
    assert (events_of(job), Message.objects.count(), Outcome.objects.count()) == before


def test_declining_again_returns_the_offer_and_does_nothing(clock, trio, make_job):
    job = make_job()
    offer = offered(job)
    decline(offer)
    before = events_of(job)
    again = decline_offer(offer_id=offer.pk, reason="other", actor=SYSTEM, via="api")
    assert (again.status, again.reason) == ("declined", "too_busy")
    assert events_of(job) == before


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("declined", "This offer was declined already."),
        ("expired", "The time to answer this offer has run out."),
        ("withdrawn", "This offer was withdrawn: the job was cancelled."),
    ],
)
def test_accepting_what_is_no_longer_open_says_why(clock, trio, make_job, end, sentence):
    job = make_job()
    offer = offered(job)
    if end == "declined":
        decline(offer)
    elif end == "expired":
        clock.set(offer.expires_at)
        run_due()
    else:
        cancel_job(job_id=job.pk, by="customer", reason="price", actor=SYSTEM)
    with pytest.raises(OfferNoLongerOpen) as caught:
        accept(offer)
    assert caught.value.detail == sentence
    settle()


def test_an_accepted_offer_cannot_be_declined(clock, trio, make_job):
    booking = booked(make_job())
    with pytest.raises(OfferNoLongerOpen, match="This offer was accepted already"):
        decline(booking.offer)


def test_an_unknown_offer_is_not_found(clock, trio, make_job):
    with pytest.raises(NotFound, match="There is no such offer"):
        accept_offer(offer_id=10**12, actor=SYSTEM, via="portal")


def test_a_decline_needs_a_reason_from_the_list(clock, trio, make_job):
    offer = offered(make_job())
    with pytest.raises(InvalidInput) as caught:
        decline_offer(offer_id=offer.pk, reason="meh", actor=SYSTEM, via="portal")
    assert caught.value.errors["reason"].startswith("Choose one of: too_far, too_busy")
    assert pending_offer(offer.job) == offer


@pytest.mark.parametrize(
    "change", [{"status": "suspended"}, {"status": "paused"}, {"cleared_until": date(2026, 11, 2)}]
)
def test_who_may_not_work_cannot_accept(clock, trio, make_job, change):
    job = make_job()
    offer = offered(job)
    Contractor.objects.filter(pk=offer.contractor_id).update(**change)
    with pytest.raises(MoveNotAllowed, match="only while the contractor is active and cleared"):
        accept(offer)
    assert status_of(job) == JobStatus.OFFERING
    settle()


def test_the_decline_goes_on_at_once_and_counts_against_the_contractor(clock, trio, make_job):
    job = make_job()
    offer = offered(job)
    clock.advance(minutes=7)
    decline(offer)
    job.refresh_from_db()
    assert job.next_wake_at == clock.now
    assert not CalendarEntry.objects.exists()
    outcome = Outcome.objects.get()
    assert (outcome.kind, outcome.due_to, outcome.value) == ("declined", "contractor", 7)
    run_due()
    assert pending_offer(job).contractor.name == "Lisa"


def test_a_firm_may_send_another_technician_at_another_start(clock, harold, make_job):
    second = add_technician(harold, "Hank")
    job = make_job()
    offer = offered(job)
    chosen = job.window_start + timedelta(hours=3)
    booking = accept(offer, technician_id=second.pk, starts_at=chosen)
    settle()
    assert (booking.technician, booking.starts_at) == (second, chosen)
    assert booking.ends_at == chosen + timedelta(minutes=75)
    entry = CalendarEntry.objects.get()
    assert (entry.kind, entry.technician_id, entry.period.lower) == ("booking", second.pk, chosen)
    message = Message.objects.get(template="visit_booked")
    assert message.context["technician"] == "Hank"


@pytest.mark.parametrize("minutes", [-1, 4 * 60 + 1])
def test_a_start_outside_the_promise_is_refused(clock, harold, make_job, minutes):
    job = make_job()
    offer = offered(job)
    with pytest.raises(InvalidInput) as caught:
        accept(offer, starts_at=job.window_start + timedelta(minutes=minutes))
    assert "inside the arrival window" in caught.value.errors["starts_at"]
    assert status_of(job) == JobStatus.OFFERING
    assert pending_offer(job) == offer
    settle()


@pytest.mark.parametrize("minutes", [0, 4 * 60])
def test_both_ends_of_the_promise_may_be_chosen(clock, harold, make_job, minutes):
    job = make_job()
    chosen = job.window_start + timedelta(minutes=minutes)
    assert accept(offered(job), starts_at=chosen).starts_at == chosen
    settle()


def test_a_start_that_collides_with_other_work_is_refused(clock, harold, make_job):
    first = booked(make_job())
    job = make_job()
    with pytest.raises(InvalidInput) as caught:
        accept(offered(job), starts_at=first.starts_at)
    assert caught.value.errors["starts_at"] == (
        "Harold cannot start then: fully booked in the window."
    )
    settle()


def test_only_ones_own_active_technicians_may_be_sent(clock, harold, lisa, make_job):
    offer = offered(make_job())
    away = add_technician(harold, "Hank")
    Technician.objects.filter(pk=away.pk).update(active=False)
    for stranger in (lisa.technicians.get().pk, away.pk, 10**12):
        with pytest.raises(InvalidInput) as caught:
            accept(offer, technician_id=stranger)
        assert caught.value.errors == {
            "technician": "Choose one of the contractor's own technicians."
        }


def test_time_taken_behind_the_holds_back_reads_as_already_taken(
    clock, harold, make_job, monkeypatch
):
    """The exclusion constraint has the last word, and says it in plain words."""
    second = add_technician(harold, "Hank")
    job = make_job()
    offer = offered(job)
    original = booking_module.fit_start

    def slip_in(*args, **kwargs):
        found = original(*args, **kwargs)
        CalendarEntry.objects.create(
            branch=job.branch,
            technician=second,
            kind="time_off",
            period=(offer.starts_at, offer.ends_at),
        )
        return found

    # Between the check and the write somebody else's entry appears.
    monkeypatch.setattr(booking_module, "fit_start", slip_in)
    with pytest.raises(AlreadyTaken, match="This technician's time was taken a moment ago"):
        accept(offer, technician_id=second.pk)
    assert pending_offer(job) == offer


def test_an_answer_by_phone_is_recorded_as_such(clock, trio, make_job, dispatcher):
    offer = offered(make_job())
    accept_offer(offer_id=offer.pk, actor=Actor.staff(dispatcher), via="phone")
    offer.refresh_from_db()
    assert offer.via == "phone"
    event = JobEvent.objects.get(kind="offer_accepted")
    assert (event.actor_kind, event.actor_label) == ("staff", "Nora")
    assert event.actor_user == dispatcher
    assert Outcome.objects.get().kind == "accepted"


def test_a_booking_given_back_and_accepted_again_shows_its_end(clock, trio, make_job):
    booking = booked(make_job())
    release_visit(booking_id=booking.pk, reason="sick", actor=SYSTEM)
    again = accept(booking.offer)
    assert (again.pk, again.live, again.end_kind) == (booking.pk, False, "released")
    assert Booking.objects.count() == 1


def test_the_customer_hears_once_however_often_it_is_rebooked(clock, trio, make_job):
    job = make_job()
    for _ in range(2):
        release_visit(booking_id=booked(job).pk, reason="sick", actor=SYSTEM)
    booked(job)
    settle()
    templates = Message.objects.filter(recipient_kind="customer").values_list("template", flat=True)
    assert list(templates) == ["appointment_booked"]
    assert Offer.objects.filter(job=job, status="accepted").count() == 3


def test_accepting_costs_a_fixed_number_of_statements(clock, trio, make_job):
    offer = offered(make_job())
    with CaptureQueriesContext(connection) as spent:
        accept(offer)
    statements = [q["sql"] for q in spent if "SAVEPOINT" not in q["sql"]]
    # job, offer, time, answer, technician, calendar, booking, who else is asked, escalations,
    # events, the contractor's ways, the customer's, messages, job, outcomes
    assert len(statements) == 15, "\n".join(statements)


def test_declining_costs_a_fixed_number_of_statements(clock, trio, make_job):
    offer = offered(make_job())
    with CaptureQueriesContext(connection) as spent:
        decline(offer)
    statements = [q["sql"] for q in spent if "SAVEPOINT" not in q["sql"]]
    # job, offer, answer, calendar, who else is asked, events, job, outcomes, the offer as it is now
    assert len(statements) == 9, "\n".join(statements)
