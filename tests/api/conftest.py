"""The small network of tests/jobs, and callers with tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from jobs.services.tokens import issue_token
from network.models import Branch, Contractor
from tests.jobs.world import (  # noqa: F401
    branch,
    harold,
    james,
    lisa,
    make_job,
    service_type,
    trio,
)

BASE = "/api/v1"


@dataclass
class Caller:
    """A program with a token (or without)."""

    token: str | None = None

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.send("GET", path, query=query)

    def post(
        self, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> HttpResponse:
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.send("POST", path, body=body, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        raw: bytes | None = None,
        content_type: str = "application/json",
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """Any request; ``body`` goes as JSON, ``raw`` as it is."""
        sent = dict(headers or {})
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return Client(raise_request_exception=False).generic(
            method,
            BASE + path,
            data,
            content_type=content_type if data else "",
            headers=sent,
            query_params=query or None,
        )


@pytest.fixture
def dispatch(branch: Branch) -> Caller:  # noqa: F811
    """The branch's own program."""
    return Caller(issue_token(branch=branch, name="the shop").text)


@pytest.fixture
def as_contractor() -> Callable[[Contractor], Caller]:
    """A contractor's program."""
    return lambda contractor: Caller(issue_token(contractor=contractor).text)


@pytest.fixture
def job_body(service_type: Any) -> dict[str, Any]:  # noqa: F811
    """A job that can be taken in; tomorrow 08–12 in Boston."""
    return {
        "branch": "boston",
        "service_type": "water-heater-repair",
        "site": {
            "address": "41 Pond Lane, unit 2",
            "postcode": "02215",
            "latitude": 42.3467,
            "longitude": -71.1019,
        },
        "customer": {
            "name": "Dana Whitfield",
            "phone": "(617) 555-0142",
            "email": "dana@example.com",
        },
        "window": {"start": "2026-11-03T08:00:00-05:00", "end": "2026-11-03T12:00:00-05:00"},
        "description": "No hot water",
    }


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a response, checked for form and kind."""
    assert response.status_code == status, response.content[:500]
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert body["type"].startswith("http")
    assert body["type"].endswith(code), body
    assert body["detail"]
    return body


def fields(response: HttpResponse) -> dict[str, str]:
    """Field → message of a 422."""
    body = problem(response, 422, "invalid-input")
    return {error["field"]: error["message"] for error in body["errors"]}


def ok(response: HttpResponse, status: int = 200) -> Any:
    """The body of a success."""
    assert response.status_code == status, response.content[:1000]
    assert response.headers["Content-Type"].startswith("application/json")
    return json.loads(response.content)
