"""A server with a real Prefect whose events it hears."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.service.deploying import deploy


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    found = serve(is_alone=False, starts_burst=500, total_starts_burst=500)
    deadline = time.monotonic() + 20
    while not found.resources.relay.is_live:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found
