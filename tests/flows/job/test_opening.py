"""A job's store that cannot be opened just now."""

from __future__ import annotations

import pytest

from flows.errors import ConfigurationError, StoreFull, StoreUnavailable
from flows.job import resources
from flows.stores.memory.store import MemoryStore
from tests.flows.job.virtual_time import now_s


@pytest.fixture
def fails(monkeypatch):
    """Have the store fail with this error until a moment of the virtual clock."""

    def until(error, moment_s):
        class Failing(MemoryStore):
            async def __aenter__(self):
                if now_s() < moment_s:
                    raise error
                return await super().__aenter__()

        monkeypatch.setattr(resources, "open_store", lambda *_, **__: Failing())

    return until


@pytest.mark.parametrize("error", [StoreUnavailable("held by another"), StoreFull("no room")])
async def test_a_store_that_is_held_or_full_for_seconds_is_waited_for(fails, error):
    fails(error, 12)
    async with resources.open_job_store() as store:
        assert isinstance(store, MemoryStore)
    assert 12 <= now_s() < 16


@pytest.mark.parametrize(
    ("error", "within_s"), [(StoreUnavailable("held by another"), 40), (ConfigurationError("no store"), 1)]
)
async def test_a_store_that_stays_away_is_told_after_half_a_minute_and_a_wrong_one_at_once(
    fails, error, within_s
):
    fails(error, 1000)
    with pytest.raises(type(error)):
        async with resources.open_job_store():
            pass
    assert now_s() < within_s
