"""Lists, pages, the ranking in words, the history; the number of queries stays fixed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from tests.api.conftest import Caller, ok, problem
from tests.jobs.world import START, run_due


def every_page(caller: Caller, path: str, **query: object) -> list[dict]:
    """All items of a list, page by page."""
    items, cursor, pages = [], None, 0
    while True:
        page = ok(caller.get(path, **query, **({"cursor": cursor} if cursor else {})))
        assert set(page) == {"items", "next"}
        items += page["items"]
        cursor, pages = page["next"], pages + 1
        assert pages < 20
        if cursor is None:
            return items


def test_jobs_come_newest_first_page_by_page(dispatch, trio, make_job):
    made = [str(make_job(reference=f"R{number}").public_id) for number in range(7)]
    page = ok(dispatch.get("/jobs", limit=3))
    assert [job["id"] for job in page["items"]] == made[:3:-1]
    make_job(reference="later")  # a new row does not shift the pages
    rest = ok(dispatch.get("/jobs", limit=3, cursor=page["next"]))
    assert [job["id"] for job in rest["items"]] == made[3:0:-1]
    assert len(every_page(dispatch, "/jobs", limit=3)) == 8
    assert len(every_page(dispatch, "/jobs", limit=8)) == 8  # exactly one page: no empty second


def test_jobs_are_found_by_status_and_reference(dispatch, trio, make_job):
    offering = make_job(reference="A")
    run_due()
    new = make_job(reference="B")
    ids = lambda **query: {job["id"] for job in ok(dispatch.get("/jobs", **query))["items"]}  # noqa: E731
    assert ids(status="offering") == {str(offering.public_id)}
    assert ids(status=["new", "offering"]) == {str(new.public_id), str(offering.public_id)}
    assert ids(reference="B") == {str(new.public_id)}
    assert ids(reference="b") == set()
    assert ids(status="cancelled") == set()


def test_updated_since_gives_each_change_once_in_order(clock, dispatch, trio, make_job):
    jobs = []
    for number in range(5):
        clock.set(START + timedelta(minutes=number // 2))  # pairs changed at the same instant
        jobs.append(make_job(reference=f"R{number}"))
    since = (START + timedelta(minutes=1)).isoformat()
    assert [job["reference"] for job in every_page(dispatch, "/jobs", updated_since=since)] == [
        "R2",
        "R3",
        "R4",
    ]
    begin = START.isoformat()
    for limit in (1, 2, 3):
        found = every_page(dispatch, "/jobs", updated_since=begin, limit=limit)
        assert [job["reference"] for job in found] == ["R0", "R1", "R2", "R3", "R4"]
    after = (START + timedelta(minutes=2, microseconds=1)).isoformat()
    assert every_page(dispatch, "/jobs", updated_since=after) == []


def test_the_ranking_is_told_in_words(dispatch, trio, make_job, django_assert_num_queries):
    job = make_job()
    path = f"/jobs/{job.public_id}/ranking"
    problem(dispatch.get(path), 404, "not-found")
    run_due()
    ranking = ok(dispatch.get(path))
    assert ranking["round"] == 1
    assert ranking["policy"]["revision"] == 1
    assert [one["contractor"]["name"] for one in ranking["candidates"]] == [
        "Harold",
        "Lisa",
        "James",
    ]
    for place, candidate in enumerate(ranking["candidates"], start=1):
        assert candidate["rank"] == place
        assert candidate["contractor"]["id"] == str(trio[place - 1].public_id)
        assert candidate["parts"]
        assert sum(part["points"] for part in candidate["parts"]) == pytest.approx(
            candidate["score"], abs=0.1
        )
        for part in candidate["parts"]:
            assert 0 <= part["value"] <= 1
            assert 0 <= part["weight"] <= 100
            assert part["sentence"]
    with django_assert_num_queries(4):  # token, job, decision with policy, contractors
        ok(dispatch.get(path))


def test_a_ranking_without_candidates_says_why(dispatch, trio, make_job):
    for contractor in trio:
        contractor.status = "paused"
        contractor.save()
    trio[0].status = "active"
    trio[0].cleared_until = START.date()
    trio[0].save()
    job = make_job()
    run_due()
    ranking = ok(dispatch.get(f"/jobs/{job.public_id}/ranking"))
    assert ranking["candidates"] == []
    assert ranking["not_eligible"]["not_cleared"] == 1
    (question,) = ok(dispatch.get(f"/jobs/{job.public_id}"))["escalations"]
    assert question["kind"] == "no_candidates"


def test_the_history_is_gapless_and_in_order(dispatch, as_contractor, trio, make_job):
    job = make_job()
    run_due()
    as_contractor(trio[0]).post(f"/offers/{job.offers.get().public_id}/accept")
    events = every_page(dispatch, f"/jobs/{job.public_id}/events", limit=2)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "created"
    assert {"ranked", "offer_made", "offer_accepted", "booked"} <= set(kinds)
    accepted = events[kinds.index("offer_accepted")]
    assert accepted["actor"] == {"kind": "contractor", "name": "Harold"}
    assert accepted["offer"] == str(job.offers.get().public_id)


def test_the_program_is_named_in_the_history_by_its_token(dispatch, trio, job_body):
    job = ok(dispatch.post("/jobs", job_body), 201)
    (created,) = ok(dispatch.get(f"/jobs/{job['id']}/events"))["items"]
    assert created["actor"] == {"kind": "api", "name": "the shop"}


def test_instants_have_the_offset_of_the_site(dispatch, trio, make_job):
    job = make_job()
    run_due()
    seen = ok(dispatch.get(f"/jobs/{job.public_id}"))
    assert seen["time_zone"] == "America/New_York"
    assert seen["window"] == {
        "start": "2026-11-03T08:00:00-05:00",
        "end": "2026-11-03T12:00:00-05:00",
    }
    for moment in (seen["created_at"], seen["offers"][0]["made_at"]):
        assert moment.endswith("-05:00")


def test_visits_are_found_by_status(as_contractor, trio, make_job):
    harold = as_contractor(trio[0])
    states = {"booked": [], "en-route": [], "arrive": [], "complete": [], "release": []}
    day = START.replace(hour=13)
    for number, state in enumerate(states, start=1):
        start = day + timedelta(days=number)
        job = make_job(window_start=start, window_end=start + timedelta(hours=4))
        run_due()
        ok(harold.post(f"/offers/{job.offers.get().public_id}/accept"))
        path = f"/jobs/{job.public_id}"
        if state in ("en-route", "arrive", "complete"):
            ok(harold.post(f"{path}/en-route"))
        if state in ("arrive", "complete"):
            ok(harold.post(f"{path}/arrive"))
        if state == "complete":
            ok(harold.post(f"{path}/complete", {"result": "fixed"}))
        if state == "release":
            ok(harold.post(f"{path}/release", {"reason": "other"}))
    for status in ("booked", "en_route", "on_site", "completed", "released"):
        (visit,) = ok(harold.get("/visits", status=status))["items"]
        assert visit["status"] == status
        assert (visit["customer"] is None) == (status == "released")
    both = ok(harold.get("/visits", status=["booked", "completed"]))["items"]
    assert {visit["status"] for visit in both} == {"booked", "completed"}
    assert len(every_page(harold, "/visits", limit=2)) == 5
    assert len(every_page(harold, "/offers", limit=2)) == 5


def queries(caller: Caller, path: str) -> int:
    ok(caller.get(path))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ok(caller.get(path))
    return len(captured)


def test_lists_take_a_fixed_number_of_queries(dispatch, as_contractor, trio, make_job):
    harold = as_contractor(trio[0])
    paths = [(dispatch, "/jobs"), (harold, "/offers"), (harold, "/visits")]
    counts: list[list[int]] = []
    for number in range(3):
        start = START.replace(hour=13) + timedelta(days=1 + number)
        job = make_job(window_start=start, window_end=start + timedelta(hours=4))
        run_due()
        ok(harold.post(f"/offers/{job.offers.get().public_id}/accept"))
        counts.append([queries(caller, path) for caller, path in paths])
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] <= [6, 3, 2]  # token, rows, prefetches, the domain clock
    assert Job.objects.count() == 3
