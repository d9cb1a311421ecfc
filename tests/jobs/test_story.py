"""The story: Harold is silent, Lisa rejects, James accepts and completes, then gives one back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.actors import Actor
from jobs.models import Booking, Escalation, Job, JobEvent, Message, Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.visits import arrive, complete_visit, release_visit, set_eta, start_travel
from jobs.states import JobStatus
from network.models import CalendarEntry
from ranking.models import Outcome
from ranking.services.scorecards import refresh_scorecards
from tests.jobs.world import pending_offer, run_due, settle


def contractors_asked(job: Job) -> list[str]:
    return list(
        Offer.objects.filter(job=job).order_by("pk").values_list("contractor__name", flat=True)
    )


def test_silence_and_a_no_pass_the_job_on_until_somebody_accepts(clock, trio, make_job):
    harold, lisa, james = trio
    job = make_job()
    run_due()
    job.refresh_from_db()
    assert job.status == JobStatus.OFFERING
    first = pending_offer(job)
    assert first.contractor == harold
    assert first.rank == 1
    assert first.expires_at == first.made_at + timedelta(minutes=60)
    assert job.next_wake_at == first.expires_at
    settle()

    clock.set(first.expires_at)
    run_due()
    first.refresh_from_db()
    assert first.status == "expired"
    second = pending_offer(job)
    assert second.contractor == lisa
    settle()

    decline_offer(offer_id=second.pk, reason="too_far", actor=Actor.contractor(lisa), via="portal")
    run_due()
    third = pending_offer(job)
    assert third.contractor == james
    settle()

    booking = accept_offer(offer_id=third.pk, actor=Actor.contractor(james), via="portal")
    settle()
    job.refresh_from_db()
    assert job.status == JobStatus.BOOKED
    assert booking.technician.contractor == james
    assert contractors_asked(job) == ["Harold", "Lisa", "James"]
    entry = CalendarEntry.objects.get(source_ref=booking.public_id)
    assert entry.kind == "booking"
    assert set(Message.objects.values_list("template", "recipient_kind")) == {
        ("offer_made", "contractor"),
        ("visit_booked", "contractor"),
        ("appointment_booked", "customer"),
    }

    clock.set(job.window_start + timedelta(minutes=5))
    set_eta(
        booking_id=booking.pk,
        eta=job.window_start + timedelta(minutes=40),
        actor=Actor.contractor(james),
    )
    start_travel(booking_id=booking.pk, actor=Actor.contractor(james))
    clock.advance(minutes=30)
    arrive(booking_id=booking.pk, actor=Actor.contractor(james))
    clock.advance(minutes=70)
    complete_visit(booking_id=booking.pk, result="fixed", actor=Actor.contractor(james))
    settle()
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert job.next_wake_at is None
    assert not CalendarEntry.objects.exists()
    assert set(Outcome.objects.values_list("contractor__name", "kind")) == {
        ("Harold", "expired"),
        ("Lisa", "declined"),
        ("James", "accepted"),
        ("James", "on_time"),
        ("James", "fixed"),
    }
    sequences = list(
        JobEvent.objects.filter(job=job).order_by("sequence").values_list("sequence", flat=True)
    )
    assert sequences == list(range(1, job.last_sequence + 1))
    assert refresh_scorecards(at=clock.now) == 5


def test_a_visit_given_back_is_rebooked_for_the_same_window(clock, trio, make_job):
    job = make_job()
    run_due()
    offer = pending_offer(job)
    booking = accept_offer(
        offer_id=offer.pk, actor=Actor.contractor(offer.contractor), via="portal"
    )
    told = Message.objects.filter(recipient_kind="customer").count()
    release_visit(booking_id=booking.pk, reason="vehicle", actor=Actor.contractor(offer.contractor))
    settle()
    job.refresh_from_db()
    assert (job.status, job.round_number) == (JobStatus.OFFERING, 2)
    run_due()
    settle()
    again = pending_offer(job)
    assert again.contractor != offer.contractor
    assert Booking.objects.get(pk=booking.pk).end_kind == "released"
    window = (job.window_start, job.window_end)
    accept_offer(offer_id=again.pk, actor=Actor.contractor(again.contractor), via="portal")
    settle()
    job.refresh_from_db()
    assert job.status == JobStatus.BOOKED
    assert (job.window_start, job.window_end) == window
    assert Message.objects.filter(recipient_kind="customer").count() == told


def test_when_everyone_was_asked_the_dispatcher_is(clock, harold, make_job):
    job = make_job()
    run_due()
    offer = pending_offer(job)
    decline_offer(offer_id=offer.pk, reason="too_busy", actor=Actor.contractor(harold), via="api")
    run_due()
    settle()
    assert Escalation.objects.get(job=job).kind == "everyone_asked"


def test_without_a_candidate_the_dispatcher_is_told_why(clock, service_type, branch, make_job):
    from tests.jobs.world import make_contractor

    make_contractor(branch, "Faraway", kilometres_north=60, radius_km=5)
    job = make_job()
    run_due()
    settle()
    escalation = Escalation.objects.get(job=job)
    assert escalation.kind == "no_candidates"
    assert sum(escalation.data["not_eligible"].values()) >= 1


@pytest.mark.parametrize("moment", ["before", "at", "after"])
def test_an_offer_expires_at_its_deadline_and_never_before(clock, trio, make_job, moment):
    job = make_job()
    run_due()
    offer = pending_offer(job)
    shift = {"before": -1, "at": 0, "after": 1}[moment]
    clock.set(offer.expires_at + timedelta(microseconds=shift))
    run_due()
    offer.refresh_from_db()
    assert offer.status == ("pending" if moment == "before" else "expired")
