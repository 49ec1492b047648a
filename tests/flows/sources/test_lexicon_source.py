"""WordNet as a research source."""

from __future__ import annotations

import pytest

from flows.core.evidence import support_of
from flows.knowledge import Word
from flows.lexicon import compose
from flows.lexicon.reader import Lexicon
from flows.sources.lexicon import LexiconSource


@pytest.fixture(scope="module")
def lexicon():
    with Lexicon() as opened:
        yield opened


@pytest.fixture
def source(lexicon):
    return LexiconSource(lexicon)


async def test_word_is_met_with_its_common_meanings_first_at_most_three(source, lexicon):
    found = (await source.look_up([Word(text="tiger", key="tiger"), Word(text="run", key="run")]))["run"]
    senses = lexicon.lookup(["run"])["run"].senses
    assert [piece.citation.quote for piece in found] == [sense.gloss for sense in senses[:3]]
    assert [piece.part_of_speech for piece in found] == [sense.part_of_speech for sense in senses[:3]]


async def test_word_that_is_no_headword_is_absent(source):
    assert await source.look_up([Word(text="xyzzy", key="xyzzy")]) == {}
    assert await source.look_up([]) == {}


async def test_citation_names_source_address_and_licence(source):
    (piece, *_) = (await source.look_up([Word(text="ice cream", key="ice cream")]))["ice cream"]
    citation = piece.citation
    assert (piece.source, citation.source, citation.title, citation.revision) == (
        "wordnet",
        "WordNet 3.1",
        "ice cream",
        "3.1",
    )
    assert citation.url.endswith("/ice%20cream")
    assert citation.licence == "WordNet License"
    assert citation.licence_url.startswith("https://wordnet.princeton.edu/")
    assert citation.retrieved_at.tzinfo is not None


@pytest.mark.parametrize("key", ["take", "tiny", "recent", "person", "shut"])
async def test_short_gloss_comes_completed_so_that_it_backs_the_definition(source, lexicon, key):
    evidence = (await source.look_up([Word(text=key, key=key)]))[key]
    definition = compose.definition(lexicon.lookup([key])[key])
    assert evidence[0].text == definition
    assert definition.startswith(evidence[0].citation.quote)
    assert support_of(definition, evidence, is_contradicted=False) == "supported"
