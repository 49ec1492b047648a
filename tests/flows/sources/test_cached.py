"""The memory of a source, in real stores."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.core.words import parse_word
from flows.errors import SourceUnavailable, StoreUnavailable
from flows.sources import cached
from flows.sources.base import Partial
from flows.sources.cached import FOUND_FOR, NOTHING_FOR, CachedSource
from flows.sources.scripted import ScriptedSource
from flows.stores import open_store

WORDS = [parse_word(text) for text in ("cat", "dog", "zzqxv")]
TEXTS = {"cat": "a small animal", "dog": "another animal"}


class Clock:
    now = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path, clock):
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'knowledge.db'}"
    async with open_store(url, clock=clock) as opened:
        yield opened


@pytest.fixture
def source():
    return ScriptedSource(TEXTS, name="wikipedia", batch_size=7, stands_in_for="wordnet")


@pytest.fixture
def remembering(source, store, clock):
    return CachedSource(source, store)


async def test_it_looks_like_its_source(remembering):
    assert (remembering.name, remembering.batch_size, remembering.stands_in_for) == (
        "wikipedia",
        7,
        "wordnet",
    )


async def test_what_was_found_and_what_was_not_is_asked_for_once(remembering, source):
    first = await remembering.look_up(WORDS)
    assert set(first) == {"cat", "dog"}
    assert await remembering.look_up(WORDS) == first, "just as it was"
    assert source.asked == [("cat", "dog", "zzqxv")]


async def test_only_words_that_are_new_are_asked_for(remembering, source):
    await remembering.look_up(WORDS[:1])
    assert set(await remembering.look_up(WORDS)) == {"cat", "dog"}
    assert source.asked == [("cat",), ("dog", "zzqxv")]


async def test_another_job_on_the_same_store_remembers_too(store, source):
    await CachedSource(source, store).look_up(WORDS)
    other = ScriptedSource({}, name="wikipedia")
    assert set(await CachedSource(other, store).look_up(WORDS)) == {"cat", "dog"}
    assert other.calls == 0


async def test_nothing_is_forgotten_sooner_than_something(remembering, source, clock):
    start = clock.now
    await remembering.look_up(WORDS)
    clock.now = start + NOTHING_FOR - timedelta(seconds=1)
    await remembering.look_up(WORDS)
    assert source.calls == 1
    clock.now = start + NOTHING_FOR
    await remembering.look_up(WORDS)
    assert source.asked[1] == ("zzqxv",)
    clock.now = start + FOUND_FOR
    await remembering.look_up(WORDS)
    assert set(source.asked[2]) >= {"cat", "dog"}


async def test_a_topic_has_a_memory_of_its_own(remembering, source):
    await remembering.look_up(WORDS)
    await remembering.look_up(WORDS, topic="Animal  Care")
    await remembering.look_up(WORDS, topic="animal care")
    await remembering.look_up(WORDS, topic="a/b/../c")
    assert source.calls == 3


async def test_sources_do_not_share_a_memory(store, remembering):
    await remembering.look_up(WORDS)
    other = ScriptedSource({"cat": "something else"}, name="wiktionary")
    assert (await CachedSource(other, store).look_up(WORDS))["cat"][0].text == "something else"


async def test_a_failure_is_not_remembered_as_nothing_found(store):
    failing = ScriptedSource(
        TEXTS, name="wikipedia", fault=lambda n: SourceUnavailable("away") if n == 1 else None
    )
    remembering = CachedSource(failing, store)
    with pytest.raises(SourceUnavailable):
        await remembering.look_up(WORDS)
    assert set(await remembering.look_up(WORDS)) == {"cat", "dog"}


async def test_what_could_not_be_asked_in_full_is_asked_again(store):
    class Unsure(ScriptedSource):
        async def look_up(self, words, *, topic=None):
            return Partial(await super().look_up(words, topic=topic), unsure={"dog", "zzqxv"})

    source = Unsure(TEXTS, name="wikipedia")
    remembering = CachedSource(source, store)
    assert set(await remembering.look_up(WORDS)) == {"cat", "dog"}
    assert set(await remembering.look_up(WORDS)) == {"cat", "dog"}
    assert source.asked == [("cat", "dog", "zzqxv"), ("dog", "zzqxv")]


class Failing:
    """A memory that cannot be used."""

    def __init__(self, reading, writing):
        self.reading, self.writing = reading, writing

    def now(self):
        return Clock.now

    async def cached_evidence(self, source, keys):
        if self.reading:
            raise StoreUnavailable("the store is locked")
        return {}

    async def save_evidence(self, cached):
        if self.writing:
            raise StoreUnavailable("the store is locked")


@pytest.mark.parametrize(("reading", "writing"), [(True, True), (True, False), (False, True)])
async def test_a_failing_store_costs_the_memory_and_nothing_else(source, caplog, reading, writing):
    remembering = CachedSource(source, Failing(reading, writing))
    for _ in range(3):
        found = await remembering.look_up(WORDS)
        assert set(found) == {"cat", "dog"}
    assert source.calls == 3
    assert [record.getMessage() for record in caplog.records] == [
        "Not caching evidence from wikipedia: the store is locked"
    ]


async def test_a_locked_file_is_waited_for_only_so_long(source, tmp_path, monkeypatch):
    import sqlite3

    monkeypatch.setattr(cached, "PATIENCE_S", 0.3)
    path = tmp_path / "knowledge.db"
    async with open_store(f"sqlite:///{path}") as opened:
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            found = await CachedSource(source, opened).look_up(WORDS)
        finally:
            other.rollback()
            other.close()
        assert set(found) == {"cat", "dog"}
