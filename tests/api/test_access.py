"""Who may ask what: tokens, scopes, and what belongs to others."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from jobs.models import ApiToken, Job
from jobs.services.tokens import find_token, hash_token, issue_token, revoke_token
from tests.api.conftest import Caller, ok, problem
from tests.jobs.world import make_branch, make_contractor, make_service_type, run_due

DISPATCH_ONLY = [
    ("GET", "/jobs"),
    ("POST", "/jobs"),
    ("GET", "/jobs/{id}"),
    ("GET", "/jobs/{id}/ranking"),
    ("GET", "/jobs/{id}/events"),
    ("POST", "/jobs/{id}/cancel"),
    ("GET", "/jobs/{id}/openings"),
    ("POST", "/jobs/{id}/move"),
    ("POST", "/jobs/{id}/follow-up"),
]
CONTRACTOR_ONLY = [
    ("GET", "/offers"),
    ("GET", "/offers/{id}"),
    ("POST", "/offers/{id}/accept"),
    ("POST", "/offers/{id}/decline"),
    ("POST", "/offers/{id}/propose"),
    ("GET", "/visits"),
    ("POST", "/jobs/{id}/eta"),
    ("POST", "/jobs/{id}/en-route"),
    ("POST", "/jobs/{id}/arrive"),
    ("POST", "/jobs/{id}/complete"),
    ("POST", "/jobs/{id}/release"),
]


@pytest.mark.parametrize(("method", "path"), DISPATCH_ONLY + CONTRACTOR_ONLY)
@pytest.mark.parametrize("token", [None, "", "fct_wrong", "wrong", "fct_" + "x" * 43])
def test_without_a_valid_token_everything_is_401(db, method, path, token):
    answer = Caller(token).send(method, path.format(id=uuid4()))
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "bearer  ", "Token x", "\x00"])
def test_other_authorization_headers_are_401(db, header):
    problem(Caller().send("GET", "/jobs", headers={"Authorization": header}), 401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), DISPATCH_ONLY)
def test_dispatch_operations_refuse_a_contractors_token(harold, as_contractor, method, path):
    problem(as_contractor(harold).send(method, path.format(id=uuid4())), 403, "wrong-scope")


@pytest.mark.parametrize(("method", "path"), CONTRACTOR_ONLY)
def test_contractor_operations_refuse_a_branchs_token(dispatch, method, path):
    problem(dispatch.send(method, path.format(id=uuid4())), 403, "wrong-scope")


BODIES = {
    "/jobs/{id}/cancel": {"by": "client", "reason": "other"},
    "/offers/{id}/decline": {"reason": "other"},
    "/offers/{id}/propose": {"pay": {"amount": "200.00", "currency": "USD"}},
    "/jobs/{id}/move": {
        "window": {"start": "2026-11-04T09:00:00-05:00", "end": "2026-11-04T13:00:00-05:00"}
    },
    "/jobs/{id}/eta": {"eta": "2026-11-03T09:00:00-05:00"},
    "/jobs/{id}/complete": {"result": "fixed"},
    "/jobs/{id}/release": {"reason": "other"},
}


@pytest.mark.parametrize(
    ("method", "path"), [row for row in DISPATCH_ONLY + CONTRACTOR_ONLY if "{id}" in row[1]]
)
@pytest.mark.parametrize("whose", ["nobody's", "not an id", "somebody else's"])
def test_what_is_not_there_and_what_is_not_yours_look_the_same(
    method, path, whose, dispatch, as_contractor, trio, make_job
):
    ours = make_job()
    run_due()
    offer = ours.offers.get()
    as_contractor(trio[0]).post(f"/offers/{offer.public_id}/accept")
    other = make_branch("worcester")
    rival = make_contractor(other, "Rita")
    caller = (
        Caller(issue_token(branch=other).text)
        if (method, path) in DISPATCH_ONLY
        else Caller(issue_token(contractor=rival).text)
    )
    named = {
        "nobody's": uuid4(),
        "not an id": "42",
        "somebody else's": offer.public_id if "/offers" in path else ours.public_id,
    }[whose]
    answer = caller.send(method, path.format(id=named), body=BODIES.get(path))
    body = problem(answer, 404, "not-found")
    assert "Dana" not in str(body)


def test_a_contractor_sees_only_its_own_offers_and_visits(as_contractor, trio, make_job):
    make_job()
    run_due()
    harold, lisa, _ = map(as_contractor, trio)
    (offer,) = ok(harold.get("/offers"))["items"]
    problem(lisa.get(f"/offers/{offer['id']}"), 404, "not-found")
    problem(lisa.post(f"/offers/{offer['id']}/accept"), 404, "not-found")
    problem(lisa.post(f"/offers/{offer['id']}/decline", {"reason": "other"}), 404, "not-found")
    ok(harold.post(f"/offers/{offer['id']}/accept"))
    assert ok(lisa.get("/visits"))["items"] == []
    problem(lisa.post(f"/jobs/{offer['job']}/arrive"), 404, "not-found")
    assert Job.objects.get().status == "booked"


def test_offers_never_show_who_and_where_before_accepting(as_contractor, trio, make_job):
    make_job(
        address="41 Pond Lane, unit 2",
        customer_name="Dana Whitfield",
        description="Call Dana Whitfield on (617) 555-0142",
    )
    run_due()
    harold = as_contractor(trio[0])
    (offer,) = ok(harold.get("/offers"))["items"]
    hidden = [
        b"Pond Lane",
        b"Dana",
        b"Whitfield",
        b"555-0142",
        b"dana@example.com",
        b"42.3467",
        b"71.1019",
    ]
    for answer in (
        harold.get("/offers"),
        harold.get(f"/offers/{offer['id']}"),
        harold.post(f"/offers/{offer['id']}/accept", {"starts_at": "2026-11-05T08:00:00Z"}),
        harold.post(f"/offers/{offer['id']}/decline", {"reason": "other"}),
    ):
        for text in hidden:
            assert text not in answer.content
    assert set(offer) >= {
        "id", "job", "service_type", "priority", "area", "postcode", "window",
        "travel_minutes", "pay", "made_at", "expires_at", "status",
    }  # fmt: skip


def test_a_revoked_token_is_refused_at_once(dispatch):
    ok(dispatch.get("/jobs"))
    token = ApiToken.objects.get()
    assert revoke_token(token_id=token.pk)
    problem(dispatch.get("/jobs"), 401, "unauthorized")
    assert not revoke_token(token_id=token.pk)


def test_the_token_of_a_contractor_who_left_is_refused(harold, as_contractor):
    caller = as_contractor(harold)
    ok(caller.get("/offers"))
    harold.status = "left"
    harold.save()
    problem(caller.get("/offers"), 401, "unauthorized")


def test_tokens_are_stored_hashed_and_belong_to_one_owner(branch, harold):
    issued = issue_token(branch=branch, name="shop")
    issued.token.refresh_from_db()
    assert issued.text.startswith("fct_")
    assert len(issued.text) > 40
    assert issued.token.token_hash == hash_token(issued.text)
    assert issued.text not in str(vars(issued.token))
    for wrong in ({}, {"branch": branch, "contractor": harold}):
        with pytest.raises(ValueError, match="one branch or"):
            issue_token(**wrong)


def test_the_last_use_is_noted_once_a_minute(branch, django_assert_num_queries):
    issued = issue_token(branch=branch)
    with django_assert_num_queries(2):
        assert find_token(issued.text) is not None
    with django_assert_num_queries(1):
        assert find_token(issued.text) is not None
    token = ApiToken.objects.get()
    assert token.last_used_at is not None
    earlier = token.last_used_at - timedelta(seconds=61)
    ApiToken.objects.update(last_used_at=earlier)
    with django_assert_num_queries(2):
        assert find_token(issued.text) is not None
    token.refresh_from_db()
    assert token.last_used_at > earlier


def test_the_command_prints_the_token_alone(branch, harold, service_type):
    for arguments, scope in (
        (["--branch", "boston"], "dispatch"),
        (["--contractor", str(harold.public_id)], "contractor"),
    ):
        out, err = StringIO(), StringIO()
        call_command("create_token", *arguments, stdout=out, stderr=err)
        text = out.getvalue()
        assert text == text.strip() + "\n"
        found = find_token(text.strip())
        assert found is not None
        assert found.scope == scope


@pytest.mark.parametrize(
    "arguments",
    [
        ["--branch", "nowhere"],
        ["--contractor", "42"],
        ["--contractor", "019a9f3c-7c1e-7d44-9a41-3f2b7c0a51de"],
        [],
        ["--branch", "boston", "--contractor", "42"],
    ],
)
def test_the_command_says_what_is_wrong(branch, arguments):
    with pytest.raises(CommandError):
        call_command("create_token", *arguments, stdout=StringIO(), stderr=StringIO())
    assert not ApiToken.objects.exists()


def test_too_many_requests_are_told_when_to_come_back(dispatch, harold, as_contractor, settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    for _ in range(3):
        ok(dispatch.get("/jobs"))
    answer = dispatch.get("/jobs")
    problem(answer, 429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    ok(as_contractor(harold).get("/offers"))  # another token has its own limit
    settings.API_REQUESTS_PER_MINUTE = 0
    ok(dispatch.get("/jobs"))


def test_without_redis_everybody_may_pass(dispatch, monkeypatch):
    from redis import Redis

    nowhere = Redis(unix_socket_path="/nonexistent/redis.sock")
    monkeypatch.setattr("jobs.limits.connection", lambda: nowhere)
    ok(dispatch.get("/jobs"))


def test_another_branch_is_named_as_a_mistake(dispatch, job_body):
    make_service_type(make_branch("worcester"))
    answer = dispatch.post("/jobs", {**job_body, "branch": "worcester"})
    assert "boston" in problem(answer, 422, "invalid-input")["errors"][0]["message"]
    assert not Job.objects.exists()
