"""Aliases, and merges of words that are one."""

from __future__ import annotations

import pytest
from store_documents import ANN, BOB, START, batch, citation, definition, entry, minutes, words

from flows.core.identity.doubles import merge, respelled
from flows.knowledge import Alias, LearnedWord, StoredName, Verdict, Word
from flows.stores.finding import find_words, learned

LATER = START + minutes(10)
VARIANT = Verdict.SPELLING_VARIANT
COFFEE = ("coffee", "bistro", "cup")


async def listed(rows):
    return [row async for row in rows]


async def stored(store, key):
    known, entries = await store.known([key]), await store.entries([key])
    return LearnedWord(**dict(known[key]), entry=entries.get(key))


async def learn(store, *entries, number=1, definitions=()):
    keys = [e.key for e in entries] + [(d.key, "defined") for d in definitions]
    await store.commit_batch(batch(*keys, number=number), entries=entries, definitions=definitions)


async def merging(store, into, key, relation=VARIANT):
    stays, goes = await stored(store, into), await stored(store, key)
    return merge(stays, goes, relation=relation, word=stays.definition.word, at=LATER)


@pytest.fixture
async def two(store):
    """A store with "cafe", and the deeper "café" that other entries know, too."""
    deep = entry("café", depth="deep", at=START + minutes(1), related_concepts=("coffee", "cafe", "barista"))
    await learn(store, entry("cafe", related_concepts=COFFEE), deep)
    mentions = {
        "coffee": ["cafe", "café", "tea"],
        "bistro": ["cafe"],
        "barista": ["café"],
        "cup": ["cafe", "tea"],
    }
    rows = {Word(text=key.title(), key=key): by for key, by in mentions.items()}
    await store.add_to_frontier(rows, at=START)
    return store


async def everything(store):
    """All that a merge could touch."""
    return (
        await listed(store.all_words()),
        await listed(store.all_aliases()),
        await listed(store.all_frontier()),
        await store.names(),
        await store.stats(),
    )


async def test_the_better_entry_stays_under_the_headword(two):
    before = await two.entry("café")
    assert await two.merge(await merging(two, "cafe", "café"))
    kept = await two.entry("cafe")
    assert (kept.word, kept.depth, kept.aliases, kept.revision) == ("Cafe", "deep", ("Café",), 2)
    assert (kept.definition, kept.examples, kept.provenance) == (
        before.definition,
        before.examples,
        before.provenance,
    )
    assert kept.related_concepts == ("coffee", "barista", "bistro")
    assert await two.entry("café") is None
    assert await two.known(["café"]) == {}
    assert (await two.known(["cafe"]))["cafe"].definition.aliases == ("Café",)
    assert (await two.known(["cafe"]))["cafe"].learned_at == START
    stats = await two.stats()
    assert (stats.known, stats.entries, stats.by_depth) == (1, 1, {"deep": 1})
    assert [e.key for e in await listed(two.export())] == ["cafe"]


async def test_a_merged_word_is_found_and_known_under_its_alias(two):
    await two.merge(await merging(two, "cafe", "café"))
    alias = Alias(word="Café", key="café", of="cafe", relation=VARIANT)
    assert await two.aliases(["café", "cafe", "tea"]) == {"café": alias}
    assert await listed(two.all_aliases()) == [alias]
    assert (await learned(two, "café")).key == "cafe"
    assert [found.key for found in (await find_words(two, "Café")).items] == ["cafe"]
    for below in (None, "deep"):
        claim = await two.claim(words("café"), job_id=BOB, attempt=1, until=LATER, below=below)
        assert (claim.known, claim.held) == (("café",), frozenset())
        assert await two.taken(["café"], job_id=BOB, below=below) == {"café": True}
    assert (await two.spelled_alike(["cafe"]))["cafe"] == ("café",)
    assert await two.names() == (
        StoredName(word="Cafe", key="cafe", depth="deep", learned_at=START),
        StoredName(word="Café", key="café", of="cafe"),
    )
    await two.release(["café"], job_id=BOB, attempt=1)
    await two.release_all(BOB)
    assert await two.aliases(["café"]) == {"café": alias}


