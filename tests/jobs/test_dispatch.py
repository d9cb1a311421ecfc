"""What a dispatcher does by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.actors import Actor
from jobs.errors import AlreadyTaken, InvalidInput, JobIsFinal, MoveNotAllowed, NotFound
from jobs.models import Booking, Escalation, JobEvent, Message, Offer
from jobs.services import dispatch
from jobs.services.dispatch import assign, offer_next, rebook, resolve_escalation, search_again
from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive, complete_visit, start_travel
from jobs.states import JobStatus
from network.models import CalendarEntry, Client, ClientContractor, Contractor
from ranking.models import Outcome
from tests.jobs.steps import (
    SYSTEM,
    booked,
    decline,
    events_of,
    offered,
    on_site,
    open_questions,
    status_of,
)
from tests.jobs.world import (
    add_technician,
    make_branch,
    make_contractor,
    pending_offer,
    run_due,
    settle,
)


@pytest.fixture
def nora(dispatcher) -> Actor:
    return Actor.staff(dispatcher)


def give(job, contractor, actor, **changes) -> Booking:
    return assign(job_id=job.pk, contractor_id=contractor.pk, actor=actor, **changes)


def test_a_new_job_can_be_given_away_before_any_search(clock, trio, make_job, nora):
    job = make_job()
    booking = give(job, trio[2], nora, note="he called")
    settle()
    assert (status_of(job), job.round_number) == (JobStatus.BOOKED, 1)
    offer = Offer.objects.get()
    assert (offer.via, offer.rank, offer.status) == ("assigned", 0, "accepted")
    assert booking.contractor == trio[2]
    assert JobEvent.objects.get(kind="assigned").data["note"] == "he called"
    assert not Message.objects.filter(template="offer_made").exists()
    assert Message.objects.filter(template="visit_booked").count() == 1
    assert not Outcome.objects.exists(), "an assignment says nothing about how he answers"
    run_due()
    assert status_of(job) == JobStatus.BOOKED


def test_between_two_offers_the_job_can_be_given_away(clock, trio, make_job, nora):
    job = make_job()
    decline(offered(job))
    give(job, trio[2], nora)
    settle()
    assert status_of(job) == JobStatus.BOOKED
    assert Offer.objects.get(status="accepted").rank == 3


def test_while_somebody_is_being_asked_it_is_refused(clock, trio, make_job, nora):
    job = make_job()
    offer = offered(job)
    for contractor in trio:
        with pytest.raises(AlreadyTaken) as caught:
            give(job, contractor, nora)
        assert caught.value.detail.startswith("Harold is being asked and has not answered yet.")
    assert pending_offer(job) == offer


def test_a_booked_job_moves_to_another_contractor_and_the_first_is_told(
    clock, trio, make_job, nora
):
    job = make_job()
    first = booked(job)
    second = give(job, trio[1], nora)
    settle()
    first.refresh_from_db()
    assert (first.live, first.reason) == (False, "reassigned")
    assert (status_of(job), job.round_number) == (JobStatus.BOOKED, 2)
    assert CalendarEntry.objects.get().source_ref == second.public_id
    cancelled = Message.objects.get(template="visit_cancelled")
    assert cancelled.contractor == trio[0]
    assert Outcome.objects.get(kind__startswith="released").due_to == "dispatcher"
    customers = Message.objects.filter(recipient_kind="customer")
    assert customers.count() == 1, "the appointment stands, so the customer hears nothing"


def test_the_same_contractor_can_be_given_another_start(clock, harold, make_job, nora):
    job = make_job()
    booked(job)
    later = job.window_start + timedelta(hours=2)
    assert give(job, harold, nora, starts_at=later).starts_at == later
    settle()


def test_on_the_way_it_can_still_be_taken_on_site_no_more(clock, trio, make_job, nora):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    start_travel(booking_id=booking.pk, actor=SYSTEM)
    second = give(job, trio[1], nora)
    arrive(booking_id=second.pk, actor=SYSTEM)
    for move in (
        lambda: give(job, trio[2], nora),
        lambda: rebook(job_id=job.pk, actor=nora),
    ):
        with pytest.raises(MoveNotAllowed, match="The technician is on site already"):
            move()
    assert status_of(job) == JobStatus.ON_SITE
    settle()


def test_an_assignment_leaves_nothing_behind_when_it_is_refused(clock, trio, make_job, nora):
    job = make_job()
    first = booked(job)
    Contractor.objects.filter(pk=trio[1].pk).update(status="suspended")
    before = events_of(job)
    with pytest.raises(InvalidInput, match="Lisa cannot take it: is suspended"):
        give(job, trio[1], nora)
    first.refresh_from_db()
    assert first.live
    assert events_of(job) == before
    settle()


def test_the_territory_is_no_obstacle_by_hand_a_block_is(clock, harold, branch, make_job, nora):
    far = make_contractor(branch, "Faraway", kilometres_north=30, radius_km=5)
    client = Client.objects.create(branch=branch, slug="acme", name="Acme")
    job = make_job(client=client)
    ClientContractor.objects.create(client=client, contractor=far, relation="blocked")
    with pytest.raises(InvalidInput, match="blocked by the client"):
        give(job, far, nora)
    ClientContractor.objects.all().delete()
    assert give(job, far, nora).contractor == far
    settle()


def test_a_stranger_cannot_be_assigned_or_asked(clock, harold, make_job, nora):
    stranger = make_contractor(make_branch("worcester"), "Stranger")
    job = make_job()
    decline(offered(job))
    for move in (
        lambda: give(job, stranger, nora),
        lambda: offer_next(job_id=job.pk, contractor_id=stranger.pk, actor=nora),
    ):
        with pytest.raises(InvalidInput) as caught:
            move()
        assert caught.value.errors == {"contractor": "Choose a contractor of this branch."}


def test_the_technician_who_can_start_then_is_found(clock, harold, make_job, nora):
    add_technician(harold, "Hank")
    taken = booked(make_job())
    job = make_job()
    booking = give(job, harold, nora, starts_at=taken.starts_at)
    assert booking.technician_id != taken.technician_id
    assert booking.starts_at == taken.starts_at
    settle()


@pytest.mark.parametrize("minutes", [-1, 241])
def test_a_start_outside_the_promise_cannot_be_assigned(clock, harold, make_job, nora, minutes):
    job = make_job()
    with pytest.raises(InvalidInput, match="inside the arrival window"):
        give(job, harold, nora, starts_at=job.window_start + timedelta(minutes=minutes))
    assert status_of(job) == JobStatus.NEW


def test_a_final_job_takes_no_hand(clock, trio, make_job, nora):
    job = make_job()
    cancel_job(job_id=job.pk, by="customer", reason="price", actor=SYSTEM)
    for move in (
        lambda: give(job, trio[0], nora),
        lambda: rebook(job_id=job.pk, actor=nora),
        lambda: search_again(job_id=job.pk, actor=nora),
        lambda: offer_next(job_id=job.pk, contractor_id=trio[0].pk, actor=nora),
    ):
        with pytest.raises(JobIsFinal, match="is cancelled; nothing changes any more"):
            move()


def test_domain_time_may_run_fast_while_an_assignment_is_made(
    clock, harold, make_job, nora, monkeypatch
):
    """Between the offer and its acceptance minutes of domain time may pass in a demo."""
    job = make_job()
    original = dispatch.make_offers

    def slowly(**facts):
        made = original(**facts)
        clock.advance(minutes=20)
        return made

    monkeypatch.setattr(dispatch, "make_offers", slowly)
    assert give(job, harold, nora).live


def test_rebooking_searches_again_for_the_same_promise(clock, trio, make_job, nora):
    job = make_job()
    first = booked(job)
    promise = job.window_start, job.window_end
    rebook(job_id=job.pk, note="double", actor=nora)
    run_due()
    settle()
    job.refresh_from_db()
    assert (job.window_start, job.window_end) == promise
    assert pending_offer(job).contractor != first.contractor
    with pytest.raises(MoveNotAllowed, match="Only a booked job can be rebooked"):
        rebook(job_id=job.pk, actor=nora)


def test_searching_again_is_for_jobs_that_wait_for_a_person(clock, trio, make_job, nora):
    job = make_job()
    search_again(job_id=job.pk, actor=nora)
    assert status_of(job) == JobStatus.NEW, "it is searched for anyway"
    offered(job)
    with pytest.raises(AlreadyTaken, match="Harold is being asked"):
        search_again(job_id=job.pk, actor=nora)
    booked_job = make_job()
    booked(booked_job)
    with pytest.raises(MoveNotAllowed, match="This job is booked; rebook it to search again"):
        search_again(job_id=booked_job.pk, actor=nora)


def test_searching_again_finds_who_has_come_since(clock, harold, branch, make_job, nora):
    job = make_job()
    decline(offered(job))
    run_due()
    assert open_questions(job) == ["everyone_asked"]
    make_contractor(branch, "Newcomer", kilometres_north=2)
    search_again(job_id=job.pk, actor=nora)
    assert open_questions(job) == []
    run_due()
    job.refresh_from_db()
    assert job.round_number == 2
    asked = [pending_offer(job).contractor.name]
    decline(pending_offer(job))
    run_due()
    asked.append(pending_offer(job).contractor.name)
    assert set(asked) == {"Harold", "Newcomer"}
    settle()


def test_the_named_one_is_asked_next_and_keeps_his_rank(clock, trio, make_job, nora):
    job = make_job()
    first = offered(job)
    offer_next(job_id=job.pk, contractor_id=trio[2].pk, actor=nora)
    assert pending_offer(job) == first, "who is being asked keeps his time"
    decline(first)
    run_due()
    assert (pending_offer(job).contractor, pending_offer(job).rank) == (trio[2], 3)
    decline(pending_offer(job))
    run_due()
    assert (pending_offer(job).contractor, pending_offer(job).rank) == (trio[1], 2)
    decline(pending_offer(job))
    run_due()
    assert open_questions(job) == ["everyone_asked"]
    settle()


def test_after_everyone_was_asked_one_can_be_asked_again(clock, trio, make_job, nora):
    job = make_job()
    decline(offered(job))
    for _ in range(2):
        run_due()
        decline(pending_offer(job))
    run_due()
    assert open_questions(job) == ["everyone_asked"]
    offer_next(job_id=job.pk, contractor_id=trio[1].pk, actor=nora)
    assert open_questions(job) == []
    run_due()
    assert pending_offer(job).contractor == trio[1]
    decline(pending_offer(job))
    run_due()
    assert open_questions(job) == ["everyone_asked"]
    settle()


def test_one_outside_the_ranking_can_be_asked_and_is_checked_like_anybody(
    clock, harold, branch, make_job, nora
):
    far = make_contractor(branch, "Faraway", kilometres_north=30, radius_km=5)
    job = make_job()
    decline(offered(job))
    run_due()
    offer_next(job_id=job.pk, contractor_id=far.pk, actor=nora)
    run_due()
    passed = JobEvent.objects.get(job=job, kind="candidate_passed_over")
    assert passed.data["contractor"] == "Faraway"
    assert passed.data["rule"] == "outside_territory"
    assert open_questions(job) == ["everyone_asked"]


def test_one_who_is_asked_cannot_be_next(clock, trio, make_job, nora):
    job = make_job()
    offered(job)
    with pytest.raises(AlreadyTaken, match="Harold is being asked right now"):
        offer_next(job_id=job.pk, contractor_id=trio[0].pk, actor=nora)


def test_nobody_can_be_next_before_the_ranking_or_once_booked(clock, trio, make_job, nora):
    job = make_job()
    with pytest.raises(MoveNotAllowed, match="Nobody is being asked for this job"):
        offer_next(job_id=job.pk, contractor_id=trio[0].pk, actor=nora)
    booked(job)
    with pytest.raises(MoveNotAllowed, match="Nobody is being asked for this job"):
        offer_next(job_id=job.pk, contractor_id=trio[1].pk, actor=nora)
    rebook(job_id=job.pk, actor=nora)
    with pytest.raises(MoveNotAllowed, match="being ranked; try again in a second"):
        offer_next(job_id=job.pk, contractor_id=trio[1].pk, actor=nora)


def test_a_job_without_candidates_can_be_offered_by_name(clock, harold, make_job, nora):
    job = make_job()
    Contractor.objects.filter(pk=harold.pk).update(status="paused")
    run_due()
    assert open_questions(job) == ["no_candidates"]
    Contractor.objects.filter(pk=harold.pk).update(status="active")
    offer_next(job_id=job.pk, contractor_id=harold.pk, actor=nora)
    run_due()
    assert (pending_offer(job).contractor, pending_offer(job).rank) == (harold, 0)
    assert open_questions(job) == []
    settle()


def test_a_question_is_settled_once_with_words(clock, harold, make_job, nora, dispatcher):
    job = make_job()
    decline(offered(job))
    run_due()
    question = Escalation.objects.get()
    with pytest.raises(InvalidInput, match="Say in a few words"):
        resolve_escalation(escalation_id=question.pk, resolution="  ", actor=nora)
    for words in ("Called the customer", "again"):
        resolve_escalation(escalation_id=question.pk, resolution=words, actor=nora)
    question.refresh_from_db()
    assert (question.resolution, question.closed_by) == ("Called the customer", dispatcher)
    assert events_of(job).count("escalation_settled") == 1
    with pytest.raises(NotFound, match="There is no such question"):
        resolve_escalation(escalation_id=10**12, resolution="x", actor=nora)


def test_a_question_about_a_completed_job_can_be_settled(clock, harold, make_job, nora):
    job = make_job()
    booking = on_site(job, clock)
    complete_visit(booking_id=booking.pk, result="needs_another_visit", actor=SYSTEM)
    question = Escalation.objects.get()
    resolve_escalation(escalation_id=question.pk, resolution="New job made", actor=nora)
    settle()
    job.refresh_from_db()
    assert open_questions(job) == []
    assert events_of(job)[-1] == "escalation_settled"
    assert job.last_sequence == len(events_of(job))
