"""A small network and the helpers that drive jobs through it."""

from __future__ import annotations

from tests.jobs.world import (  # noqa: F401
    branch,
    harold,
    james,
    lisa,
    make_job,
    service_type,
    trio,
)
