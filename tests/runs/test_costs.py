"""What an entry may cost, in counts that no machine changes: what makes an entry dearer fails here.

`make bench` measures what these counts cost in time. Where one becomes smaller for good, lower its limit.
"""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from flows import big_learning
from flows.job.resources import using
from flows.lexicon.reader import Lexicon
from flows.models.chat.account import open_groq
from flows.models.lexicon import LexiconModel
from flows.settings import Settings
from flows.sources.lexicon import LexiconSource
from flows.stores import open_store
from tests.runs.costs import Costs
from tests.world.fixtures import make_world

__all__ = ["make_world"]

pytestmark = pytest.mark.prefect

ENTRIES, BATCH = 200, 20
BATCHES = ENTRIES // BATCH
CANDIDATES = 4 * ENTRIES
PROPOSED_AT_ONCE = 100
NOBODY = UUID(int=0)


@pytest.fixture
async def store(tmp_path):
    async with open_store(f"sqlite:///{tmp_path / 'knowledge.db'}") as opened:
        yield opened


@pytest.fixture
def lexicon():
    with Lexicon() as opened:
        yield opened


@pytest.fixture
def costs(prefect_api):
    return Costs(prefect_api)


@pytest.fixture
def learn(store, lexicon, costs, tmp_path):
    """Learns one round of 200 words, and counts."""

    async def run(model):
        settings = Settings(home=tmp_path, batch_size=BATCH)
        sources = [LexiconSource(lexicon)]
        with costs.counting(), using(settings=settings, store=store, model=model, sources=sources):
            job = await big_learning(
                max_entries=ENTRIES, candidates_per_round=CANDIDATES, words_per_round=ENTRIES
            )
        assert (job.end_reason, job.counts.stored, job.last_round) == ("target reached", ENTRIES, 1)
        return job

    return run


@pytest.fixture
async def groq(make_world, store, tmp_path):
    """Groq's model at a world that answers at once, and that world."""
    world = make_world(plan="developer")
    settings = Settings(
        home=tmp_path,
        groq_api_key=world.key,
        groq_base_url=world.url,
        requests_per_minute=1_000,
        tokens_per_minute=250_000,
        requests_per_day=500_000,
        tokens_per_day=0,
    )
    async with open_groq(settings, store) as model:
        yield model, world


def check_bookkeeping(costs, job):
    """A batch is a task run a stage. Prefect's API is asked so often for a job and a second, and never for a
    batch; the row is written once a second.
    """
    seconds = job.active_seconds
    assert len(costs.task_runs) <= 3 * BATCHES + 1, costs.told()
    assert costs.requests.total() <= 20 + 1.5 * seconds, costs.told()
    of_task_runs = sum(n for name, n in costs.events.items() if name.startswith("prefect.task-run."))
    assert of_task_runs <= 3 * len(costs.task_runs), costs.told()
    assert costs.events.total() - of_task_runs <= BATCHES + 12 + 2 * seconds, costs.told()
    # definitions, then entries; and the round: claims, the round itself, its frontier
    assert costs.statements["BEGIN"] <= 2 * BATCHES + 8 + 2 * seconds, costs.told()
    assert costs.written / ENTRIES <= 9.5, costs.told()


async def test_an_entry_by_a_language_model_costs_no_more_than_it_did(learn, costs, groq):
    model, world = groq
    job = await learn(model)
    check_bookkeeping(costs, job)
    chat = world.log("chat")
    assert [record for record in chat if record["status"] != 200] == []
    assert Counter(record["task"] for record in chat) == {
        "propose": CANDIDATES / PROPOSED_AT_ONCE,
        "define": BATCHES,
        "enrich": BATCHES,
    }
    tokens = sum(record["tokens_in"] + record["tokens_out"] for record in chat)
    assert tokens / ENTRIES <= 245
    assert job.usage.tokens_in + job.usage.tokens_out == tokens


async def test_an_entry_by_the_lexicon_costs_no_more_than_it_did(learn, costs, store, lexicon):
    async def taken(keys):
        return await store.taken(keys, job_id=NOBODY)

    job = await learn(LexiconModel(lexicon, taken=taken))
    check_bookkeeping(costs, job)
