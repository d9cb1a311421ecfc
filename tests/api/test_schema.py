"""The OpenAPI document: complete, shown as a page, and true: requests made up from it hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis import checks

from jobs.api.api import api
from jobs.api.problems import KINDS
from tests.jobs.world import run_due

PROBLEM = "application/problem+json"


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.content)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**details, "path": path, "method": method}
        for path, methods in document["paths"].items()
        for method, details in methods.items()
    ]


CONTRACT = {
    ("post", "/jobs"),
    ("get", "/jobs"),
    ("get", "/jobs/{job_id}"),
    ("get", "/jobs/{job_id}/ranking"),
    ("get", "/jobs/{job_id}/events"),
    ("post", "/jobs/{job_id}/cancel"),
    ("get", "/jobs/{job_id}/openings"),
    ("post", "/jobs/{job_id}/move"),
    ("post", "/jobs/{job_id}/follow-up"),
    ("get", "/offers"),
    ("post", "/offers/{offer_id}/accept"),
    ("post", "/offers/{offer_id}/decline"),
    ("post", "/offers/{offer_id}/propose"),
    ("get", "/visits"),
    ("post", "/jobs/{job_id}/eta"),
    ("post", "/jobs/{job_id}/en-route"),
    ("post", "/jobs/{job_id}/arrive"),
    ("post", "/jobs/{job_id}/complete"),
    ("post", "/jobs/{job_id}/release"),
}


def test_every_operation_of_the_contract_is_described_whole(document):
    found = operations(document)
    prefix = "/api/v1"
    assert {(one["method"], one["path"].removeprefix(prefix)) for one in found} >= CONTRACT
    assert len({one["operationId"] for one in found}) == len(found)
    for one in found:
        assert one["summary"]
        assert one["description"]
        assert one["tags"]
        assert list(one["security"][0]) in (["DispatchToken"], ["ContractorToken"])
        assert {"401", "403", "429"} <= set(one["responses"])
        for status, response in one["responses"].items():
            assert list(response["content"]) == [
                PROBLEM if int(status) >= 400 else "application/json"
            ]
        if one["method"] == "post":
            names = [parameter["name"] for parameter in one["parameters"]]
            assert "Idempotency-Key" in names
            assert {"409", "415", "422"} <= set(one["responses"])


def test_every_body_has_an_example_and_refuses_unknown_fields(document):
    shapes = document["components"]["schemas"]
    bodies = {
        reference["$ref"].rsplit("/", 1)[-1]
        for one in operations(document)
        if "requestBody" in one
        for schema in [one["requestBody"]["content"]["application/json"]["schema"]]
        for reference in schema.get("anyOf", [schema])
        if "$ref" in reference
    }
    assert len(bodies) == 11
    for name in bodies:
        shape = shapes[name]
        assert shape["additionalProperties"] is False
        has_example = "examples" in shape or any(
            "examples" in field for field in shape["properties"].values()
        )
        assert has_example or not shape["properties"], name


def test_the_documentation_page_needs_no_script_of_others(client, db):
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    page = answer.content.decode()
    for code in KINDS:
        assert f'id="{code}"' in page
    assert "Take a job in" in page
    assert "<script>" not in page
    assert " style=" not in page
    assert "cdn" not in page.lower()
    for tag in page.split("<script")[1:]:
        assert 'src="/static/' in tag.split(">")[0]


document_now = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
schema = schemathesis.openapi.from_dict(document_now)
schema.app = WSGIHandler()
CHECKS = [
    checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    )
]


@pytest.fixture
def world(settings: Any, dispatch, trio, make_job, as_contractor) -> dict[str, str]:
    """A job that is offered to Harold, one that he has accepted, and the tokens."""
    settings.API_REQUESTS_PER_MINUTE = 0
    accepted = make_job()
    run_due()
    harold = as_contractor(trio[0])
    harold.post(f"/offers/{accepted.offers.get().public_id}/accept")
    offered = make_job()
    run_due()
    return {
        "DispatchToken": dispatch.token,
        "ContractorToken": harold.token,
        "job_id": str(accepted.public_id),
        "offer_id": str(offered.offers.get().public_id),
    }


@pytest.fixture
def callers(world: dict[str, str]) -> Iterator[dict[str, str]]:
    """The world. A real handler would close the connection after each request, rows and all."""
    kinds = (signals.request_started, signals.request_finished)
    for kind in kinds:
        kind.disconnect(close_old_connections)
    yield world
    for kind in kinds:
        kind.connect(close_old_connections)


@schema.parametrize()
@hypothesis_settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_requests_made_up_from_the_document_never_surprise(case: Any, callers: Any) -> None:
    (wanted,) = case.operation.definition.raw["security"][0]
    for name in ("job_id", "offer_id"):
        if name in (case.path_parameters or {}) and is_id(case.path_parameters[name]):
            case.path_parameters[name] = callers[name]
    case.call_and_validate(headers={"Authorization": f"Bearer {callers[wanted]}"}, checks=CHECKS)


def is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
