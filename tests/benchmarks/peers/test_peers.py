"""The peers still do what they are measured at: a batch, a word, a round's list."""

from __future__ import annotations

import pytest

from tests.benchmarks.peers.documents import Documents
from tests.world.faults import Fault
from tests.world.fixtures import make_world

__all__ = ["make_world"]

WORDS = ["water", "violin", "astronomy", "kitchen"]


@pytest.fixture
def world(make_world, monkeypatch):
    world = make_world(plan="developer")
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return world


@pytest.fixture
def documents(tmp_path):
    opened = Documents(tmp_path / "documents.db")
    yield opened
    opened.close()


def is_whole(entry):
    return all(entry[name] for name in ("word", "definition", "related_concepts", "examples", "category"))


@pytest.fixture
async def learner(world, documents):
    from tests.benchmarks.peers.plain import Learner

    made = Learner(documents)
    yield made
    await made.close()


async def test_plain_asyncio_learns_a_batch_in_two_requests(world, documents, learner):
    await learner._learn(WORDS)
    assert sorted(entry["word"] for entry in documents.all("solidified_knowledge")) == sorted(WORDS)
    assert all(map(is_whole, documents.all("solidified_knowledge")))
    assert [record["task"] for record in world.log("chat")] == ["define", "enrich"]
    assert world.statuses("wikipedia") == {200: 1}
    assert len(await learner._list("artifact, common")) == 100


async def test_plain_asyncio_waits_where_a_limit_refuses(world, documents, learner):
    world.plan(Fault(kind="minute_tokens", task="define", times=1, seconds=0.1))
    await learner._learn(WORDS)
    assert [record["status"] for record in world.log("chat")] == [429, 200, 200]
    assert len(documents.all("solidified_knowledge")) == len(WORDS)


def test_the_original_learns_a_word_in_two_requests_and_a_round_from_a_thousand(world, documents):
    pytest.importorskip("celery", reason="make bench installs it")
    from tests.benchmarks.peers.original import Job

    job = Job("1", 600, documents)
    for word in WORDS:
        job._learn(word)
    assert [entry["word"] for entry in documents.all("solidified_knowledge")] == sorted(WORDS)
    assert all(map(is_whole, documents.all("solidified_knowledge")))
    assert [record["task"] for record in world.log("chat")] == ["define", "enrich"] * len(WORDS)
    assert world.statuses("wikipedia") == {200: len(WORDS)}
    assert len(job._propose()) == 1_000
    job._llm.close()
    job._web.close()
