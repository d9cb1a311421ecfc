"""Bad input: each a clear message that names the field, nothing written, never a 500."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from jobs.models import IdempotencyRecord, Job
from tests.api.conftest import fields, ok, problem
from tests.jobs.world import make_branch, run_due


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one field set (or removed, by ``...``)."""
    body = copy.deepcopy(body)
    *parents, name = path.split(".")
    inner = body
    for parent in parents:
        inner = inner[parent]
    if value is ...:
        del inner[name]
    else:
        inner[name] = value
    return body


BAD_FIELDS: list[tuple[str, Any, str]] = [
    ("branch", ..., "branch"),
    ("branch", 7, "branch"),
    ("service_type", "no-such-work", "service_type"),
    ("service_type", ..., "service_type"),
    ("service_type", "a b\x00", "service_type"),
    ("client", "nobody", "client"),
    ("priority", "asap", "priority"),
    ("colour", "red", "colour"),
    ("site", ..., "site"),
    ("site", [], "site"),
    ("site.floor", 2, "site.floor"),
    ("site.address", ..., "site.address"),
    ("site.address", "  ", "site.address"),
    ("site.address", "x" * 201, "site.address"),
    ("site.address", "a\x00b", "site.address"),
    ("site.postcode", "00000", "site.postcode"),
    ("site.postcode", "0221", "site.postcode"),
    ("site.postcode", "", "site.postcode"),
    ("site.latitude", 91, "site.latitude"),
    ("site.latitude", "north", "site.latitude"),
    ("site.longitude", ..., "site.postcode"),
    ("customer.name", "", "customer.name"),
    ("customer.name", "x" * 121, "customer.name"),
    ("customer.name", "\ud800", "customer.name"),
    ("customer.email", "not an address", "customer.email"),
    ("customer.phone", "5" * 41, "customer.phone"),
    ("customer.vip", True, "customer.vip"),
    ("window.start", ..., "window.start"),
    ("window.start", "2026-11-03T08:00:00", "window.start"),
    ("window.start", "tomorrow", "window.start"),
    ("window.start", 1793710800, "window.start"),
    ("window.start", "2026-13-03T08:00:00Z", "window.start"),
    ("window.start", "0001-01-01T00:00:00+14:00", "window.start"),
    ("window.end", "9999-12-31T23:59:59-14:00", "window.end"),
    ("window.end", "2026-11-03T07:00:00-05:00", "window"),
    ("window.end", "2026-11-03T08:30:00-05:00", "window"),
    ("window.end", "2026-12-30T08:30:00-05:00", "window"),
    ("duration_minutes", 0, "duration_minutes"),
    ("duration_minutes", 99999999999999, "duration_minutes"),
    ("duration_minutes", "long", "duration_minutes"),
    ("not_to_exceed", 250, "not_to_exceed"),
    ("not_to_exceed", {"amount": "0.00", "currency": "USD"}, "not_to_exceed"),
    ("not_to_exceed", {"amount": "-5", "currency": "USD"}, "not_to_exceed.amount"),
    ("not_to_exceed", {"amount": "1e9", "currency": "USD"}, "not_to_exceed.amount"),
    ("not_to_exceed", {"amount": 250.0, "currency": "USD"}, "not_to_exceed.amount"),
    ("not_to_exceed", {"amount": "250.00", "currency": "EUR"}, "not_to_exceed.currency"),
    ("not_to_exceed", {"amount": "250.00"}, "not_to_exceed.currency"),
    ("description", "x" * 4001, "description"),
    ("reference", "x" * 41, "reference"),
]


def test_each_bad_field_is_named(dispatch, trio, job_body):
    for path, value, field in BAD_FIELDS:
        found = fields(dispatch.post("/jobs", changed(job_body, path, value), key="k"))
        assert field in found, (path, value, found)
        assert found[field].endswith((".", "!", "?")), (path, value, found)
    assert not Job.objects.exists()
    assert not IdempotencyRecord.objects.exists()


def test_a_site_far_away_is_refused(dispatch, trio, job_body):
    site = {"address": "1 Rodeo Drive", "postcode": "90210"}
    found = fields(dispatch.post("/jobs", {**job_body, "site": site}))
    assert "mi from" in found["site.postcode"]


