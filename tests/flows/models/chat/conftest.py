"""Groq's model against the world."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

sys.path += [str(Path(__file__).parent / room) for room in ("", "errors")]

from flows.models.chat.account import open_groq
from flows.settings import Settings
from flows.stores import open_store
from tests.world.fixtures import make_world

__all__ = ["make_world"]


@pytest.fixture
def world(make_world):
    """A world on the developer's plan that answers at once."""
    return make_world(plan="developer")


@pytest.fixture
def settings_of(tmp_path):
    """Settings that point at a world."""

    def settings(world, **more):
        return Settings(
            home=tmp_path,
            groq_api_key=world.key,
            groq_base_url=world.url,
            requests_per_minute=0,
            tokens_per_day=0,
            **more,
        )

    return settings


@pytest_asyncio.fixture
async def store():
    async with open_store("memory://") as opened:
        yield opened


@pytest_asyncio.fixture
async def groq_at(settings_of, store):
    """Opens Groq's model at a world; closed after the test."""
    async with AsyncExitStack() as stack:

        async def opened(world, *, silence_s=5.0, whole_s=8.0, **settings):
            return await stack.enter_async_context(
                open_groq(settings_of(world, **settings), store, silence_s=silence_s, whole_s=whole_s)
            )

        yield opened


@pytest_asyncio.fixture
async def groq(groq_at, world):
    return await groq_at(world)
