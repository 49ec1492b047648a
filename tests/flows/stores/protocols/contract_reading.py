from __future__ import annotations

import pytest
from store_documents import ANN, BOB, START, batch, definition, entry, minutes, words

from flows.errors import InvalidInput
from flows.knowledge import FrontierWord, Word

LATER = START + minutes(10)


async def fill(store, *entries, job_id=ANN):
    await store.commit_batch(batch(*[e.key for e in entries], job_id=job_id), entries=entries)


async def all_pages(page, limit):
    """Keys of all pages, each of which but the last must be full."""
    keys, cursor = [], None
    while True:
        found = await page(cursor=cursor, limit=limit)
        keys += [getattr(item, "key", None) or item.job_id for item in found.items]
        cursor = found.cursor
        if cursor is None:
            return keys
        assert len(found.items) == limit


async def keys_of(store, query="", **filters):
    return [item.key for item in (await store.search(query, **filters)).items]


async def test_without_a_query_the_newest_come_first(store):
    await fill(
        store, entry("old"), entry("b", at=LATER), entry("a", at=LATER), entry("mid", at=START + minutes(5))
    )
    assert await keys_of(store) == ["a", "b", "mid", "old"]
    assert await keys_of(store, "  ") == ["a", "b", "mid", "old"]


async def test_updated_entry_is_new_again(store):
    await fill(store, entry("a"), entry("b", at=LATER))
    await store.commit_batch(
        batch("a", number=2), entries=[entry("a", revision=2, updated_at=LATER + minutes(1))]
    )
    assert await keys_of(store) == ["a", "b"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
async def test_pages_hold_everything_once(store, limit):
    entries = [entry(f"w{n:02}", at=START + minutes(n // 3)) for n in range(20)]
    await fill(store, *entries)
    newest = sorted((e.key for e in entries), key=lambda key: (-(int(key[1:]) // 3), key))
    assert await all_pages(store.search, limit) == newest
    by_word = await all_pages(lambda **page: store.search("w", **page), limit)
    assert by_word == [e.key for e in entries]


async def test_last_page_has_no_cursor(store):
    await fill(store, entry("a"), entry("b"))
    assert (await store.search(limit=2)).cursor is None
    assert (await store.search("a", limit=1)).cursor is None
    assert (await store.search("a", limit=1)).items[0].key == "a"


async def test_pages_go_on_when_entries_are_added_meanwhile(store):
    await fill(store, *[entry(f"w{n}", at=START + minutes(n)) for n in range(4)])
    first = await store.search(limit=2)
    await store.commit_batch(batch("new", number=2), entries=[entry("new", at=LATER)])
    second = await store.search(limit=2, cursor=first.cursor)
    assert [e.key for e in (*first.items, *second.items)] == ["w3", "w2", "w1", "w0"]


async def test_headword_comes_first_then_those_that_begin_with_it(store):
    await fill(store, entry("category"), entry("cat"), entry("catch-all", at=LATER), entry("dog"))
    assert await keys_of(store, "cat") == ["cat", "catch-all", "category"]
    assert await keys_of(store, "  CAT ") == ["cat", "catch-all", "category"]
    assert await keys_of(store, "zz") == []


@pytest.mark.parametrize("query", ["", "a"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("category", "animal"),
        ("job_id", BOB),
        ("support", "conflict"),
        ("depth", "deep"),
        ("category", "food"),
    ],
)
async def test_one_filter_applies_with_and_without_a_query(store, query, name, value):
    await fill(
        store,
        entry("a1", category="animal", at=START + minutes(1)),
        entry("a2", job_id=BOB),
        entry("a3", support="conflict"),
        entry("a4", depth="deep"),
        entry("a5", category="animal", job_id=BOB, support="conflict", depth="deep"),
    )
    expected = {
        "animal": ["a1", "a5"],
        BOB: ["a2", "a5"],
        "conflict": ["a3", "a5"],
        "deep": ["a4", "a5"],
        "food": [],
    }[value]
    assert await keys_of(store, query, **{name: value}) == expected
    assert await all_pages(lambda **page: store.search(query, **{name: value}, **page), 1) == expected


async def test_two_filters_are_refused(store):
    with pytest.raises(InvalidInput):
        await store.search(category="animal", support="conflict")


@pytest.mark.parametrize("limit", [0, -1, 201])
async def test_page_sizes_outside_1_to_200_are_refused(store, limit):
    for page in (store.search, store.frontier, store.jobs):
        with pytest.raises(InvalidInput, match="limit"):
            await page(limit=limit)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "!!!!",
        "bnVsbA",
        "W10",
        "WyJuZXdlc3QiXQ",
        "WzFd",
        "\ud800",
        "WyJuZXdlc3QiLDFlOTksMl0",
        "W" * 9999,
    ],
)
async def test_bad_cursors_are_refused(store, cursor):
    for page in (store.search, store.frontier, store.jobs, lambda cursor: store.search("cat", cursor=cursor)):
        with pytest.raises(InvalidInput, match="cursor"):
            await page(cursor=cursor)


async def test_cursor_of_another_list_is_refused(store):
    await fill(store, entry("a1"), entry("a2"))
    for query, other in (("", "a"), ("a", "")):
        page = await store.search(query, limit=1)
        with pytest.raises(InvalidInput, match="cursor"):
            await store.search(other, cursor=page.cursor)
        with pytest.raises(InvalidInput, match="cursor"):
            await store.jobs(cursor=page.cursor)


async def test_export_brings_every_entry_by_key(store):
    entries = [entry(f"w{n:04}") for n in range(1203)]
    await fill(store, *reversed(entries))
    assert [e async for e in store.export()] == entries


async def test_frontier_lists_the_most_mentioned_first(store):
    await store.add_to_frontier(
        {words("b")[0]: {"x"}, words("a")[0]: {"x"}, words("c")[0]: {"x", "y"}}, at=START
    )
    page = await store.frontier()
    assert page.items == (
        FrontierWord(word="C", key="c", mentioned_by=("x", "y"), first_seen=START),
        FrontierWord(word="A", key="a", mentioned_by=("x",), first_seen=START),
        FrontierWord(word="B", key="b", mentioned_by=("x",), first_seen=START),
    )
    assert page.cursor is None
    for limit in (1, 2, 3):
        assert await all_pages(store.frontier, limit) == ["c", "a", "b"]


async def test_mentions_add_up_and_repeat_without_effect(store):
    pet = Word(text="Pet", key="pet")
    for _ in range(2):
        await store.add_to_frontier({pet: ["cat"]}, at=START)
        await store.add_to_frontier({Word(text="PET", key="pet"): {"dog", "cat"}}, at=LATER)
    assert (await store.frontier()).items == (
        FrontierWord(word="Pet", key="pet", mentioned_by=("cat", "dog"), first_seen=START),
    )


async def test_the_first_twenty_mentions_stay(store):
    pet = Word(text="Pet", key="pet")
    await store.add_to_frontier({pet: ["zebra"]}, at=START)
    await store.add_to_frontier({pet: {f"w{n:02}" for n in range(30)}}, at=START)
    await store.add_to_frontier({pet: ["aardvark"]}, at=START)
    assert (await store.frontier()).items[0].mentioned_by == ("zebra", *(f"w{n:02}" for n in range(19)))


async def test_two_display_forms_of_one_key_share_a_row(store):
    await store.add_to_frontier(
        {Word(text="Pet", key="pet"): ["b"], Word(text="PET", key="pet"): ["a", "b"]}, at=START
    )
    assert (await store.frontier()).items == (
        FrontierWord(word="Pet", key="pet", mentioned_by=("b", "a"), first_seen=START),
    )


async def test_known_and_unmentioned_words_do_not_enter_the_frontier(store):
    await store.save_definitions([definition("dog")], job_id=ANN, attempt=1)
    await fill(store, entry("cat"))
    await store.add_to_frontier(
        {words("cat")[0]: ["x"], words("dog")[0]: ["x"], words("emu")[0]: [], words("fox")[0]: ["x"]},
        at=START,
    )
    await store.add_to_frontier({}, at=START)
    assert [item.key for item in (await store.frontier()).items] == ["fox"]
    assert (await store.stats()).frontier == 1


async def test_claimed_words_enter_the_frontier_and_show_when_free(store, clock):
    await store.claim(words("cat"), job_id=ANN, attempt=1, until=LATER)
    await store.add_to_frontier({words("cat")[0]: ["x"], words("dog")[0]: ["x"]}, at=START)
    assert [item.key for item in (await store.frontier()).items] == ["dog"]
    clock.now = LATER
    assert [item.key for item in (await store.frontier()).items] == ["cat", "dog"]


async def test_words_that_became_known_show_no_more(store):
    await store.add_to_frontier(
        {words("cat")[0]: ["x"], words("dog")[0]: ["x"], words("emu")[0]: ["x"]}, at=START
    )
    await store.save_definitions([definition("dog")], job_id=ANN, attempt=1)
    assert [item.key for item in (await store.frontier()).items] == ["cat", "emu"]
    await store.commit_batch(
        batch("cat", ("dog", "defined")), entries=[entry("cat")], definitions=[definition("dog")]
    )
    assert [item.key for item in (await store.frontier()).items] == ["emu"]
    assert (await store.stats()).frontier == 1


async def test_half_a_character_is_found_nowhere(store):
    await fill(store, entry("tide"), entry("ebb"))
    assert await keys_of(store, "\udcff") == []
