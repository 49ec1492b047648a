"""The world's wikis, and clients of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import pytest_asyncio

sys.path.append(str(Path(__file__).with_name("wikimedia")))

from flows.sources.wikimedia.action_api import ActionApi
from flows.sources.wikimedia.pace import Pace
from flows.sources.wikimedia.wikipedia import Wikipedia
from flows.sources.wikimedia.wiktionary import Wiktionary
from tests.world.fixtures import make_world, world

__all__ = ["make_world", "world"]

CONTACT = "tests@example.org"


@pytest.fixture
def pace():
    return Pace(per_minute=6000, at_once=3)


@pytest_asyncio.fixture
async def api(world, pace):
    async with ActionApi(
        f"{world.url}/w/api.php", name="Wikipedia", contact=CONTACT, pace=pace, timeout_s=5
    ) as opened:
        yield opened


@pytest.fixture
def wikipedia(api):
    return Wikipedia(api)


@pytest_asyncio.fixture
async def wiktionary(world, pace):
    async with ActionApi(
        f"{world.url}/wiktionary/w/api.php", name="Wiktionary", contact=CONTACT, pace=pace, timeout_s=5
    ) as opened:
        yield Wiktionary(opened)