def test_a_window_in_the_past_and_one_when_nobody_works_are_refused(dispatch, trio, job_body):
    past = {"start": "2026-11-01T08:00:00-04:00", "end": "2026-11-01T12:00:00-05:00"}
    assert "past" in fields(dispatch.post("/jobs", {**job_body, "window": past}))["window"]
    night = {"start": "2026-11-04T01:00:00-05:00", "end": "2026-11-04T04:00:00-05:00"}
    assert "works" in fields(dispatch.post("/jobs", {**job_body, "window": night}))["window"]


def test_a_reference_is_used_once(dispatch, trio, job_body):
    body = {**job_body, "reference": "A-1"}
    assert ok(dispatch.post("/jobs", body), 201)["reference"] == "A-1"
    assert "reference" in fields(dispatch.post("/jobs", body))
    assert [job["reference"] for job in ok(dispatch.get("/jobs", reference="A-1"))["items"]] == [
        "A-1"
    ]
    assert Job.objects.count() == 1


def test_what_is_left_out_comes_from_the_service_type(dispatch, trio, job_body):
    job = ok(dispatch.post("/jobs", job_body), 201)
    assert job["priority"] == "standard"
    assert job["duration_minutes"] == 75
    assert job["not_to_exceed"] == {"amount": "250.00", "currency": "USD"}
    assert job["client"] is None
    assert job["reference"].startswith("BOS-")
    assert job["source"] == "api"
    given = {
        **job_body,
        "priority": "urgent",
        "duration_minutes": 30,
        "not_to_exceed": {"amount": "99.5", "currency": "USD"},
    }
    job = ok(dispatch.post("/jobs", given), 201)
    assert job["priority"] == "urgent"
    assert job["duration_minutes"] == 30
    assert job["not_to_exceed"]["amount"] == "99.50"


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"not json",
        b'{"branch": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe",
        '{"branch": "é"}'.encode("latin-1"),
        b"[" * 100_000,
        b"[]",
        b'"text"',
        b"null",
        b"",
        b"1" * 5000,
    ],
)
def test_a_body_that_is_no_json_object_is_422(dispatch, raw):
    problem(dispatch.send("POST", "/jobs", raw=raw), 422, "invalid-input")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"],
)
def test_a_body_that_is_not_declared_as_json_is_415(dispatch, media_type):
    answer = dispatch.send("POST", "/jobs", raw=b"{}", content_type=media_type)
    problem(answer, 415, "unsupported-media-type")


def test_json_with_a_charset_or_suffix_is_fine(dispatch, trio, job_body):
    import json

    for media_type in ("application/json; charset=utf-8", "application/vnd.shop+json"):
        answer = dispatch.send(
            "POST", "/jobs", raw=json.dumps(job_body).encode(), content_type=media_type
        )
        ok(answer, 201)


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_a_huge_body_is_413(dispatch, size):
    raw = b'{"description": "' + b"x" * size + b'"}'
    problem(dispatch.send("POST", "/jobs", raw=raw), 413, "content-too-large")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/jobs"),
        ("PUT", "/jobs/019a9f3c-7c1e-7d44-9a41-3f2b7c0a51de"),
        ("GET", "/offers/019a9f3c-7c1e-7d44-9a41-3f2b7c0a51de/accept"),
        ("PATCH", "/visits"),
        ("TRACE", "/jobs"),
    ],
)
def test_other_methods_are_405(dispatch, method, path):
    answer = dispatch.send(method, path)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/jobs/", "/jobs/x/y/z", "/jobs/%00", "/jobs/%FF"]
)
def test_other_addresses_are_404(dispatch, path):
    problem(dispatch.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/jobs", {"colour": "red"}, "colour"),
        ("/jobs", {"status": "lost"}, "status.0"),
        ("/jobs", {"updated_since": "yesterday"}, "updated_since"),
        ("/jobs", {"updated_since": "2026-11-03T08:00:00"}, "updated_since"),
        ("/jobs", {"limit": 0}, "limit"),
        ("/jobs", {"limit": "many"}, "limit"),
        ("/jobs", {"reference": "\x00"}, "reference"),
        ("/jobs", {"cursor": "garbage"}, "cursor"),
        ("/jobs", {"cursor": "é"}, "cursor"),
        ("/jobs", {"cursor": "WyJqb2JzIiwgMWU0MDBd"}, "cursor"),
        ("/jobs", {"cursor": "WyJqb2JzIiwgdHJ1ZV0"}, "cursor"),
        ("/jobs", {"cursor": "WyJvZmZlcnMiLDFd"}, "cursor"),
        ("/jobs", {"cursor": "x" * 301}, "cursor"),
        ("/jobs", {"cursor": "WyJqb2JzIiwxXQ", "updated_since": "2026-11-03T08:00:00Z"}, "cursor"),
    ],
)
def test_bad_queries_are_422(dispatch, path, query, field):
    assert field in fields(dispatch.get(path, **query))


