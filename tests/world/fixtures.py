"""Fixtures for tests against the world: `from tests.world.fixtures import make_world, world  # noqa: F401` in a conftest.py."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.world.running import RunningWorld
from tests.world.state import Settings


@pytest.fixture
def make_world():
    """Starts worlds with the given settings (see tests.world.state.Settings) and stops them after the test."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(RunningWorld(Settings(**settings)))


@pytest.fixture
def world(make_world):
    """A world on the free plan that answers at once."""
    return make_world()
