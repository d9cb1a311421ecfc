"""A small network and the helpers that drive jobs through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs.lock_order import watched_locks
from tests.jobs.world import (  # noqa: F401
    branch,
    branch_admin,
    dispatcher,
    harold,
    harold_user,
    james,
    lisa,
    lisa_user,
    make_job,
    other_dispatcher,
    service_type,
    trio,
)


@pytest.fixture(autouse=True)
def _locks_in_order() -> Iterator[None]:
    """Whatever a test makes the services do, they lock in the one order that cannot deadlock."""
    with watched_locks() as order:
        yield
    assert order.late == []