def test_a_plus_in_an_instant_that_was_not_escaped_is_told(dispatch):
    answer = dispatch.send("GET", "/jobs?updated_since=2026-11-03T08:00:00+01:00")
    assert "%2B" in fields(answer)["updated_since"]


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("eta", None, "body"),
        ("eta", {}, "eta"),
        ("eta", {"eta": "2026-11-03T14:00:00-05:00"}, "eta"),
        ("eta", {"eta": "2026-11-02T08:00:00-05:00"}, "eta"),
        ("eta", {"eta": "soon"}, "eta"),
        ("en-route", {"speed": 3}, "speed"),
        ("complete", {"result": "great"}, "result"),
        ("complete", {"result": "fixed", "note": "x" * 2001}, "note"),
        ("release", {"reason": "not_cleared"}, "reason"),
        ("release", {"reason": "bored"}, "reason"),
    ],
)
def test_bad_steps_are_422(as_contractor, trio, make_job, step, body, field):
    job = make_job()
    run_due()
    harold = as_contractor(trio[0])
    ok(harold.post(f"/offers/{job.offers.get().public_id}/accept"))
    assert field in fields(harold.post(f"/jobs/{job.public_id}/{step}", body))
    job.refresh_from_db()
    assert job.status == "booked"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"by": "customer"}, "reason"),
        ({"by": "me", "reason": "other"}, "by"),
        ({"by": "customer", "reason": "weather"}, "reason"),
        ({"by": "customer", "reason": "other", "note": "a\x00"}, "note"),
    ],
)
def test_bad_cancellations_are_422(dispatch, trio, make_job, body, field):
    job = make_job()
    assert field in fields(dispatch.post(f"/jobs/{job.public_id}/cancel", body))
    job.refresh_from_db()
    assert job.status == "new"


def test_a_step_out_of_turn_is_409(as_contractor, trio, make_job):
    job = make_job()
    run_due()
    harold = as_contractor(trio[0])
    ok(harold.post(f"/offers/{job.offers.get().public_id}/accept"))
    answer = harold.post(f"/jobs/{job.public_id}/complete", {"result": "fixed"})
    assert "arrival" in problem(answer, 409, "move-not-allowed")["detail"]


def test_a_suspended_contractor_cannot_accept(as_contractor, trio, make_job):
    job = make_job()
    run_due()
    harold = as_contractor(trio[0])
    trio[0].status = "suspended"
    trio[0].save()
    answer = harold.post(f"/offers/{job.offers.get().public_id}/accept")
    problem(answer, 409, "move-not-allowed")
    job.refresh_from_db()
    assert job.status == "offering"


def test_another_branchs_service_type_and_client_are_not_there(dispatch, trio, job_body):
    from network.models import Client
    from tests.jobs.world import make_service_type

    other = make_branch("worcester")
    make_service_type(other, "boiler-repair")
    Client.objects.create(branch=other, slug="acme", name="Acme")
    assert "service_type" in fields(
        dispatch.post("/jobs", {**job_body, "service_type": "boiler-repair"})
    )
    assert "client" in fields(dispatch.post("/jobs", {**job_body, "client": "acme"}))


def test_our_own_faults_are_problem_documents_too(dispatch, monkeypatch):
    from django.db import OperationalError

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("jobs.api.reads.full_jobs", broken)
    body = problem(dispatch.get("/jobs"), 500, "internal-error")
    assert "secret" not in str(body)

    def gone(*args: object, **kwargs: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("jobs.api.reads.full_jobs", gone)
    answer = dispatch.get("/jobs")
    problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"]
