"""The stores under test, and a clock that tests set."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import pytest_asyncio

sys.path.append(str(Path(__file__).parent))

from store_documents import START

from flows.stores.memory import MemoryStore
from flows.stores.sqlite import SqliteStore


class Clock:
    """Tells the time that a test says it is."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def make_store(request, tmp_path, clock):
    """Makes unopened stores that share their contents, one after the other or at once."""

    def make(**options):
        if request.param == "memory":
            return MemoryStore(str(tmp_path), clock=clock, **options)
        return SqliteStore(tmp_path / "store.db", clock=clock, **options)

    return make


@pytest_asyncio.fixture
async def store(make_store):
    async with make_store() as opened:
        yield opened


@pytest_asyncio.fixture
async def sqlite(tmp_path, clock):
    async with SqliteStore(tmp_path / "store.db", clock=clock, busy_timeout_s=0.3) as opened:
        yield opened
