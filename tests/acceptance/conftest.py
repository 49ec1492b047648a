"""Homes for whole runs: one that all tests share, with a stack that is up, and new ones for tests that break
things.
"""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from house import House


def a_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def house(tmp_path):
    """An empty home of this test alone."""
    found = House(tmp_path / "home", a_free_port())
    yield found
    found.end()


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """A home whose stack is up for all tests; it must stop without a trace at the end."""
    found = House(tmp_path_factory.mktemp("stack") / "home", a_free_port())
    up = found.learn("up", "--plain")
    try:
        up.hear("Serving:", within_s=90)
        yield found
        up.send(signal.SIGINT)
        assert up.wait(12) == 0
        found.empty(within_s=2)
        found.store.sound()
    finally:
        found.end()


@pytest.fixture
def own_store(tmp_path):
    """A store of this test alone, for jobs that share the stack's Prefect."""
    return tmp_path / "knowledge.db"
