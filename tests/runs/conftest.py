import pytest

from flows.job.resources import using
from flows.settings import Settings
from flows.stores import open_store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path):
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'knowledge.db'}"
    async with open_store(url) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, batch_size=10, concurrency=3)


@pytest.fixture
def learning(store, settings):
    """Run a flow on a scripted model and the store."""

    async def run(flow, model, *, sources=(), **parameters):
        with using(settings=settings, store=store, model=model, sources=sources):
            return await flow(**parameters)

    return run
