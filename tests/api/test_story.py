"""The story, told by programs only."""

from __future__ import annotations

from jobs.models import Job
from tests.api.conftest import ok, problem
from tests.jobs.world import add_technician, pending_offer, run_due, settle


def test_a_job_goes_from_silence_and_a_no_to_completed(
    clock, dispatch, as_contractor, trio, job_body
):
    harold, lisa, james = map(as_contractor, trio)
    created = dispatch.post("/jobs", job_body)
    job = ok(created, 201)
    assert created.headers["Location"].endswith(f"/api/v1/jobs/{job['id']}")
    assert job["status"] == "new"
    assert job["booking"] is None
    run_due()

    (offer,) = ok(harold.get("/offers", status="pending"))["items"]
    assert offer["job"] == job["id"]
    assert offer["pay"] == {"amount": "140.00", "currency": "USD"}
    assert ok(lisa.get("/offers"))["items"] == []
    row = pending_offer(Job.objects.get())
    clock.set(row.expires_at)
    assert ok(harold.get("/offers", status="pending"))["items"] == []
    assert ok(harold.get("/offers", status="expired"))["items"][0]["status"] == "expired"
    problem(harold.post(f"/offers/{offer['id']}/accept"), 409, "offer-no-longer-open")
    run_due()
    problem(harold.post(f"/offers/{offer['id']}/accept"), 409, "offer-no-longer-open")

    (offer,) = ok(lisa.get("/offers", status="pending"))["items"]
    declined = ok(lisa.post(f"/offers/{offer['id']}/decline", {"reason": "too_far"}))
    assert (declined["status"], declined["reason"]) == ("declined", "too_far")
    run_due()

    (offer,) = ok(james.get("/offers", status="pending"))["items"]
    visit = ok(james.post(f"/offers/{offer['id']}/accept"))
    assert visit["status"] == "booked"
    assert visit["site"]["address"] == "41 Pond Lane, unit 2"
    assert visit["customer"]["phone"] == "(617) 555-0142"
    seen = ok(dispatch.get(f"/jobs/{job['id']}"))
    assert seen["status"] == "booked"
    assert seen["booking"]["contractor"]["name"] == "James"
    assert [one["status"] for one in seen["offers"]] == ["expired", "declined", "accepted"]
    assert [one["rank"] for one in seen["offers"]] == [1, 2, 3]

    steps = f"/jobs/{job['id']}"
    eta = "2026-11-03T09:30:00-05:00"
    assert ok(james.post(f"{steps}/eta", {"eta": eta}))["eta"] == eta
    clock.set(row.starts_at)
    assert ok(james.post(f"{steps}/en-route"))["status"] == "en_route"
    clock.advance(minutes=20)
    assert ok(james.post(f"{steps}/arrive", {}))["status"] == "on_site"
    clock.advance(hours=1)
    done = ok(james.post(f"{steps}/complete", {"result": "fixed", "note": "New valve"}))
    assert (done["status"], done["result"]) == ("completed", "fixed")
    settle()
    seen = ok(dispatch.get(f"/jobs/{job['id']}"))
    assert (seen["status"], seen["result"]) == ("completed", "fixed")
    assert seen["booking"]["contractor"]["name"] == "James"
    assert seen["closed_at"].endswith("-05:00")


