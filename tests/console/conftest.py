"""The Boston world of tests/jobs, and a dispatcher at the console."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Job
from network.models import User
from tests.jobs.world import (  # noqa: F401
    branch,
    branch_admin,
    dispatcher,
    harold,
    harold_user,
    james,
    lisa,
    make_job,
    other_dispatcher,
    service_type,
    trio,
)


@pytest.fixture
def nora(client: Client, dispatcher: User) -> Client:  # noqa: F811
    """The dispatcher's browser."""
    client.force_login(dispatcher)
    return client


def url(name: str, **kwargs: Any) -> str:
    """An address of the Boston branch; ``job`` may be the job itself."""
    if isinstance(kwargs.get("job"), Job):
        kwargs["job"] = kwargs["job"].public_id
    return reverse(f"console:{name}", kwargs={"branch": "boston", **kwargs})


def text_of(response: Any) -> str:
    """The page's words without its marks, on one line."""
    import html
    import re

    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))
