"""Silence is not a no: while there is time, a search that found nobody is made again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.another_try import LEAST, PAUSES, next_try
from jobs.models import Escalation, Offer, Round
from jobs.services.dispatch import resolve_escalation
from network.models import CalendarEntry
from tests.jobs.steps import SYSTEM, accept, decline, events_of, offered, open_questions, status_of
from tests.jobs.world import START, make_contractor, pending_offer, run_due, settle

HOUR = timedelta(hours=1)


@given(minutes=st.integers(-600, 20_000), tries=st.integers(0, 4))
def test_a_further_try_leaves_time_for_its_answers_and_ends(minutes: int, tries: int) -> None:
    left = timedelta(minutes=minutes)
    again = next_try(now=START, last_moment=START + left, tries=tries)
    if tries >= len(PAUSES) or left < LEAST:
        assert again is None
    elif again is not None:
        assert START < again <= START + PAUSES[tries]
        assert START + left - again >= LEAST
    else:
        assert left * 3 / 4 < LEAST


def let_pass(clock, job) -> None:
    """Nobody answers: until the next thing is due, and it is done."""
    job.refresh_from_db()
    clock.set(job.next_wake_at)
    for _ in range(2):  # a search that begins is made by the next task
        run_due()


def test_who_was_silent_is_asked_once_more_and_who_said_no_is_not(clock, trio, make_job):
    job = make_job()
    decline(offered(job))
    for _ in range(3):
        let_pass(clock, job)
    settle()
    assert open_questions(job) == ["everyone_asked"], "somebody may be quicker than the machine"
    ended = job.rounds.get().finished_at
    job.refresh_from_db()
    assert job.next_wake_at == ended + HOUR
    assert Escalation.objects.get().data["again_at"] == job.next_wake_at.isoformat()

    let_pass(clock, job)
    settle()
    again = job.rounds.get(number=2)
    assert (again.cause, again.decision.not_eligible) == ("another_try", {"said_no": 1})
    assert set(again.contractor_ids) == {trio[1].pk, trio[2].pk}
    accept(pending_offer(job))
    settle()
    assert (status_of(job), open_questions(job)) == ("booked", [])


def test_after_two_further_tries_the_question_stands_and_nobody_is_bothered(
    clock, harold, make_job
):
    job = make_job()
    run_due()
    asked = []
    while status_of(job) == "offering" and job.next_wake_at < job.window_end:
        asked += [offer.made_at for offer in job.offers.filter(status="pending")]
        let_pass(clock, job)
        settle()
    assert len(asked) == 3
    assert asked[1] - asked[0] > HOUR
    assert Escalation.objects.filter(kind="everyone_asked").count() == 1
    assert [one.cause for one in Round.objects.order_by("number")] == [
        "first", "another_try", "another_try",
    ]  # fmt: skip
    before = Offer.objects.count()
    for _ in range(4):
        let_pass(clock, job)
    assert Offer.objects.count() == before
    assert events_of(job).count("window_missed") == 1


def test_where_everybody_said_no_nobody_is_asked_again(clock, harold, make_job):
    job = make_job()
    decline(offered(job))
    run_due()
    job.refresh_from_db()
    assert job.next_wake_at >= job.window_end
    let_pass(clock, job)
    assert job.rounds.count() == 1


def test_with_little_time_left_the_dispatcher_alone_decides(clock, harold, make_job):
    job = make_job(window_start=START, window_end=START + timedelta(minutes=110))
    offered(job)
    let_pass(clock, job)
    settle()
    job.refresh_from_db()
    assert job.next_wake_at >= job.window_end
    assert "again_at" not in Escalation.objects.get().data


def test_who_was_booked_up_is_looked_at_again(clock, harold, make_job):
    job = make_job()
    technician = harold.technicians.get()
    entry = CalendarEntry.objects.create(
        branch=harold.branch,
        technician=technician,
        kind="time_off",
        period=(job.window_start - HOUR, job.window_end + 2 * HOUR),
    )
    run_due()
    settle()
    assert open_questions(job) == ["no_candidates"]
    entry.delete()
    let_pass(clock, job)
    assert pending_offer(job).contractor == harold
    settle()


def test_a_search_that_still_finds_nobody_asks_no_second_question(clock, harold, make_job):
    job = make_job()
    technician = harold.technicians.get()
    CalendarEntry.objects.create(
        branch=harold.branch,
        technician=technician,
        kind="time_off",
        period=(job.window_start - HOUR, job.window_end + 2 * HOUR),
    )
    run_due()
    for _ in range(2):
        let_pass(clock, job)
        settle()
    assert job.rounds.count() == 3
    assert Escalation.objects.count() == 1
    let_pass(clock, job)
    assert job.rounds.count() == 3


def test_a_question_that_was_closed_meanwhile_is_put_again(clock, harold, make_job):
    job = make_job()
    offered(job)
    let_pass(clock, job)
    question = Escalation.objects.get()
    resolve_escalation(escalation_id=question.pk, resolution="I call him", actor=SYSTEM)
    let_pass(clock, job)
    assert pending_offer(job).contractor == harold, "as was said"
    let_pass(clock, job)
    settle()
    assert open_questions(job) == ["everyone_asked"]


@pytest.mark.parametrize("since", ["first search", "further try"])
def test_somebody_new_is_found_by_a_further_try(clock, harold, branch, make_job, since):
    job = make_job()
    offered(job)
    let_pass(clock, job)
    if since == "further try":
        let_pass(clock, job)
        let_pass(clock, job)
    new = make_contractor(branch, "Newcomer", kilometres_north=2)
    let_pass(clock, job)
    assert new.pk in job.rounds.latest("number").contractor_ids
