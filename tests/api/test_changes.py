"""Programs move jobs, contractors answer with their own price, and unfinished work goes on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.models import Job
from tests.api.conftest import fields, ok, problem
from tests.jobs.world import pending_offer, run_due

TOMORROW = {"start": "2026-11-04T08:00:00-05:00", "end": "2026-11-04T12:00:00-05:00"}


def accepted(job, caller):
    run_due()
    return ok(caller.post(f"/offers/{pending_offer(job).public_id}/accept"))


def test_a_job_moves_to_a_window_that_was_read_and_keeps_its_contractor(
    dispatch, as_contractor, trio, make_job
):
    job = make_job()
    harold = as_contractor(trio[0])
    accepted(job, harold)
    opening = ok(dispatch.get(f"/jobs/{job.public_id}/openings", limit="3"))["items"][0]
    assert opening["keeps_contractor"]
    body = {"window": opening["window"]}
    moved = ok(dispatch.post(f"/jobs/{job.public_id}/move", body, key="m"))
    assert moved["window"] == opening["window"]
    assert moved["booking"]["contractor"]["name"] == "Harold"
    assert moved["status"] == "booked"
    again = ok(dispatch.post(f"/jobs/{job.public_id}/move", body))
    assert again == moved, "the same window once more changes nothing"
    (visit,) = ok(harold.get("/visits"))["items"]
    assert visit["window"] == opening["window"]


def test_a_window_that_cannot_be_promised_and_a_visit_under_way_do_not_move(
    dispatch, as_contractor, trio, make_job, clock
):
    job = make_job()
    harold = as_contractor(trio[0])
    accepted(job, harold)
    path = f"/jobs/{job.public_id}/move"
    past = {"start": "2026-11-01T08:00:00-05:00", "end": "2026-11-01T12:00:00-05:00"}
    assert "begun already" in fields(dispatch.post(path, {"window": past}))["window"]
    unknown = {"window": TOMORROW, "by": "nobody"}
    assert "by" in fields(dispatch.post(path, unknown))
    ok(harold.post(f"/jobs/{job.public_id}/en-route"))
    problem(dispatch.post(path, {"window": TOMORROW}), 409, "move-not-allowed")


def test_a_price_within_the_limit_is_booked_at_once(as_contractor, trio, make_job):
    job = make_job(not_to_exceed=Decimal(300))
    run_due()
    harold = as_contractor(trio[0])
    path = f"/offers/{pending_offer(job).public_id}/propose"
    body = {"pay": {"amount": "210.00", "currency": "USD"}}
    made = ok(harold.post(path, body))
    assert made["visit"]["pay"] == body["pay"]
    assert made["offer"]["status"] == "accepted"
    assert ok(harold.post(path, body)) == made


def test_a_price_above_the_limit_waits_for_the_branch(dispatch, as_contractor, trio, make_job):
    job = make_job(not_to_exceed=Decimal(200))
    run_due()
    harold = as_contractor(trio[0])
    first = pending_offer(job).public_id
    euros = {"pay": {"amount": "210.00", "currency": "EUR"}}
    assert "pay.currency" in fields(harold.post(f"/offers/{first}/propose", euros))
    made = ok(
        harold.post(f"/offers/{first}/propose", {"pay": {"amount": "210.00", "currency": "USD"}})
    )
    assert made["visit"] is None
    assert made["offer"]["status"] == "pending"
    problem(harold.post(f"/offers/{made['offer']['id']}/accept"), 409, "move-not-allowed")
    seen = ok(dispatch.get(f"/jobs/{job.public_id}"))
    assert [one["kind"] for one in seen["escalations"]] == ["counter_offer"]


@pytest.mark.parametrize("because", [None, "parts"])
def test_unfinished_work_goes_on_in_a_linked_job(
    clock, dispatch, as_contractor, trio, make_job, because
):
    job = make_job()
    harold = as_contractor(trio[0])
    visit = accepted(job, harold)
    path = f"/jobs/{job.public_id}"
    problem(dispatch.post(f"{path}/follow-up"), 409, "move-not-allowed")
    clock.set(job.window_start + timedelta(hours=1))
    ok(harold.post(f"{path}/arrive"))
    done = {"result": "needs_another_visit", "note": "A valve"}
    ok(harold.post(f"{path}/complete", {**done, **({"because": because} if because else {})}))
    made = ok(dispatch.post(f"{path}/follow-up"), 201)
    assert made["follow_up_of"] == str(job.public_id)
    assert made["site"] == ok(dispatch.get(path))["site"]
    assert ok(dispatch.post(f"{path}/follow-up"), 201)["id"] == made["id"], "one follow-up"
    run_due()
    follow_up = Job.objects.get(public_id=made["id"])
    assert pending_offer(follow_up).contractor.name == visit["contractor"]["name"]
