"""The configured sources, opened for a job and closed with it, and whole jobs that research on the world's
wikis.
"""

import asyncio
import logging

import pytest

from flows import quick_learning
from flows.core.words import parse_word
from flows.job.resources import using
from flows.lexicon.reader import Lexicon
from flows.settings import Settings
from flows.sources import open_sources
from flows.stores import open_store
from tests.world.faults import Fault

WORDS = [parse_word(text) for text in ("automobile", "dog")]


@pytest.fixture
def settings(tmp_path, world):
    """Points at the world."""

    def make(**more):
        urls = {
            "wikipedia_url": f"{world.url}/w/api.php",
            "wiktionary_url": f"{world.url}/wiktionary/w/api.php",
        }
        return Settings(home=tmp_path, wikimedia_contact="tests@example.org", **(urls | more))

    return make


@pytest.fixture
async def store():
    async with open_store("memory://") as opened:
        yield opened


@pytest.fixture
def lexicon():
    with Lexicon() as opened:
        yield opened


async def names(settings, lexicon, store):
    async with open_sources(settings, lexicon=lexicon, cache=store) as sources:
        return [source.name for source in sources]


async def test_with_a_contact_all_three_are_asked_in_their_order(settings, lexicon, store):
    assert await names(settings(), lexicon, store) == ["wordnet", "wikipedia", "wiktionary"]
    assert await names(settings(sources=("wiktionary", "lexicon")), lexicon, store) == [
        "wordnet",
        "wiktionary",
    ]
    assert await names(settings(sources=("wikipedia",)), lexicon, store) == ["wikipedia"]


@pytest.mark.parametrize("asked", [("wikipedia", "wiktionary"), ("lexicon", "wikipedia")])
async def test_without_a_contact_one_line_says_so_and_the_lexicon_is_left(
    tmp_path, lexicon, store, caplog, asked
):
    bare = Settings(home=tmp_path, wikimedia_contact="", sources=asked)
    with caplog.at_level(logging.WARNING):
        assert await names(bare, lexicon, store) == ["wordnet"]
    (record,) = caplog.records
    assert "WIKIMEDIA_CONTACT" in record.getMessage()


async def test_nothing_is_said_where_nobody_asked_for_them(tmp_path, lexicon, store, caplog):
    assert await names(Settings(home=tmp_path, wikimedia_contact=""), lexicon, store) == ["wordnet"]
    assert caplog.records == []


async def test_connections_are_closed_at_the_end(settings, lexicon, store):
    async with open_sources(settings(), lexicon=lexicon, cache=store) as (_, wikipedia, wiktionary):
        assert await wikipedia.look_up(WORDS)
    for source in (wikipedia, wiktionary):
        with pytest.raises(RuntimeError, match="closed"):
            await source.look_up([parse_word("gravity")])


def test_each_event_loop_has_connections_of_its_own(settings, lexicon):
    async def look_up():
        async with (
            open_store("memory://") as store,
            open_sources(settings(), lexicon=lexicon, cache=store) as (_, wikipedia, wiktionary),
        ):
            return set(await wikipedia.look_up(WORDS)) | set(await wiktionary.look_up(WORDS))

    assert asyncio.run(look_up()) == asyncio.run(look_up()) == {"automobile", "dog"}


async def cited(store, *keys):
    known = await store.known(keys)
    return {key: {citation.source for citation in known[key].definition.citations} for key in keys}


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_api")
class TestInAJob:
    async def learn(self, settings, store, *words, **parameters):
        with using(settings=settings, store=store):
            return await quick_learning(words=list(words), **parameters)

    async def test_definitions_are_backed_by_the_wikis_with_attribution(self, settings, store, world):
        job = await self.learn(settings(), store, "automobile", "dog", "mercury")
        assert (job.status, job.counts.stored, job.errors) == ("completed", 3, ())
        sources = await cited(store, "automobile", "dog", "mercury")
        assert "Wikipedia" in sources["automobile"]
        assert "Wiktionary" in sources["dog"] & sources["mercury"]
        assert world.statuses("wikipedia") == {200: 1}
        assert world.statuses("wiktionary") == {200: 2}, "the pages, then templates that we do not know"
        assert world.log("wiktionary")[0]["words"] == ["dog", "Dog", "mercury", "Mercury"]

    @pytest.mark.parametrize(
        ("fault", "line"),
        [
            (Fault(kind="forbidden"), "WIKIMEDIA_CONTACT"),
            (Fault(kind="too_many", seconds=90), "429"),
            (Fault(kind="html"), "JSON"),
        ],
        ids=lambda value: value.kind if isinstance(value, Fault) else "",
    )
    async def test_wikis_that_are_away_are_told_of_once_and_the_words_are_learned_without_them(
        self, settings, store, world, fault, line
    ):
        world.plan(fault)
        words = ("automobile", "quickly", "mercury", "dog", "cat", "river", "house", "tree", "bird")
        job = await self.learn(settings(batch_size=3), store, *words)
        assert (job.status, job.counts.stored, job.counts.failed) == ("completed", len(words), 0)
        assert len(job.errors) == 2
        assert any("wikipedia" in error and line in error for error in job.errors)
        assert set.union(*(await cited(store, *words)).values()) == {"WordNet 3.1"}

    async def test_a_moment_of_trouble_is_not_told_and_costs_no_evidence(self, settings, store, world):
        world.plan(
            Fault(kind="reset", route="wikipedia", nth=(1,)),
            Fault(kind="maxlag", route="wiktionary", nth=(1,), seconds=1),
        )
        job = await self.learn(settings(), store, "automobile", "dog")
        assert job.errors == ()
        sources = await cited(store, "automobile", "dog")
        assert "Wikipedia" in sources["automobile"]
        assert "Wiktionary" in sources["dog"]

    async def test_a_later_job_asks_for_nothing_that_is_remembered(self, settings, store, world):
        await self.learn(settings(), store, "automobile", "dog", "zzqxv")
        asked = len(world.log())
        await self.learn(settings(), store, "zzqxv")
        assert len(world.log()) == asked