def test_giving_a_visit_back_begins_the_next_round_for_the_same_promise(
    clock, dispatch, as_contractor, trio, job_body
):
    harold, lisa, _ = map(as_contractor, trio)
    job = ok(dispatch.post("/jobs", job_body), 201)
    run_due()
    (offer,) = ok(harold.get("/offers", status="pending"))["items"]
    ok(harold.post(f"/offers/{offer['id']}/accept"))
    released = ok(harold.post(f"/jobs/{job['id']}/release", {"reason": "sick"}))
    assert released["status"] == "released"
    assert released["customer"] is None
    assert released["site"]["address"] is None
    run_due()
    seen = ok(dispatch.get(f"/jobs/{job['id']}"))
    assert (seen["status"], seen["round"]) == ("offering", 2)
    assert seen["window"] == job["window"]
    assert [(one["round"], one["contractor"]["name"]) for one in seen["offers"]] == [
        (1, "Harold"),
        (2, "Lisa"),
    ]
    (offer,) = ok(lisa.get("/offers", status="pending"))["items"]
    ok(lisa.post(f"/offers/{offer['id']}/accept"))
    # Harold's own visit is over; the job is Lisa's now.
    problem(harold.post(f"/jobs/{job['id']}/en-route"), 409, "move-not-allowed")
    assert ok(lisa.post(f"/jobs/{job['id']}/en-route"))["status"] == "en_route"


def test_cancelling_withdraws_what_was_offered(clock, dispatch, as_contractor, trio, job_body):
    harold = as_contractor(trio[0])
    job = ok(dispatch.post("/jobs", job_body), 201)
    run_due()
    (offer,) = ok(harold.get("/offers", status="pending"))["items"]
    cancel = {"by": "customer", "reason": "found_another", "note": "A neighbour did it"}
    cancelled = ok(dispatch.post(f"/jobs/{job['id']}/cancel", cancel))
    assert cancelled["status"] == "cancelled"
    assert cancelled["cancellation"] == {"by": "customer", "reason": "found_another"}
    assert ok(dispatch.post(f"/jobs/{job['id']}/cancel", cancel))["status"] == "cancelled"
    problem(harold.post(f"/offers/{offer['id']}/accept"), 409, "offer-no-longer-open")
    problem(
        harold.post(f"/offers/{offer['id']}/decline", {"reason": "too_far"}),
        409,
        "offer-no-longer-open",
    )
    settle()


def test_a_completed_job_cannot_be_cancelled(clock, dispatch, as_contractor, trio, job_body):
    harold = as_contractor(trio[0])
    job = ok(dispatch.post("/jobs", job_body), 201)
    run_due()
    (offer,) = ok(harold.get("/offers", status="pending"))["items"]
    ok(harold.post(f"/offers/{offer['id']}/accept"))
    clock.advance(days=1)
    ok(harold.post(f"/jobs/{job['id']}/arrive"))
    ok(harold.post(f"/jobs/{job['id']}/complete", {"result": "no_access"}))
    problem(
        dispatch.post(f"/jobs/{job['id']}/cancel", {"by": "client", "reason": "other"}),
        409,
        "job-is-final",
    )
    (question,) = ok(dispatch.get(f"/jobs/{job['id']}"))["escalations"]
    assert question["kind"] == "no_access"


def test_another_technician_and_another_start_may_be_chosen(
    clock, dispatch, as_contractor, trio, job_body
):
    second = add_technician(trio[0], "Hugo")
    stranger = trio[1].technicians.get()
    harold = as_contractor(trio[0])
    ok(dispatch.post("/jobs", job_body), 201)
    run_due()
    (offer,) = ok(harold.get("/offers", status="pending"))["items"]
    accept = f"/offers/{offer['id']}/accept"
    refused = harold.post(accept, {"technician": str(stranger.public_id)})
    assert {e["field"] for e in problem(refused, 422, "invalid-input")["errors"]} == {"technician"}
    refused = harold.post(accept, {"starts_at": "2026-11-03T18:00:00-05:00"})
    assert {e["field"] for e in problem(refused, 422, "invalid-input")["errors"]} == {"starts_at"}
    visit = ok(
        harold.post(
            accept,
            {"technician": str(second.public_id), "starts_at": "2026-11-03T11:00:00-05:00"},
        )
    )
    assert visit["technician"]["name"] == "Hugo"
    assert visit["starts_at"] == "2026-11-03T11:00:00-05:00"
    assert visit["ends_at"] == "2026-11-03T12:15:00-05:00"
    settle()
