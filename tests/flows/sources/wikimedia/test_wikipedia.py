"""Wikipedia: what an introduction says of a word, and what is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_wiki import odd_wiki

from flows.core.words import parse_word, word_key
from flows.errors import RateLimited, SourceUnavailable
from flows.knowledge import Word
from flows.sources.wikimedia.wiki import FoundPage, WikiPage
from flows.sources.wikimedia.wikipedia import (
    MOST_CHARACTERS,
    QUOTE_CHARACTERS,
    Wikipedia,
    introduction,
    plain,
)
from tests.world.faults import Fault

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def words(*texts):
    return [parse_word(text) for text in texts]


def said(word, title, extract, *, is_redirected=False, props=()):
    page = WikiPage(title=title, extract=extract, pageprops=dict.fromkeys(props, ""))
    return introduction(parse_word(word), FoundPage(page, is_redirected))


async def test_twenty_words_are_one_request_and_each_gets_its_own_page(wikipedia, world):
    asked = words(
        *"reconcile sincere automobile turkey mercury dog oxygen zzqxv Paris bank car gravity justice nail"
        " apple wolf river Zola ice fog".split()
    )
    found = await wikipedia.look_up(asked)
    assert world.statuses("wikipedia") == {200: 1}
    assert {"reconcile", "sincere", "automobile"} <= set(found) <= {word.key for word in asked}
    for word in asked:
        for piece in found.get(word.key, ()):
            assert word.key in word_key(piece.text)
            assert word_key(piece.citation.title) == word.key


async def test_a_citation_says_where_when_which_version_and_under_which_licence(api):
    found = await Wikipedia(api, clock=lambda: NOW).look_up(words("automobile"))
    (piece,) = found["automobile"]
    assert piece.source == "wikipedia"
    citation = piece.citation
    assert (citation.source, citation.title, citation.url) == (
        "Wikipedia",
        "Automobile",
        "https://en.wikipedia.org/wiki/Automobile",
    )
    assert citation.revision.isdigit()
    assert (citation.licence, citation.licence_url) == (
        "CC BY-SA 4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/",
    )
    assert citation.retrieved_at == NOW
    assert citation.quote
    assert citation.quote in piece.text


async def test_a_list_of_meanings_is_never_quoted(wikipedia):
    assert await wikipedia.look_up(words("mercury", "bank")) == {}


async def test_with_a_topic_the_meaning_of_that_topic_is_asked_for(wikipedia, world):
    found = await wikipedia.look_up(words("mercury", "automobile"), topic="substance")
    assert found["mercury"][0].citation.title == "Mercury (substance)"
    assert "metallic element" in found["mercury"][0].text
    assert world.log("wikipedia")[1]["words"] == ["mercury (substance)"]
    assert "automobile" in found


async def test_a_topic_without_such_a_page_leaves_the_word_out(wikipedia):
    assert "mercury" not in await wikipedia.look_up(words("mercury"), topic="basket weaving")
    assert "mercury" not in await wikipedia.look_up(words("mercury"), topic="x" * 200)
    assert "mercury" not in await wikipedia.look_up(words("mercury"), topic="a#b")


@pytest.mark.parametrize(
    "extract",
    [
        "Mercury most commonly refers to:\n\nMercury (planet), the closest planet to the Sun",
        "Mercury may refer to:",
        "Mercury or Merkury can refer to:\nA planet",
        "MERC may stand for:\nSomething",
    ],
)
def test_what_reads_like_a_list_of_meanings_is_refused_without_the_wikis_mark(extract):
    assert not said("mercury", "Mercury", extract)


def test_a_text_that_only_uses_such_words_is_not():
    text = (
        "Mercury is an element. The name mercury refers to the god of the same name. It is liquid:\nalways."
    )
    assert said("mercury", "Mercury", text)


def test_a_page_marked_as_a_list_is_refused_whatever_it_says():
    assert not said("mercury", "Mercury", "Mercury is an element.", props=["disambiguation"])


def test_a_wider_article_counts_only_where_it_mentions_the_word():
    extract = "The cat family comprises carnivores. Their members are called felines. They climb."
    assert said("feline", "Felidae", extract, is_redirected=True) == "Their members are called felines."
    assert not said("lynx", "Felidae", extract, is_redirected=True)
    assert not said("lynx", "Something else", extract)


def test_a_word_in_small_letters_is_not_the_name_in_capitals():
    country = "Turkey, officially the Republic of Türkiye, is a country. Ankara is the capital of Turkey."
    assert not said("turkey", "Turkey", country)
    assert said("Turkey", "Turkey", country)
    bird = "Turkey is a large bird. The wild turkey lives in forests, and in Turkey as well."
    assert said("turkey", "Turkey", bird)
    assert said("gravity", "Gravity", "Gravity is a force. It pulls.")


def test_only_sentences_on_the_word_are_kept_and_the_rest_is_bounded():
    extract = "A star is a ball of plasma. " + "Plasma is hot. " * 10 + "A star shines. " * 100
    text = said("star", "Star", extract)
    assert text.startswith("A star is a ball of plasma. A star shines.")
    assert "hot" not in text
    assert len(text) <= MOST_CHARACTERS


def test_no_text_is_no_evidence():
    assert not said("star", "Star", "")
    assert not said("star", "Star", " \n ")


def test_formulas_tags_and_empty_brackets_are_taken_out():
    text = (
        "Energy (, listen ) is E ( ; from Greek) <b>here</b>.\n\n\n\nE\n=\n\n{\\displaystyle"
        " E=mc^{2}}\nEnergy  counts []."
    )
    cleaned = plain(text)
    assert "displaystyle" not in cleaned
    assert "<b>" not in cleaned
    assert "[]" not in cleaned
    assert "(from Greek)" in cleaned
    assert plain("a < b and c > d") == "a < b and c > d"


@pytest.mark.parametrize(
    "text",
    [
        "If a<b and b>c then.",
        "If x<y or z>w then.",
        "A vector<int> holds numbers.",
        "The comma (,) is a mark.",
        "It begins at main().",
        "i<n and n>0",
    ],
)
def test_what_only_looks_like_markup_stays(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    "tag",
    [
        "<b>",
        "</b>",
        "<br/>",
        "<br />",
        '<span class="x" lang=en>',
        "<ref name='a'>",
        "<!-- a note -->",
        "</SUP>",
        '<math display="block">',
    ],
)
def test_tags_are_taken_out(tag):
    assert plain(f"One {tag} two") == "One two"


def test_control_characters_do_not_get_through():
    text = said("star", "Star", "A star\x00\x1b[31m is\u202e a ball\x07 of plasma.")
    assert text.isprintable()
    assert "\x1b" not in text


async def test_a_page_with_orders_changes_nothing_but_its_own_words_evidence(wikipedia, world):
    asked = words("automobile", "reconcile", "sincere", "turkey")
    before = await wikipedia.look_up(asked)
    world.plan(Fault(kind="injection", word="turkey"))
    after = await wikipedia.look_up(asked)
    assert {key: pieces[0].text for key, pieces in before.items() if key != "turkey"} == {
        key: pieces[0].text for key, pieces in after.items() if key != "turkey"
    }
    assert set(before) == set(after)
    assert len(after["turkey"][0].text) <= MOST_CHARACTERS
    assert len(after["turkey"][0].citation.quote) <= QUOTE_CHARACTERS


@pytest.mark.parametrize(
    ("kind", "error"), [("too_many", RateLimited), ("maxlag", SourceUnavailable), ("html", SourceUnavailable)]
)
async def test_a_failing_wiki_is_told_as_such_and_never_as_nothing_found(wikipedia, world, kind, error):
    world.plan(Fault(kind=kind))
    with pytest.raises(error):
        await wikipedia.look_up(words("automobile"))


async def test_words_that_land_on_one_page_each_get_it():
    pages = [
        {"ns": 0, "title": "Automobile", "extract": "A car, or automobile, is a vehicle.", "lastrevid": 1}
    ]
    redirects = [{"from": "Car", "to": "Automobile"}]
    normal = [{"from": "car", "to": "Car"}, {"from": "automobile", "to": "Automobile"}]
    async with odd_wiki(
        lambda _: {"query": {"normalized": normal, "redirects": redirects, "pages": pages}}
    ) as api:
        found = await Wikipedia(api).look_up(words("car", "automobile"))
    assert set(found) == {"car", "automobile"}
    assert found["car"][0].text == found["automobile"][0].text


async def test_pages_that_nobody_asked_for_are_left_out():
    pages = [
        {"ns": 0, "title": "Car", "extract": "A car is a vehicle."},
        {"ns": 0, "title": "Dog", "extract": "A dog is an animal, no car."},
    ]
    async with odd_wiki(
        lambda _: {"query": {"normalized": [{"from": "car", "to": "Car"}], "pages": pages}}
    ) as api:
        assert set(await Wikipedia(api).look_up(words("car"))) == {"car"}


@given(st.text(max_size=300), st.text(min_size=1, max_size=20), st.booleans())
def test_whatever_a_page_says_the_evidence_is_bounded_and_printable(extract, title, is_redirected):
    page = WikiPage(title=title, extract=extract)
    text = introduction(Word(text="star", key="star"), FoundPage(page, is_redirected))
    assert len(text) <= MOST_CHARACTERS
    assert all(c.isprintable() or c in "\u200c\u200d" for c in text)