async def test_the_frontier_names_the_word_that_stays(two):
    await two.merge(await merging(two, "cafe", "café"))
    rows = {row.key: row.mentioned_by for row in await listed(two.all_frontier())}
    # the entry that stays took "bistro" over, and has no "cup"
    assert rows == {"coffee": ("cafe", "tea"), "bistro": ("cafe",), "barista": ("cafe",), "cup": ("tea",)}
    first = (await two.frontier()).items[0]
    assert (first.key, len(first.mentioned_by)) == ("coffee", 2)
    assert (await two.stats()).frontier == 4
    await two.add_to_frontier({Word(text="Café", key="café"): ["tea"]}, at=START)
    assert "café" not in {row.key for row in (await two.frontier()).items}
    assert (await two.stats()).frontier == 4


async def test_a_concept_that_nobody_mentions_any_more_leaves_the_frontier(store):
    await learn(store, entry("cafe"), entry("café", related_concepts=("one", "two", "only here")))
    await store.add_to_frontier({w: ["café"] for w in words("one", "only here")}, at=START)
    await store.merge(await merging(store, "cafe", "café"))
    assert [(row.key, row.mentioned_by) for row in await listed(store.all_frontier())] == [("one", ("cafe",))]


async def test_a_merge_happens_once(two):
    once = await merging(two, "cafe", "café")
    assert await two.merge(once)
    after = await everything(two)
    assert not await two.merge(once)
    assert await everything(two) == after


@pytest.mark.parametrize("key", ["cafe", "café"])
async def test_a_word_that_a_job_works_on_is_not_merged(two, clock, key):
    await two.claim(words(key), job_id=BOB, attempt=1, until=LATER, below="deep")
    if key == "café":
        await learn(two, entry("café", revision=2, depth="enriched"), number=2)
        await two.claim(words(key), job_id=BOB, attempt=1, until=LATER, below="deep")
    wanted, before = await merging(two, "cafe", "café"), await everything(two)
    assert [name.key for name in await two.names() if name.is_claimed] == [key]
    assert not await two.merge(wanted)
    assert await everything(two) == before
    clock.now = LATER + minutes(1)
    assert await two.merge(wanted)


@pytest.mark.parametrize(("key", "left"), [("cafe", 1), ("café", 0)])
async def test_a_merge_keeps_the_expired_claim_of_the_word_that_stays_alone(two, clock, key, left):
    await two.claim(words(key), job_id=BOB, attempt=1, until=LATER, below="deep")
    clock.now = LATER + minutes(1)
    assert await two.merge(await merging(two, "cafe", "café"))
    assert await two.claims(BOB) == ()
    assert await two.release_all(BOB) == left


async def test_a_word_that_changed_since_it_was_read_is_not_merged(two):
    wanted = await merging(two, "cafe", "café")
    await learn(two, entry("cafe", revision=2), number=2)
    before = await everything(two)
    assert not await two.merge(wanted)
    assert await everything(two) == before


async def test_words_that_are_only_defined_are_merged(store):
    better = definition("vlogs").model_copy(update={"citations": (citation(), citation("Another."))})
    await store.save_definitions([definition("vlog"), better], job_id=ANN, attempt=1)
    assert await store.merge(await merging(store, "vlog", "vlogs", Verdict.INFLECTION))
    (word,) = await store.defined_words()
    assert (word.definition.key, word.definition.text) == ("vlog", "What vlogs means.")
    assert (word.definition.word, word.definition.aliases) == ("Vlog", ("Vlogs",))
    assert (await store.stats()).by_depth == {"defined": 1}
    assert await store.left_defined(limit=5) == tuple(words("vlog"))


async def test_a_defined_headword_gets_the_entry_of_its_double(store):
    await learn(store, entry("selfies"), definitions=[definition("selfie")])
    assert await store.merge(await merging(store, "selfie", "selfies", Verdict.INFLECTION))
    assert (await store.entry("selfie")).aliases == ("Selfies",)
    assert await store.defined_words() == ()
    assert (await store.stats()).by_depth == {"enriched": 1}


