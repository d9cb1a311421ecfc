"""A small network and the helpers that drive jobs through it."""

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
