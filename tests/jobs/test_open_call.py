"""The open call: when one by one cannot finish in time, the next few are asked at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.actors import Actor
from jobs.errors import OfferNoLongerOpen
from jobs.messaging.rendering import render
from jobs.models import JobEvent, Message, Offer
from jobs.services.answers import accept_offer
from jobs.services.dispatch import search_again
from jobs.services.jobs import cancel_job
from jobs.services.protection import protect_appointments
from jobs.services.undeliverable import pass_on_undeliverable
from jobs.states import JobStatus
from network.models import CalendarEntry, Contractor
from ranking.models import Outcome, Scorecard
from tests.jobs.steps import accept, decline, events_of, open_questions, status_of
from tests.jobs.test_races import everything_agrees
from tests.jobs.world import START, make_contractor, run_due, settle


@pytest.fixture
def trio(clock, branch, service_type):
    """Three in the order of their ranking, all of them near."""
    return [
        make_contractor(branch, "Harold", kilometres_north=0.5, tier=1, hourly_rate="80.00"),
        make_contractor(branch, "Lisa", kilometres_north=0.6, hourly_rate="95.00"),
        make_contractor(branch, "James", kilometres_north=0.7, tier=3, hourly_rate="110.00"),
    ]


@pytest.fixture
def job(clock, trio, make_job):
    """Little time: two of the three can be asked at once, and then the third."""
    return make_job(
        window_start=START, window_end=START + timedelta(minutes=28), duration_minutes=25
    )


def asked(job) -> list[Offer]:
    return list(
        Offer.objects.filter(job=job, status="pending").select_related("contractor").order_by("id")
    )


def test_with_too_little_time_two_are_asked_at_once_and_then_the_third(clock, job, trio):
    run_due()
    settle()
    first = asked(job)
    assert [offer.contractor for offer in first] == trio[:2]
    assert [(offer.seat.lower, offer.seat.upper) for offer in first] == [(0, 1), (1, 2)]
    assert {offer.expires_at for offer in first} == {first[0].expires_at}
    clock.set(first[0].expires_at)
    run_due()
    settle()
    last = asked(job)
    assert [offer.contractor for offer in last] == trio[2:]
    assert last[0].seat.upper is None, "alone again"
    assert last[0].expires_at <= job.window_end
    assert everything_agrees()


@pytest.mark.parametrize(("usually", "together"), [(None, 1), (100.0, 2)])
def test_whoever_usually_takes_longer_opens_the_call_earlier(
    clock, trio, make_job, usually, together
):
    Scorecard.objects.create(
        contractor=trio[1],
        branch_id=trio[1].branch_id,
        answers_count=5,
        response_p80=usually,
        updated_at=START,
    )
    job = make_job(
        window_start=START, window_end=START + timedelta(minutes=93), duration_minutes=25
    )
    run_due()
    assert len(asked(job)) == together


def test_the_offer_and_its_message_say_first_to_accept(clock, job):
    run_due()
    for message in Message.objects.filter(job=job, template="offer_made"):
        assert "First to accept: others are asked at the same time." in render(message)[1]
    assert [e.data["first_to_accept"] for e in JobEvent.objects.filter(kind="offer_made")] == [
        True,
        True,
    ]


def test_the_first_to_accept_has_it_and_it_does_not_count_against_the_others(clock, job, trio):
    run_due()
    harold, lisa = asked(job)
    booking = accept(lisa)
    settle()
    assert booking.contractor == trio[1]
    harold.refresh_from_db()
    assert (harold.status, harold.reason) == ("withdrawn", "taken")
    assert [(o.contractor_id, o.kind) for o in Outcome.objects.all()] == [(trio[1].pk, "accepted")]
    assert CalendarEntry.objects.count() == 1
    told = Message.objects.get(template="offer_withdrawn", contractor=trio[0])
    assert "Somebody else was first to accept." in render(told)[1]
    with pytest.raises(OfferNoLongerOpen, match="Already taken"):
        accept(harold)
    assert everything_agrees()


def test_one_no_leaves_the_others_their_time(clock, job, trio):
    run_due()
    harold, lisa = asked(job)
    decline(harold)
    run_due()
    settle()
    assert asked(job) == [lisa], "nobody else is asked while an answer may come"
    job.refresh_from_db()
    assert job.next_wake_at == lisa.expires_at
    decline(lisa)
    run_due()
    assert [offer.contractor for offer in asked(job)] == [trio[2]]


def test_one_that_could_not_be_delivered_leaves_the_others_their_time(clock, job, trio):
    run_due()
    harold, lisa = asked(job)
    assert pass_on_undeliverable(offer_id=harold.pk)
    run_due()
    settle()
    assert asked(job) == [lisa]
    assert everything_agrees()


def test_only_the_offer_of_the_one_who_was_lost_is_withdrawn(clock, job, trio):
    run_due()
    harold, lisa = asked(job)
    Contractor.objects.filter(pk=trio[0].pk).update(status="suspended")
    assert protect_appointments() == 1
    run_due()
    settle()
    assert asked(job) == [lisa]
    harold.refresh_from_db()
    assert harold.reason == "not_active"
    assert everything_agrees()


def test_a_cancelled_job_withdraws_all_of_them(clock, job):
    run_due()
    assert len(asked(job)) == 2
    cancel_job(job_id=job.pk, by="customer", reason="other", actor=Actor.system())
    settle()
    assert asked(job) == []
    assert not CalendarEntry.objects.exists()


def test_a_technician_taken_by_another_job_does_not_open_a_seat_twice(clock, job, trio, make_job):
    rival = make_job(
        window_start=START, window_end=START + timedelta(minutes=28), duration_minutes=25
    )
    run_due()
    settle()
    holders = [entry.technician_id for entry in CalendarEntry.objects.filter(kind="hold")]
    assert len(holders) == len(set(holders)), "one slot of half an hour, one offer"
    assert {status_of(job), status_of(rival)} == {JobStatus.OFFERING}
    assert len(asked(job)) + len(asked(rival)) == 3


def test_when_all_of_them_are_silent_the_dispatcher_is_asked(clock, job):
    run_due()
    while asked(job):
        clock.set(asked(job)[0].expires_at)
        run_due()
    settle()
    assert open_questions(job) == ["everyone_asked"]
    assert Outcome.objects.filter(kind="expired", due_to="contractor").count() == 3
    assert events_of(job).count("offer_expired") == 3
    search_again(job_id=job.pk, actor=Actor.system())


def test_answering_one_s_own_offer_again_returns_the_booking(clock, job):
    run_due()
    harold, lisa = asked(job)
    first = accept(harold)
    again = accept_offer(offer_id=harold.pk, actor=Actor.system(), via="portal")
    assert first.pk == again.pk
    with pytest.raises(OfferNoLongerOpen):
        accept(lisa)
