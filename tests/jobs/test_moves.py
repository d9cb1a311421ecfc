"""The promise moves: the contractor is kept where he is free, and everybody hears one thing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.actors import Actor
from jobs.audit.run import run_audit
from jobs.errors import InvalidInput, MoveNotAllowed, NotFound
from jobs.models import (
    Booking,
    ChangePolicy,
    ContractorFee,
    Escalation,
    JobEvent,
    Message,
    Offer,
    WindowOffer,
)
from jobs.services.customer_changes import (
    approve_request,
    choose_window,
    customer_cancels,
    customer_moves,
    decline_request,
    offer_windows,
)
from jobs.services.jobs import cancel_job
from jobs.services.moves import move_job
from jobs.services.visits import arrive, start_travel
from jobs.states import JobStatus
from network.models import CalendarEntry
from network.services.calendar import add_time_off
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, booked, events_of, offered, open_questions, status_of
from tests.jobs.world import pending_offer, run_due, settle

DANA = Actor("customer", "Dana Whitfield")
pytestmark = pytest.mark.usefixtures("trio")


def later(job, **by):
    return {
        "window_start": job.window_start + timedelta(**by),
        "window_end": job.window_end + timedelta(**by),
    }


def clean() -> None:
    settle()
    assert [f.check.id for f in run_audit(wait=lambda s: None).findings if f.ids] == []


def told(kind):
    return list(
        Message.objects.filter(recipient_kind=kind)
        .order_by("pk")
        .values_list("template", flat=True)
    )


def test_the_contractor_keeps_the_visit_where_he_is_free_then(make_job, harold):
    job = make_job()
    booking = booked(job)
    assert customer_moves(job_id=job.pk, **later(job, days=1), actor=DANA)
    clean()
    before = job.window_start
    job.refresh_from_db()
    booking.refresh_from_db()
    assert job.window_start == before + timedelta(days=1)
    assert (job.status, booking.live, booking.contractor) == ("booked", True, harold)
    assert job.window_start <= booking.starts_at <= job.window_end
    entry = CalendarEntry.objects.get()
    assert (entry.source_ref, entry.period.lower) == (booking.public_id, booking.starts_at)
    assert told("contractor")[-1] == "visit_moved"
    assert told("customer")[-1] == "appointment_moved"
    assert "visit_cancelled" not in told("contractor")
    run_due()
    assert status_of(job) == "booked"


def test_a_move_inside_the_day_gives_the_old_time_free_for_itself(make_job):
    job = make_job()
    booking = booked(job)
    move_job(job_id=job.pk, **later(job, hours=1), by_customer=False, actor=SYSTEM)
    clean()
    booking.refresh_from_db()
    assert booking.live
    assert CalendarEntry.objects.count() == 1


def test_who_is_not_free_then_is_told_and_others_are_asked(make_job, harold):
    job = make_job()
    booking = booked(job)
    add_time_off(
        technician_id=booking.technician_id,
        start=job.window_start + timedelta(hours=20),
        end=job.window_start + timedelta(hours=40),
    )
    assert customer_moves(job_id=job.pk, **later(job, days=1), actor=DANA)
    clean()
    booking.refresh_from_db()
    assert (booking.live, booking.reason) == (False, "moved")
    run_due()
    assert pending_offer(job).contractor.name == "Lisa"
    assert told("contractor")[:3] == ["offer_made", "visit_booked", "visit_cancelled"]
    assert told("customer") == ["appointment_booked", "appointment_moved"]
    outcome = Outcome.objects.get(kind__startswith="released")
    assert outcome.due_to == "customer", "it is not on Harold's record"


def test_while_contractors_are_asked_the_offer_is_withdrawn_and_the_search_begins_anew(make_job):
    job = make_job()
    offer = offered(job)
    assert customer_moves(job_id=job.pk, **later(job, days=1), actor=DANA)
    clean()
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", "moved")
    run_due()
    assert pending_offer(job).starts_at >= job.window_start + timedelta(days=1)
    assert not Outcome.objects.exists()


def test_moving_to_the_present_window_or_twice_changes_nothing(make_job):
    job = make_job()
    booked(job)
    assert customer_moves(job_id=job.pk, **later(job), actor=DANA)
    assert "moved" not in events_of(job)
    to = later(job, days=1)
    for _ in range(2):
        assert customer_moves(job_id=job.pk, **to, seen=job.window_start, actor=DANA)
    assert events_of(job).count("moved") == 1
    assert told("customer").count("appointment_moved") == 1


def test_a_page_that_shows_an_old_time_moves_nothing(make_job):
    job = make_job()
    booked(job)
    seen = job.window_start
    move_job(job_id=job.pk, **later(job, days=1), by_customer=False, actor=SYSTEM)
    with pytest.raises(MoveNotAllowed, match="moved already"):
        customer_moves(job_id=job.pk, **later(job, days=2), seen=seen, actor=DANA)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [(-2, 2, "begun already"), (30, 30, "ends before"), (30, 31, "shorter than the work")],
)
def test_windows_that_cannot_be_promised_are_refused(make_job, clock, start, end, says):
    job = make_job()
    with pytest.raises(InvalidInput, match=says):
        move_job(
            job_id=job.pk,
            window_start=clock.now + timedelta(hours=start),
            window_end=clock.now + timedelta(hours=end),
            by_customer=False,
            actor=SYSTEM,
        )


def test_on_the_way_it_cannot_be_moved(make_job, clock):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    start_travel(booking_id=booking.pk, actor=SYSTEM)
    for move in (
        lambda: customer_moves(job_id=job.pk, **later(job, days=1), actor=DANA),
        lambda: move_job(job_id=job.pk, **later(job, days=1), by_customer=False, actor=SYSTEM),
    ):
        with pytest.raises(MoveNotAllowed, match="on the way"):
            move()


# -- after the cut-off ----------------------------------------------------------------------------
@pytest.fixture
def soon(make_job, clock):
    """A booked job one hour before its window: after the cut-off."""
    job = make_job()
    booked(job)
    clock.set(job.window_start - timedelta(hours=1))
    return job


def test_after_the_cut_off_a_move_is_a_question_and_a_yes_moves(soon, dispatcher):
    assert not customer_moves(job_id=soon.pk, **later(soon, days=1), actor=DANA)
    assert open_questions(soon) == ["move_asked"]
    assert not customer_moves(job_id=soon.pk, **later(soon, days=1), actor=DANA)
    assert events_of(soon).count("move_asked") == 1, "asking the same again adds nothing"
    approve_request(job_id=soon.pk, kind="move_asked", actor=Actor.staff(dispatcher))
    clean()
    assert open_questions(soon) == []
    before = soon.window_start
    soon.refresh_from_db()
    assert soon.window_start == before + timedelta(days=1)
    with pytest.raises(NotFound):
        approve_request(job_id=soon.pk, kind="move_asked", actor=SYSTEM)


def test_after_the_cut_off_a_cancellation_is_a_question_and_a_no_keeps_it(soon, dispatcher):
    assert not customer_cancels(job_id=soon.pk, reason="price", actor=DANA)
    assert open_questions(soon) == ["cancel_asked"]
    decline_request(job_id=soon.pk, kind="cancel_asked", actor=Actor.staff(dispatcher))
    clean()
    assert (status_of(soon), open_questions(soon)) == ("booked", [])
    assert told("customer")[-1] == "change_declined"
    customer_cancels(job_id=soon.pk, reason="price", actor=DANA)
    approve_request(job_id=soon.pk, kind="cancel_asked", actor=SYSTEM)
    assert status_of(soon) == "cancelled"


def test_asking_for_something_else_replaces_the_question(soon):
    customer_cancels(job_id=soon.pk, reason="price", actor=DANA)
    customer_moves(job_id=soon.pk, **later(soon, days=2), actor=DANA)
    assert open_questions(soon) == ["move_asked"]
    customer_moves(job_id=soon.pk, **later(soon, days=3), actor=DANA)
    asked = Escalation.objects.get(job=soon, closed_at=None)
    assert asked.data["window_start"] == (soon.window_start + timedelta(days=3)).isoformat()


def test_while_nobody_is_booked_there_is_no_cut_off(make_job, clock):
    job = make_job()
    offered(job)
    clock.set(job.window_start - timedelta(minutes=30))
    assert customer_cancels(job_id=job.pk, reason="price", actor=DANA)
    assert customer_cancels(job_id=job.pk, reason="price", actor=DANA), "twice is once"
    assert status_of(job) == "cancelled"
    assert told("customer").count("appointment_cancelled") == 1


def test_the_branch_sets_the_cut_off(make_job, branch, clock):
    ChangePolicy.objects.create(branch=branch, cutoff_minutes=30)
    job = make_job()
    booked(job)
    clock.set(job.window_start - timedelta(minutes=31))
    assert customer_moves(job_id=job.pk, **later(job, days=1), actor=DANA)


# -- what the contractor is paid ------------------------------------------------------------------
def test_a_late_change_is_paid_as_the_branch_says(make_job, branch, clock):
    ChangePolicy.objects.create(
        branch=branch, late_cancel_fee=Decimal("60"), late_move_fee=Decimal("25.50")
    )
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start - timedelta(hours=5))
    customer_moves(job_id=job.pk, **later(job, hours=24), actor=DANA)
    fee = ContractorFee.objects.get()
    assert (fee.booking, fee.kind, fee.amount, fee.currency) == (
        booking,
        "late_move",
        Decimal("25.50"),
        "USD",
    )
    job.refresh_from_db()
    clock.set(job.window_start - timedelta(hours=25))
    cancel_job(job_id=job.pk, by="customer", reason="price", actor=DANA)
    assert ContractorFee.objects.count() == 1, "in good time nothing is owed"


def test_a_dispatchers_change_and_a_branch_without_fees_owe_nothing(make_job, branch, clock):
    job = make_job()
    booked(job)
    clock.set(job.window_start - timedelta(hours=5))
    cancel_job(job_id=job.pk, by="customer", reason="price", actor=DANA)
    assert not ContractorFee.objects.exists()
    ChangePolicy.objects.create(branch=branch, late_cancel_fee=Decimal(60))
    other = make_job()
    booked(other)
    cancel_job(job_id=other.pk, by="dispatcher", reason="duplicate", actor=SYSTEM)
    assert not ContractorFee.objects.exists()


# -- other windows --------------------------------------------------------------------------------
def test_the_customer_chooses_one_of_the_windows_offered(make_job):
    job = make_job()
    booked(job)
    windows = [tuple(later(job, days=days).values()) for days in (1, 2)]
    offer_windows(job_id=job.pk, windows=windows, actor=SYSTEM)
    offer = WindowOffer.objects.get()
    assert told("customer")[-1] == "other_windows"
    chosen = {"job_id": job.pk, "offer": str(offer.public_id), "actor": DANA}
    assert choose_window(**chosen, index=1)
    assert not choose_window(**chosen, index=1), "the second tap"
    with pytest.raises(NotFound):
        choose_window(**chosen, index=0)
    clean()
    before = job.window_start
    job.refresh_from_db()
    assert job.window_start == before + timedelta(days=2)
    assert not ContractorFee.objects.exists(), "we asked: nobody's late change"


def test_offering_again_replaces_what_was_offered_and_a_move_closes_it(make_job):
    job = make_job()
    offer_windows(job_id=job.pk, windows=[tuple(later(job, days=1).values())], actor=SYSTEM)
    first = WindowOffer.objects.get()
    offer_windows(job_id=job.pk, windows=[tuple(later(job, days=2).values())], actor=SYSTEM)
    with pytest.raises(NotFound):
        choose_window(job_id=job.pk, offer=str(first.public_id), index=0, actor=DANA)
    move_job(job_id=job.pk, **later(job, days=3), by_customer=False, actor=SYSTEM)
    assert not WindowOffer.objects.filter(closed_at=None).exists()
    with pytest.raises(InvalidInput):
        offer_windows(job_id=job.pk, windows=[], actor=SYSTEM)


def test_every_move_is_in_the_history(make_job):
    job = make_job()
    booked(job)
    move_job(job_id=job.pk, **later(job, days=1), by_customer=False, note="agreed", actor=SYSTEM)
    event = JobEvent.objects.get(kind="moved")
    assert event.data["kept"] is True
    assert event.data["from"][0] == job.window_start.isoformat()
    assert event.data["note"] == "agreed"
    assert Booking.objects.count() == Offer.objects.count() == 1


def test_on_site_nothing_can_be_asked_any_more(make_job, clock):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    with pytest.raises(MoveNotAllowed):
        customer_cancels(job_id=job.pk, reason="price", actor=DANA)
    assert status_of(job) == JobStatus.ON_SITE
