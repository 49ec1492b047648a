"""Fixtures for tests against the world: `from tests.world.fixtures import make_world, world # noqa: F401` in
a conftest.py.
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.world.running import in_process, in_thread
from tests.world.state import Settings


@pytest.fixture
def make_world():
    """Starts worlds with the given settings (tests.world.state.Settings) and ends them after the test;
    `process=True` gives them one of their own.
    """
    with ExitStack() as stack:

        def make(*, process: bool = False, **settings):
            return stack.enter_context((in_process if process else in_thread)(Settings(**settings)))

        yield make


@pytest.fixture
def world(make_world):
    """A world on the free plan that answers at once."""
    return make_world()
