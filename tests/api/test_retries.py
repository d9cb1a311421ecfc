"""Retries: with a key the first answer again, without one the present state; never twice."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from jobs.models import Booking, IdempotencyRecord, Job, JobEvent, Offer
from jobs.services.due import forget_old_idempotency_records
from tests.api.conftest import Caller, ok, problem
from tests.jobs.world import START, run_due


def test_the_same_key_and_body_get_the_first_answer_again(dispatch, trio, job_body):
    first = dispatch.post("/jobs", job_body, key="a")
    job = ok(first, 201)
    run_due()
    assert ok(dispatch.get(f"/jobs/{job['id']}"))["status"] == "offering"
    again = dispatch.post("/jobs", job_body, key="a")
    assert ok(again, 201) == job
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Job.objects.count() == 1


def test_spacing_and_order_make_no_other_body(dispatch, trio, job_body):
    job = ok(dispatch.post("/jobs", job_body, key="a"), 201)
    reordered = json.dumps(dict(reversed(job_body.items())), indent=3).encode()
    again = dispatch.send("POST", "/jobs", raw=reordered, headers={"Idempotency-Key": "a"})
    assert ok(again, 201)["id"] == job["id"]


def test_the_same_key_with_another_body_is_a_conflict(dispatch, trio, job_body):
    ok(dispatch.post("/jobs", job_body, key="a"), 201)
    other = {**job_body, "description": "Something else"}
    problem(dispatch.post("/jobs", other, key="a"), 409, "idempotency-key-reused")
    assert Job.objects.count() == 1


def test_another_key_or_none_is_another_job(dispatch, trio, job_body):
    ids = {
        ok(dispatch.post("/jobs", job_body, key="a"), 201)["id"],
        ok(dispatch.post("/jobs", job_body, key="b"), 201)["id"],
        ok(dispatch.post("/jobs", job_body), 201)["id"],
    }
    assert len(ids) == 3


def test_keys_belong_to_a_token_and_an_operation(dispatch, branch, trio, job_body):
    from jobs.services.tokens import issue_token

    job = ok(dispatch.post("/jobs", job_body, key="a"), 201)
    second = Caller(issue_token(branch=branch).text)
    assert ok(second.post("/jobs", job_body, key="a"), 201)["id"] != job["id"]
    cancel = {"by": "client", "reason": "duplicate"}
    assert ok(dispatch.post(f"/jobs/{job['id']}/cancel", cancel, key="a"))["status"] == "cancelled"


def test_a_refusal_is_not_kept_so_the_key_serves_the_corrected_request(dispatch, trio, job_body):
    wrong = {**job_body, "service_type": "typo"}
    problem(dispatch.post("/jobs", wrong, key="a"), 422, "invalid-input")
    assert not IdempotencyRecord.objects.exists()
    ok(dispatch.post("/jobs", job_body, key="a"), 201)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x7fb"])
def test_a_key_that_is_none_is_told(dispatch, trio, job_body, key):
    problem(dispatch.post("/jobs", job_body, key=key), 422, "invalid-input")
    assert not Job.objects.exists()


def test_keys_are_kept_at_least_24_hours(dispatch, trio, job_body):
    job = ok(dispatch.post("/jobs", job_body, key="a"), 201)
    record = IdempotencyRecord.objects.get()
    IdempotencyRecord.objects.update(created_at=record.created_at - timedelta(hours=24, minutes=1))
    forget_old_idempotency_records()
    assert ok(dispatch.post("/jobs", job_body, key="a"), 201)["id"] == job["id"]
    IdempotencyRecord.objects.update(created_at=record.created_at - timedelta(days=3))
    forget_old_idempotency_records()
    assert ok(dispatch.post("/jobs", job_body, key="a"), 201)["id"] != job["id"]


@pytest.mark.parametrize("key", [None, "k"])
def test_repeating_ones_own_accept_and_steps_is_200(clock, as_contractor, trio, make_job, key):
    job = make_job()
    run_due()
    harold = as_contractor(trio[0])
    steps = [
        (f"/offers/{job.offers.get().public_id}/accept", None),
        (f"/jobs/{job.public_id}/eta", {"eta": "2026-11-03T09:30:00-05:00"}),
        (f"/jobs/{job.public_id}/en-route", None),
        (f"/jobs/{job.public_id}/arrive", {}),
        (f"/jobs/{job.public_id}/complete", {"result": "fixed"}),
    ]
    for number, (path, body) in enumerate(steps):
        first = ok(harold.post(path, body, key=key))
        clock.advance(minutes=1)
        assert ok(harold.post(path, body, key=key)) == first
        # a retry that comes late, when the visit has gone on, is no failure either
        for earlier, earlier_body in steps[:number]:
            ok(harold.post(earlier, earlier_body, key=key))
    job.refresh_from_db()
    assert job.status == "completed"
    assert Booking.objects.count() == 1
    kinds = list(JobEvent.objects.filter(job=job).values_list("kind", flat=True))
    for kind in ("offer_accepted", "booked", "eta_set", "en_route", "arrived", "completed"):
        assert kinds.count(kind) == 1


@pytest.mark.parametrize("key", [None, "k"])
def test_repeating_ones_own_decline_and_release_is_200(as_contractor, trio, make_job, key):
    harold, lisa, _ = map(as_contractor, trio)
    job = make_job()
    run_due()
    decline = f"/offers/{pending(job)}/decline"
    first = ok(harold.post(decline, {"reason": "too_busy"}, key=key))
    run_due()
    assert ok(harold.post(decline, {"reason": "too_busy"}, key=key)) == first
    ok(lisa.post(f"/offers/{pending(job)}/accept", key=key))
    release = f"/jobs/{job.public_id}/release"
    first = ok(lisa.post(release, {"reason": "vehicle"}, key=key))
    run_due()
    assert ok(lisa.post(release, {"reason": "vehicle"}, key=key)) == first
    job.refresh_from_db()
    assert job.round_number == 2


def test_accepting_what_one_declined_and_the_reverse_are_conflicts(as_contractor, trio, make_job):
    harold, lisa, _ = map(as_contractor, trio)
    job = make_job()
    run_due()
    declined = pending(job)
    ok(harold.post(f"/offers/{declined}/decline", {"reason": "other"}))
    problem(harold.post(f"/offers/{declined}/accept"), 409, "offer-no-longer-open")
    run_due()
    accepted = pending(job)
    ok(lisa.post(f"/offers/{accepted}/accept"))
    problem(
        lisa.post(f"/offers/{accepted}/decline", {"reason": "other"}), 409, "offer-no-longer-open"
    )


def pending(job: Job) -> object:
    return Offer.objects.get(job=job, status="pending").public_id


def test_racing_requests_with_one_key_make_one_job_and_get_one_answer(
    transactional_db, clock, dispatch, trio, job_body
):
    clock.everywhere(START)
    answers = race(dispatch, job_body, key="same", count=6)
    assert {status for status, _ in answers} == {201}
    assert len({body["id"] for _, body in answers}) == 1
    assert all(body == answers[0][1] for _, body in answers)
    assert Job.objects.count() == 1


def test_without_the_constraint_racing_requests_would_make_several_jobs(
    transactional_db, clock, dispatch, trio, job_body
):
    """The control: it proves that the test above really makes the race."""
    clock.everywhere(START)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE jobs_idempotencyrecord DROP CONSTRAINT one_effect_per_idempotency_key"
        )
    try:
        race(dispatch, job_body, key="same", count=6)
        assert Job.objects.count() > 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE jobs_idempotencyrecord")
            cursor.execute(
                "ALTER TABLE jobs_idempotencyrecord ADD CONSTRAINT"
                " one_effect_per_idempotency_key UNIQUE (scope, operation, key)"
            )


def race(caller: Caller, body: object, *, key: str, count: int) -> list[tuple[int, dict]]:
    """The same request from ``count`` threads at once, each with a connection of its own."""
    together = threading.Barrier(count)
    answers: list[tuple[int, dict]] = []

    def ask() -> None:
        try:
            connection.ensure_connection()
            together.wait(timeout=20)
            answer = caller.post("/jobs", body, key=key)
            answers.append((answer.status_code, json.loads(answer.content)))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == count
    return answers
