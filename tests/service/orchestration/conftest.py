"""A projector on a store in memory and a Prefect that is played."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.stores import settling
from flows.stores.memory import MemoryStore
from service.orchestration.projection.projector import Projector
from tests.service.orchestration.projection.projector_parts import PlayedPrefect


@pytest.fixture
async def store():
    async with MemoryStore() as opened:
        yield opened


@pytest.fixture
def prefect():
    return PlayedPrefect()


@pytest.fixture
def projector(store, prefect, monkeypatch):
    monkeypatch.setattr(settling, "SETTLE", timedelta(0))
    return Projector(store, prefect)
