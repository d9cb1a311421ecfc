"""The same small network as the domain's tests, seen by the customer."""

from __future__ import annotations

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
