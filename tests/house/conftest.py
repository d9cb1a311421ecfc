"""The role table's world and browsers."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.test import Client

from tests.house.role_world import FullWorld, make_full_world
from tests.house.world import ROLES
from tests.jobs.world import START


@pytest.fixture
def world(clock: Any) -> FullWorld:
    clock.set(START)
    return make_full_world()


@pytest.fixture
def cookies(world: FullWorld) -> dict[str, SimpleCookie]:
    """The cookies of each role's browser after signing in."""
    found = {}
    for role in ROLES:
        client = Client()
        if (user := world.users[role]) is not None:
            client.force_login(user)
        found[role] = client.cookies
    return found
