"""A world for each test, and clients of it."""

from __future__ import annotations

from tests.world.fixtures import make_world, world

__all__ = ["make_world", "world"]
