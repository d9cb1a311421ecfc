"""The due list: questions to the dispatcher, poison rows, lost hints."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from jobs.models import Escalation, Job, Offer, Protection
from jobs.services import cascade, due, expiry, rounds
from jobs.services.dispatch import resolve_escalation
from jobs.services.due import look, process_timeouts, search_due_jobs, wake_overdue
from jobs.services.locked import lock_job
from jobs.services.visits import arrive, start_travel
from tests.jobs.steps import (
    SYSTEM,
    accept,
    booked,
    decline,
    events_of,
    offered,
    on_site,
    open_questions,
    status_of,
)
from tests.jobs.world import pending_offer, run_due, settle


@pytest.mark.parametrize("step", [None, start_travel])
def test_unprotected_a_visit_not_started_by_the_windows_end_is_a_question_once(
    clock, trio, make_job, branch, step
):
    Protection.objects.create(branch=branch, acts=False)
    job = make_job()
    booking = booked(job)
    clock.set(job.window_end - timedelta(microseconds=1))
    if step:
        step(booking_id=booking.pk, actor=SYSTEM)
    run_due()
    assert open_questions(job) == []
    clock.set(job.window_end)
    run_due()
    assert open_questions(job) == ["no_check_in"]
    job.refresh_from_db()
    assert job.next_wake_at == clock.now + due.REMINDER
    clock.set(job.next_wake_at)
    run_due()
    assert Escalation.objects.count() == 1
    assert events_of(job).count("escalated") == 1
    settle()


def test_a_question_closed_without_a_check_in_comes_back(clock, trio, make_job, branch):
    Protection.objects.create(branch=branch, acts=False)
    job = make_job()
    booked(job)
    clock.set(job.window_end)
    run_due()
    resolve_escalation(
        escalation_id=Escalation.objects.get().pk, resolution="He said he comes", actor=SYSTEM
    )
    clock.advance(hours=4)
    run_due()
    assert open_questions(job) == ["no_check_in"]
    assert Escalation.objects.count() == 2


def test_a_visit_that_does_not_end_is_a_question_two_hours_after_its_plan(clock, trio, make_job):
    job = make_job()
    booking = on_site(job, clock)
    ends = booking.arrived_at + timedelta(minutes=75, hours=2)
    job.refresh_from_db()
    assert job.next_wake_at == max(booking.ends_at + timedelta(hours=2), ends)
    clock.set(job.next_wake_at - timedelta(microseconds=1))
    run_due()
    assert open_questions(job) == []
    clock.advance(microseconds=1)
    run_due()
    assert open_questions(job) == ["not_finished"]
    settle()


def test_a_job_nobody_is_asked_for_keeps_its_question_open(clock, harold, make_job):
    job = make_job()
    decline(offered(job))
    run_due()
    question = Escalation.objects.get()
    resolve_escalation(escalation_id=question.pk, resolution="I call somebody", actor=SYSTEM)
    assert open_questions(job) == []
    job.refresh_from_db()
    clock.set(job.next_wake_at)
    run_due()
    assert open_questions(job) == ["everyone_asked"]
    assert events_of(job).count("window_missed") == 1
    for _ in range(3):
        job.refresh_from_db()
        clock.set(job.next_wake_at)
        run_due()
    assert Escalation.objects.count() == 2
    assert events_of(job).count("window_missed") == 1
    settle()


def test_a_round_that_begins_while_the_lock_is_waited_for_is_left_alone(
    clock, harold, make_job, monkeypatch
):
    """What the locking query saw may be old; the job must not be put to sleep for hours."""
    job = make_job()
    offered(job)
    job.refresh_from_db()
    clock.set(job.next_wake_at)
    monkeypatch.setattr(due, "fetch_locked", lambda sql, parameters: [lock_job(job.pk)])
    assert wake_overdue() == 0
    wake = job.next_wake_at
    job.refresh_from_db()
    assert job.next_wake_at == wake


def test_looking_names_what_is_due(clock, trio, make_job):
    assert not look()
    job = make_job()
    assert (look().searches, look().timeouts) == (True, False)
    offer = offered(job)
    assert (look().searches, look().timeouts, look().messages) == (False, False, True)
    clock.set(offer.expires_at)
    assert look().timeouts
    run_due()
    assert look().outcomes
    assert not look().timeouts


def test_without_any_hint_the_due_list_alone_carries_the_story(clock, trio, make_job, monkeypatch):
    """Every hint is lost; looking at the list is enough."""
    monkeypatch.setattr("network.queue._hint", lambda *args: None)
    job = make_job()
    search_due_jobs()
    decline(pending_offer(job))
    process_timeouts()
    accept(pending_offer(job))
    assert status_of(job) == "booked"


def poison(monkeypatch, module, name: str, is_bad) -> None:
    original = getattr(module, name)

    def breaking(*args, **kwargs):
        if is_bad(*args, **kwargs):
            raise RuntimeError("poison")
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, breaking)


def test_a_job_that_cannot_be_ranked_stops_nobody_and_is_told(clock, trio, make_job, monkeypatch):
    bad, good = make_job(), make_job()
    with monkeypatch.context() as patched:
        poison(patched, rounds, "rank_candidates", lambda job, **_: job.id == bad.pk)
        search_due_jobs()
        assert status_of(good) == "offering"
        assert open_questions(bad) == ["dispatch_failed"]
        for attempt in range(1, 4):
            bad.refresh_from_db()
            assert bad.next_wake_at == clock.now + timedelta(minutes=2 ** (attempt - 1))
            clock.set(bad.next_wake_at)
            search_due_jobs()
        assert events_of(bad).count("escalated") == 1
    bad.refresh_from_db()
    clock.set(bad.next_wake_at)
    search_due_jobs()
    bad.refresh_from_db()
    assert (bad.status, bad.attempts) == ("offering", 0)
    assert open_questions(bad) == []
    settle()


def test_a_job_that_cannot_be_advanced_stops_nobody(clock, trio, make_job, monkeypatch):
    bad, good = make_job(), make_job()
    for job in (bad, good):
        rounds.search(job_id=job.pk)
    with monkeypatch.context() as patched:
        poison(patched, cascade, "_choose", lambda turn, *_: turn.job.id == bad.pk)
        process_timeouts()
    assert pending_offer(good)
    assert open_questions(bad) == ["dispatch_failed"]
    bad.refresh_from_db()
    clock.set(bad.next_wake_at)
    process_timeouts()
    assert pending_offer(bad)
    assert open_questions(bad) == []
    settle()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_somebody_holds_while_it_is_ranked_is_waited_for(
    clock, branch, trio, make_job, monkeypatch
):
    """Passed over by the batch, it would come after all of a backlog."""
    job = make_job()
    holds = threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock_job(job.pk)
                holds.set()
                time.sleep(0.5)
        finally:
            connection.close()

    other = threading.Thread(target=hold)

    def advance_batch(**which) -> int:
        if not holds.is_set():
            other.start()
            assert holds.wait(20)
        return cascade.advance_batch(**which)

    monkeypatch.setattr(due, "advance_batch", advance_batch)
    assert search_due_jobs(limit=10) == 1
    other.join(20)
    assert pending_offer(job).contractor.name == "Harold"


@pytest.mark.django_db(transaction=True)
def test_an_offer_that_cannot_expire_stops_nobody(clock, branch, trio, make_job):
    bad, good = (offered(make_job()) for _ in range(2))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF OLD.id = {bad.pk} AND NEW.status = 'expired' THEN RAISE EXCEPTION 'poison';"
            " END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER refuse_one BEFORE UPDATE ON jobs_offer FOR EACH ROW"
            " EXECUTE FUNCTION refuse_one()"
        )
    try:
        clock.set(max(bad.expires_at, good.expires_at))
        process_timeouts()
        good.refresh_from_db()
        assert good.status == "expired"
        assert open_questions(bad.job) == ["dispatch_failed"]
        assert expiry.expire_due_offers().offers == 0, "it waits for its postponed turn"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse_one ON jobs_offer; DROP FUNCTION refuse_one()")
    job = Job.objects.get(pk=bad.job_id)
    clock.set(job.next_wake_at)
    process_timeouts()
    bad.refresh_from_db()
    assert bad.status == "expired"
    assert Offer.objects.filter(job=job, status="pending").count() == 1
    assert open_questions(job) == []


def test_a_start_reported_in_time_leaves_no_question(clock, trio, make_job):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_end)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    run_due()
    assert open_questions(job) == []
