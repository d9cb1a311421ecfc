"""A small network and the helpers that drive jobs through it."""

from __future__ import annotations

from tests.jobs.world import *  # noqa: F403
