from __future__ import annotations

import pytest
from store_documents import ANN, BOB, START, batch, definition, entry, minutes, words

from flows.knowledge import KnownWord, Word
from flows.stores.rules import definition_of

LATER = START + minutes(10)


async def claim(store, *keys, job_id=ANN):
    return await store.claim(words(*keys), job_id=job_id, attempt=1, until=LATER, below="deep")


async def define(store, *definitions):
    await store.save_definitions(definitions, job_id=ANN, attempt=1)


async def test_definition_makes_a_word_known_at_depth_defined(store):
    cat = definition("cat", at=START + minutes(1))
    await define(store, cat)
    assert await store.known(["cat", "dog"]) == {
        "cat": KnownWord(definition=cat, depth="defined", learned_at=START + minutes(1))
    }


async def test_claims_stay_when_definitions_are_saved(store):
    await claim(store, "cat")
    await claim(store, "dog", job_id=BOB)
    await define(store, definition("cat"), definition("dog"))
    assert [word.key for word in await store.claims(ANN)] == ["cat"]
    assert [word.key for word in await store.claims(BOB)] == ["dog"]


async def test_definition_replaces_one_of_the_same_depth_and_keeps_the_moment(store):
    await define(store, definition("cat"))
    newer = definition("cat", text="Something else.", at=START + minutes(5))
    await define(store, newer)
    assert await store.known(["cat"]) == {
        "cat": KnownWord(definition=newer, depth="defined", learned_at=START)
    }


async def test_word_known_deeper_keeps_depth_and_definition(store):
    await store.commit_batch(batch("cat"), entries=[entry("cat")])
    before = await store.known(["cat"])
    await define(store, definition("cat", text="Something else."))
    await store.commit_batch(
        batch("cat", number=2), definitions=[definition("cat", text="Something else again.")]
    )
    assert await store.known(["cat"]) == before


async def test_batch_is_stored_whole_with_its_row(store):
    await claim(store, "cat", "dog", "emu")
    row = batch("cat", ("dog", "defined"), ("emu", None))
    cat, dog = entry("cat"), definition("dog")
    assert await store.commit_batch(row, entries=[cat], definitions=[dog]) is True
    assert await store.batches(ANN) == (row,)
    assert await store.entry("cat") == cat
    assert await store.entries(["cat", "dog", "emu"]) == {"cat": cat}
    assert await store.known(["cat", "dog", "emu"]) == {
        "cat": KnownWord(definition=definition_of(cat), depth="enriched", learned_at=START),
        "dog": KnownWord(definition=dog, depth="defined", learned_at=START),
    }
    assert await store.claims(ANN) == ()


async def test_batch_is_stored_once(store):
    assert await store.commit_batch(batch("cat"), entries=[entry("cat")])
    await claim(store, "dog")
    assert await store.commit_batch(batch("dog"), entries=[entry("dog"), entry("cat", revision=2)]) is False
    assert await store.entry("dog") is None
    assert (await store.entry("cat")).revision == 1
    assert [word.key for word in await store.claims(ANN)] == ["dog"]
    assert await store.batches(ANN) == (batch("cat"),)


async def test_word_given_up_can_be_claimed_by_another_job(store):
    await claim(store, "cat")
    await store.commit_batch(batch(("cat", None)))
    assert (await claim(store, "cat", job_id=BOB)).new == ("cat",)


async def test_batch_gives_up_no_claim_of_another_job(store):
    await claim(store, "cat", job_id=BOB)
    await store.commit_batch(batch("cat"), entries=[entry("cat")])
    assert [word.key for word in await store.claims(BOB)] == ["cat"]


async def test_batch_gives_up_claims_of_its_outcomes_only(store):
    await claim(store, "cat", "dog")
    await store.commit_batch(batch("cat"), entries=[entry("cat")])
    assert [word.key for word in await store.claims(ANN)] == ["dog"]


@pytest.mark.parametrize("revision", [1, 2])
async def test_entry_stays_when_the_new_revision_is_not_higher(store, revision):
    await store.commit_batch(batch("cat"), entries=[entry("cat", revision=2)])
    before = await store.known(["cat"])
    other = entry("cat", revision=revision, definition="Something quite different.", depth="deep")
    assert await store.commit_batch(batch("cat", number=2), entries=[other]) is True
    assert await store.entry("cat") == entry("cat", revision=2)
    assert await store.known(["cat"]) == before


