"""Words that are only defined are found wherever entries are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from store_documents import ANN, BOB, START, batch, definition, entry, minutes, words

from flows.errors import InvalidInput
from flows.knowledge import Category
from flows.stores.finding import all_learned, find_words


def key_of(found):
    return getattr(found, "key", None) or found.definition.key


async def learn(store, *, entries=(), defined=(), job_id=ANN, number=1):
    made = [entry(key, job_id=job_id, at=START + minutes(n)) for n, key in enumerate(entries)]
    definitions = [definition(key, job_id=job_id) for key in defined]
    outcomes = [*entries, *((key, "defined") for key in defined)]
    row = batch(*outcomes, job_id=job_id, number=number)
    await store.commit_batch(row, entries=made, definitions=definitions)


async def found_keys(store, query="", *, limit=50, **filters):
    """The keys of all pages, none of which repeats or loses one."""
    keys, cursor = [], None
    for _ in range(60):
        page = await find_words(store, query, cursor=cursor, limit=limit, **filters)
        assert len(page.items) <= limit
        keys += map(key_of, page.items)
        cursor = page.cursor
        if cursor is None:
            return keys
    raise AssertionError("the pages never end")


async def test_defined_words_are_listed_by_key_and_entries_are_not(store):
    await learn(store, entries=["cat"], defined=["catnip", "dog", "cab"])
    await store.claim(words("free", "dog"), job_id=BOB, attempt=1, until=START + minutes(60))
    listed = await store.defined_words()
    assert [word.definition.key for word in listed] == ["cab", "catnip", "dog"]
    assert {word.depth for word in listed} == {"defined"}
    assert listed[1].definition == definition("catnip")
    assert [w.definition.key for w in await store.defined_words(prefix="ca")] == ["cab", "catnip"]
    assert [w.definition.key for w in await store.defined_words(after="cab", limit=1)] == ["catnip"]
    assert await store.defined_words(prefix="\udcff") == ()


@pytest.mark.parametrize(
    ("query", "key"),
    [("naïve", "naive"), ("cafe", "café"), ("co operate", "co-operate"), ("icecream", "ice cream")],
)
async def test_a_word_is_found_by_a_query_of_which_only_marks_and_spaces_differ(store, query, key):
    await learn(store, entries=["cat"], defined=[key])
    assert await found_keys(store, query) == [key]
    assert await found_keys(store, query, depth="defined") == [key]
    assert await found_keys(store, query, depth="deep") == []
    assert await found_keys(store, query, job_id=BOB) == []


async def test_a_true_pair_is_not_found_for_each_other(store):
    await learn(store, defined=["resume"])
    # full text folds marks, for entries too
    assert await found_keys(store, "résumé") == (["resume"] if store.has_full_text else [])


async def test_a_word_that_became_an_entry_is_listed_as_such(store):
    await learn(store, defined=["cat"])
    await learn(store, entries=["cat"], number=2)
    assert await store.defined_words() == ()
    assert await found_keys(store) == ["cat"]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_every_page_size_brings_everything_once(store, limit):
    await learn(store, entries=["b", "d"], defined=["a", "c", "e"])
    assert await found_keys(store, limit=limit) == ["d", "b", "a", "c", "e"]


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_a_query_finds_defined_words_by_their_beginning(store, limit):
    await learn(store, entries=["cat", "dog"], defined=["catnip", "cab", "cattle"])
    assert set(await found_keys(store, "cat", limit=limit)) == {"cat", "catnip", "cattle"}
    assert len(await found_keys(store, "cat", limit=limit)) == 3


TEXTS = {
    "catnip": "a plant that cats like",
    "dog": "an animal that dislikes the cat",
    "doge": "a magistrate of Venice",
    "étude": "a short piece of music, à la Café",
    "concatenate": "to link together",
}


async def learn_texts(store, *, job_id=ANN, entries=("cat",)):
    made = [definition(key, job_id=job_id).model_copy(update={"text": text}) for key, text in TEXTS.items()]
    row = batch(*entries, *((key, "defined") for key in TEXTS), job_id=job_id)
    await store.commit_batch(row, entries=[entry(key, job_id=job_id) for key in entries], definitions=made)


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize(
    ("query", "by_beginning", "by_text"),
    [
        ("cat", ["catnip", "cat"], ["dog"]),  # "cats" only begins with it: the last term may be incomplete
        ("magistrate", [], ["doge"]),
        ("magist", [], ["doge"]),
        ("ma", [], []),
        ("VENICE magistrate", [], ["doge"]),
        ("venice cat", [], []),
        ("cafe", [], ["étude"]),
        ("etude", ["étude"], []),
        ("music piece étude", [], ["étude"]),
        ("that", [], ["catnip", "dog"]),
        ("nothing", [], []),
        ("...", [], []),
    ],
)
async def test_a_query_finds_defined_words_by_their_text_where_the_store_does_so(
    store, query, by_beginning, by_text, limit
):
    await learn_texts(store)
    expected = [*by_beginning, *(by_text if store.has_full_text else ())]
    assert sorted(await found_keys(store, query, limit=limit)) == sorted(expected)
    page = await find_words(store, query)
    assert page.is_full_text == (store.has_full_text and query != "")


async def test_words_found_by_text_come_last_and_meet_the_filter(store):
    await learn_texts(store)
    await learn(store, defined=["lynx"], job_id=BOB, number=2)
    found = await found_keys(store, "cat")
    if store.has_full_text:
        assert found == ["cat", "catnip", "dog"]
        assert await found_keys(store, "cat", depth="defined", limit=1) == ["catnip", "dog"]
        assert await found_keys(store, "venice", job_id=BOB) == []
        assert await found_keys(store, "venice", job_id=ANN) == ["doge"]
    assert await found_keys(store, "cat", category=Category.COGNITION) == ["cat"]


async def test_the_headword_itself_comes_first(store):
    await learn(store, entries=["cat"], defined=["catnip"])
    assert (await found_keys(store, "cat"))[0] == "cat"
    assert (await found_keys(store, "catnip"))[0] == "catnip"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"job_id": ANN}, ["cat", "catnip"]),
        ({"job_id": BOB}, ["dog", "doge"]),
        ({"depth": "defined"}, ["catnip", "doge"]),
        ({"depth": "enriched"}, ["dog", "cat"]),
        ({"support": "supported"}, ["dog", "cat", "catnip", "doge"]),
        ({"support": "conflict"}, []),
        ({"category": Category.COGNITION}, ["dog", "cat"]),
    ],
)
async def test_one_filter_applies_to_both(store, filters, expected):
    await learn(store, entries=["cat"], defined=["catnip"])
    await learn(store, entries=["dog"], defined=["doge"], job_id=BOB)
    assert sorted(await found_keys(store, **filters)) == sorted(expected)


async def test_what_a_search_refuses_is_refused(store):
    for bad in ({"limit": 0}, {"cursor": "nonsense"}, {"depth": "defined", "support": "supported"}):
        with pytest.raises(InvalidInput):
            await find_words(store, **bad)


async def test_an_export_holds_everything_by_key(store):
    defined = [f"w{n:03}x" for n in range(230)]
    await learn(store, entries=["a", "w010", "z"], defined=defined)
    keys = [key_of(found) async for found in all_learned(store)]
    assert keys == sorted([*defined, "a", "w010", "z"])
    assert all(one < other for one, other in pairwise(keys))