async def test_aliases_outlive_what_jobs_write_anew(store):
    await store.save_definitions([definition("vlog"), definition("vlogs")], job_id=ANN, attempt=1)
    await store.merge(await merging(store, "vlog", "vlogs", Verdict.INFLECTION))
    await store.save_definitions([definition("vlog", text="Better.")], job_id=ANN, attempt=1)
    known = (await store.known(["vlog"]))["vlog"].definition
    assert (known.text, known.aliases) == ("Better.", ("Vlogs",))
    await learn(store, entry("vlog"))
    assert (await store.entry("vlog")).aliases == ("Vlogs",)
    await learn(store, entry("vlog", revision=2, depth="deep"), number=2)
    assert (await store.entry("vlog")).aliases == ("Vlogs",)
    assert (await store.known(["vlog"]))["vlog"].definition.aliases == ("Vlogs",)


async def test_aliases_of_a_merged_word_follow_it(store):
    await learn(store, entry("e-mails"), entry("e-mail"), entry("email"))
    await store.merge(await merging(store, "e-mail", "e-mails", Verdict.INFLECTION))
    await store.merge(await merging(store, "email", "e-mail"))
    assert {a.key: a.of for a in await listed(store.all_aliases())} == {"e-mail": "email", "e-mails": "email"}
    assert (await store.entry("email")).aliases == ("E-Mail", "E-Mails")
    assert (await learned(store, "e-mails")).key == "email"


async def test_a_headword_is_written_otherwise(store):
    await learn(store, entry("table", word="TABLE"))
    assert await store.merge(respelled(await stored(store, "table"), "table", LATER))
    found = await store.entry("table")
    assert (found.word, found.related_concepts, found.aliases) == ("table", ("one", "two", "three"), ())
    assert (await store.names())[0].word == "table"
    assert (await store.known(["table"]))["table"].definition.word == "table"


async def test_aliases_are_taken_over_as_they_are(store):
    await learn(store, entry("cafe"), entry("tea"))
    moved = [Alias(word=key.title(), key=key, of="cafe", relation=VARIANT) for key in ("cafè", "café", "tea")]
    await store.claim(words("café"), job_id=ANN, attempt=1, until=LATER)
    for _ in range(2):
        await store.put_aliases(moved)
    # what is known under its own key stays so
    assert await listed(store.all_aliases()) == moved[:2]
    assert await listed(store.all_aliases(after="cafè")) == moved[1:2]
    assert (await store.entry("tea")) is not None
    assert await store.claims(ANN) == ()


async def test_a_word_that_is_learned_under_an_alias_takes_its_key_back(two):
    await two.merge(await merging(two, "cafe", "café"))
    await learn(two, entry("café"), number=2)
    assert await two.aliases(["café"]) == {}
    assert (await two.stats()).known == 2
    assert await two.merge(await merging(two, "cafe", "café"))
    assert (await two.entry("cafe")).aliases == ("Café",)


async def test_names_come_page_by_page(store):
    await store.claim(words("zebra"), job_id=ANN, attempt=1, until=LATER)
    await store.save_definitions([definition(f"w{n}") for n in range(5)], job_id=ANN, attempt=1)
    first = await store.names(limit=3)
    rest = await store.names(after=first[-1].key)
    assert [name.key for name in (*first, *rest)] == [*(f"w{n}" for n in range(5)), "zebra"]
    assert (rest[-1].depth, rest[-1].is_claimed) == (None, True)
    await store.index_graphical([name.key for name in first])
    assert await store.names(limit=3) == first


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_a_search_for_an_alias_shows_its_word_once_and_first(store, limit):
    others = [entry(key, definition=f"A dish called selfies {key}.") for key in ("ant", "selfies bar")]
    await learn(store, *others, entry("selfie"), entry("selfies"))
    await store.merge(await merging(store, "selfie", "selfies", Verdict.INFLECTION))
    keys, cursor = [], None
    for _ in range(9):
        page = await find_words(store, "selfies", cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        keys += [found.key for found in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    wanted = ["selfie", "selfies bar"] + (["ant"] if store.has_full_text else [])
    assert keys == wanted
    assert (await find_words(store, "selfies", depth="deep")).items == ()