async def test_entry_of_a_higher_revision_replaces_the_old_one(store):
    await store.commit_batch(batch("cat"), entries=[entry("cat")])
    deeper = entry(
        "cat",
        revision=2,
        depth="deep",
        explanation="Long.",
        created_at=START,
        updated_at=LATER,
        definition="A better definition of it.",
    )
    await store.commit_batch(batch(("cat", "deep"), number=2), entries=[deeper])
    assert await store.entry("cat") == deeper
    assert await store.known(["cat"]) == {
        "cat": KnownWord(definition=definition_of(deeper), depth="deep", learned_at=START)
    }
    assert (await store.stats()).by_depth == {"deep": 1}


async def test_of_two_entries_with_one_key_in_a_batch_the_higher_revision_stays(store):
    await store.commit_batch(
        batch("cat", "dog"), entries=[entry("cat"), entry("cat", revision=3), entry("cat", revision=2)]
    )
    assert (await store.entry("cat")).revision == 3
    assert (await store.stats()).entries == 1


async def test_definition_becomes_an_entry_and_keeps_its_moment(store):
    await define(store, definition("cat"))
    later = entry("cat", at=LATER)
    await store.commit_batch(batch("cat"), entries=[later])
    assert await store.known(["cat"]) == {
        "cat": KnownWord(definition=definition_of(later), depth="enriched", learned_at=START)
    }


async def test_everything_in_an_entry_comes_back(store):
    full = entry(
        "naïve",
        word="Naïve “quote” \\ \n 字 🐈",
        relations=({"kind": "kind of", "word": "person"},),
        senses=(
            {"part_of_speech": "adjective", "gloss": "simple", "examples": ("a", "b"), "category": "person"},
        ),
        explanation="Line one.\nLine two.",
        applications=("use",),
        misconceptions=("not this",),
        depth="deep",
        updated_at=LATER,
    )
    await store.commit_batch(batch("naïve"), entries=[full])
    assert await store.entry("naïve") == full


async def test_there_is_no_entry_for_a_word_that_is_only_defined(store):
    await define(store, definition("cat"))
    assert await store.entry("cat") is None
    assert await store.entries(["cat"]) == {}


async def test_left_defined_words_come_oldest_first(store):
    await define(
        store,
        definition("bee", at=START + minutes(2)),
        definition("dog"),
        definition("ant", at=START + minutes(1)),
        definition("cat"),
    )
    await store.commit_batch(batch("emu"), entries=[entry("emu")])
    await claim(store, "fox")
    left = await store.left_defined(limit=10)
    assert left == tuple(words("cat", "dog", "ant", "bee"))
    assert await store.left_defined(limit=2) == left[:2]
    assert await store.left_defined(limit=0) == ()


async def test_left_defined_words_are_not_under_a_live_claim(store, clock):
    await define(store, definition("cat"), definition("dog"))
    await claim(store, "cat", job_id=BOB)
    assert await store.left_defined(limit=10) == (Word(text="Dog", key="dog"),)
    clock.now = LATER
    assert len(await store.left_defined(limit=10)) == 2


async def test_writing_twice_changes_nothing(store):
    await claim(store, "cat", "dog")
    for _ in range(2):
        await define(store, definition("cat"), definition("dog"))
        await store.commit_batch(batch("cat"), entries=[entry("cat")])
        await store.add_to_frontier({Word(text="Pet", key="pet"): {"cat"}}, at=START)
    stats = await store.stats()
    assert (stats.known, stats.entries, stats.frontier) == (2, 1, 1)


async def test_totals_count_words_entries_frontier_and_jobs(store):
    assert (await store.stats()).model_dump() == {
        "known": 0,
        "entries": 0,
        "frontier": 0,
        "jobs": 0,
        "by_category": {},
        "by_depth": {},
        "by_support": {},
    }
    await claim(store, "zebra")
    await define(store, definition("cat"), definition("dog"), definition("emu"))
    entries = [
        entry("cat", category="animal"),
        entry("fox", category="animal", depth="deep", support="model_only"),
        entry("gin", category="food"),
    ]
    await store.commit_batch(batch("cat", "fox", "gin"), entries=entries)
    await store.commit_batch(
        batch("gin", number=2), entries=[entry("gin", category="plant", revision=2, support="conflict")]
    )
    await store.add_to_frontier(
        {Word(text="Pet", key="pet"): ["cat"], Word(text="Fur", key="fur"): ["cat"]}, at=START
    )
    await store.commit_batch(batch("pet", number=3), entries=[entry("pet", category="animal")])
    stats = await store.stats()
    assert (stats.known, stats.entries, stats.frontier) == (6, 4, 1)
    assert stats.by_depth == {"defined": 2, "enriched": 3, "deep": 1}
    assert stats.by_category == {"animal": 3, "plant": 1}
    assert stats.by_support == {"supported": 2, "model_only": 1, "conflict": 1}
