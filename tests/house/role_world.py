"""The world of the role table: two branches with their people."""

from __future__ import annotations

from tests.house.world import World, make_world


class FullWorld(World):
    """The people, and something of each kind that an address may name."""


def make_full_world() -> FullWorld:
    world = make_world()
    return FullWorld(**vars(world))
