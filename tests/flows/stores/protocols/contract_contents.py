from __future__ import annotations

from store_documents import ANN, START, batch, definition, entry, minutes, words

from flows.knowledge import CachedEvidence, FrontierWord, KnownWord, LearnedWord, QuotaUsage
from flows.stores.rules import definition_of

LATER = START + minutes(10)


def learned(key, *, at=START, **changes):
    """A word with an entry."""
    cat = entry(key, at=at, **changes)
    return LearnedWord(definition=definition_of(cat), depth=cat.depth, learned_at=at, entry=cat)


async def listed(rows):
    return [row async for row in rows]


async def test_all_words_come_by_key_with_what_is_known_of_them(store):
    await store.claim(words("zebra", "dog"), job_id=ANN, attempt=1, until=LATER)
    await store.save_definitions([definition("dog", at=START), definition("ant")], job_id=ANN, attempt=1)
    await store.commit_batch(batch("cat"), entries=[entry("cat", at=LATER, depth="deep")])
    ant, cat, dog = await listed(store.all_words())
    assert cat == learned("cat", at=LATER, depth="deep")
    assert (ant.definition.key, ant.depth, ant.entry) == ("ant", "defined", None)
    assert dog == LearnedWord(definition=definition("dog"), depth="defined", learned_at=START)
    assert await listed(store.all_words(after="ant")) == [cat, dog]
    assert await listed(store.all_words(after="dog")) == []


async def test_words_taken_over_are_known_as_they_were(store):
    moved = [
        learned("cat", depth="deep"),
        LearnedWord(definition=definition("dog"), depth="defined", learned_at=LATER),
        LearnedWord(
            definition=definition("emu", text="Not what the entry says."),
            depth="defined",
            learned_at=START,
            entry=entry("emu", depth="defined"),
        ),
    ]
    for _ in range(2):
        await store.put_words(moved)
    assert await listed(store.all_words()) == moved
    assert await store.entries(["cat", "dog", "emu"]) == {"cat": moved[0].entry, "emu": moved[2].entry}
    assert (await store.known(["dog"]))["dog"] == KnownWord(
        definition=definition("dog"), depth="defined", learned_at=LATER
    )
    stats = await store.stats()
    assert (stats.known, stats.entries, stats.by_depth) == (3, 2, {"deep": 1, "defined": 2})
    assert (await store.claim(words("cat"), job_id=ANN, attempt=1, until=LATER)).known == ("cat",)
    assert [e.key for e in (await store.search("ca")).items] == ["cat"]


async def test_many_words_come_and_go_in_pages(store):
    many = [learned(f"w{n:04}") for n in range(1_203)]
    for start in range(0, 1_203, 401):
        await store.put_words(many[start : start + 401])
    assert await listed(store.all_words()) == many


async def test_the_whole_frontier_is_moved_as_it_is(store):
    moved = [
        FrontierWord(word=key.title(), key=key, mentioned_by=("zebra", "ant"), first_seen=LATER)
        for key in ("ant", "cat", "dog")
    ]
    for _ in range(2):
        await store.put_frontier(moved)
    await store.save_definitions([definition("dog")], job_id=ANN, attempt=1)
    assert await listed(store.all_frontier()) == moved
    assert await listed(store.all_frontier(after="ant")) == moved[1:]
    assert [item.key for item in (await store.frontier()).items] == ["ant", "cat"]


async def test_all_quota_usage_is_that_of_every_model(store):
    usages = [
        QuotaUsage(model=model, window=window, started_at=START)
        for model in ("a", "b/c")
        for window in ("day", "minute")
    ]
    await store.save_quota_usage(reversed(usages))
    assert await listed(store.all_quota_usage()) == usages


async def test_all_evidence_is_that_which_has_not_expired(store):
    cached = [
        CachedEvidence(source=source, key=key, fetched_at=START, expires_at=START + minutes(life))
        for source in ("wikipedia", "wiktionary")
        for key, life in (("ant", 5), ("cat", 1), ("dog", 5))
    ]
    await store.save_evidence(cached)
    assert await listed(store.all_evidence(at=START)) == cached
    assert await listed(store.all_evidence(at=START + minutes(1))) == [
        item for item in cached if item.key != "cat"
    ]
    assert await listed(store.all_evidence(at=START, after=("wikipedia", "cat"))) == cached[2:]
