from __future__ import annotations

import asyncio

import pytest
from store_documents import ANN, BOB, EVE, START, batch, definition, entry, job, minutes, words

from flows.errors import StaleAttempt
from flows.knowledge import ClaimResult, Word

LATER = START + minutes(10)


async def claim(store, *keys, job_id=ANN, attempt=1, until=LATER, below=None):
    return await store.claim(words(*keys), job_id=job_id, attempt=attempt, until=until, below=below)


async def make_known(store, *keys, depth="enriched", job_id=EVE, number=1):
    if depth == "defined":
        await store.save_definitions([definition(key) for key in keys], job_id=job_id, attempt=1)
    else:
        entries = [entry(key, depth=depth) for key in keys]
        await store.commit_batch(batch(*keys, job_id=job_id, number=number), entries=entries)


async def test_words_that_nobody_has_are_new(store):
    assert await claim(store, "cat", "dog") == ClaimResult(new=("cat", "dog"))


async def test_claiming_no_words_brings_none(store):
    assert await claim(store) == ClaimResult()


async def test_each_key_comes_back_once_in_the_order_given(store):
    await make_known(store, "b", "e")
    await claim(store, "c", "f", job_id=BOB)
    await claim(store, "a", "g")
    result = await claim(store, "g", "f", "e", "d", "c", "b", "a", "d", "g")
    assert result == ClaimResult(new=("d",), own=("g", "a"), known=("e", "b"), elsewhere=("f", "c"))
    assert result.held == {"a", "d", "g"}


async def test_claim_of_another_job_is_refused(store):
    await claim(store, "cat", job_id=BOB)
    assert (await claim(store, "cat")).elsewhere == ("cat",)
    assert [word.key for word in await store.claims(BOB)] == ["cat"]


async def test_claim_of_the_same_job_is_its_own(store):
    await claim(store, "cat")
    assert (await claim(store, "cat", attempt=2)).own == ("cat",)


async def test_own_claim_is_renewed(store, clock):
    await claim(store, "cat")
    await claim(store, "cat", attempt=2, until=START + minutes(20))
    clock.now = START + minutes(15)
    assert (await claim(store, "cat", job_id=BOB)).elsewhere == ("cat",)


async def test_claim_is_live_before_its_moment_and_not_at_it(store, clock):
    await claim(store, "cat")
    clock.now = LATER - minutes(1 / 60_000)
    assert (await claim(store, "cat", job_id=BOB)).elsewhere == ("cat",)
    clock.now = LATER
    assert (await claim(store, "cat", job_id=BOB, until=LATER + minutes(10))).new == ("cat",)
    assert await store.claims(ANN) == ()
    assert [word.key for word in await store.claims(BOB)] == ["cat"]


async def test_own_claim_past_its_time_is_new(store, clock):
    await claim(store, "cat")
    clock.now = LATER
    assert (await claim(store, "cat", until=LATER + minutes(1))).new == ("cat",)


async def test_claim_taken_over_is_lost_to_its_first_job(store, clock):
    await claim(store, "cat")
    clock.now = LATER
    await claim(store, "cat", job_id=BOB, until=LATER + minutes(10))
    await store.release(["cat"], job_id=ANN, attempt=1)
    assert await store.release_all(ANN) == 0
    assert (await claim(store, "cat", until=LATER + minutes(10))).elsewhere == ("cat",)


@pytest.mark.parametrize("depth", ["defined", "enriched", "deep"])
async def test_known_word_is_known_at_any_depth(store, depth):
    await make_known(store, "cat", depth=depth)
    assert (await claim(store, "cat")).known == ("cat",)


@pytest.mark.parametrize(("depth", "below", "is_known"), [
    ("defined", "defined", True), ("defined", "enriched", False), ("defined", "deep", False),
    ("enriched", "enriched", True), ("enriched", "deep", False), ("deep", "deep", True),
])  # fmt: skip
async def test_shallower_words_can_be_claimed_for_more_work(store, depth, below, is_known):
    await make_known(store, "cat", depth=depth)
    result = await claim(store, "cat", below=below)
    assert result == (ClaimResult(known=("cat",)) if is_known else ClaimResult(new=("cat",)))
    assert (await claim(store, "cat", below=below, job_id=BOB)) == (
        ClaimResult(known=("cat",)) if is_known else ClaimResult(elsewhere=("cat",))
    )


async def test_readers_go_on_seeing_a_known_word_that_is_claimed(store):
    await make_known(store, "cat")
    before = await store.known(["cat"])
    await claim(store, "cat", below="deep")
    assert await store.known(["cat"]) == before
    assert await store.claims(ANN) == (Word(text="Cat", key="cat"),)


async def test_known_comes_before_a_claim(store):
    await claim(store, "cat")
    await store.save_definitions([definition("cat")], job_id=ANN, attempt=1)
    assert (await claim(store, "cat")).known == ("cat",)
    assert (await claim(store, "cat", below="enriched")).own == ("cat",)
    assert (await claim(store, "cat", job_id=BOB)).known == ("cat",)


async def test_readers_never_see_a_claimed_word_as_known(store):
    await claim(store, "cat")
    assert await store.known(["cat"]) == {}
    assert (await store.stats()).known == 0


async def test_of_two_words_with_one_key_the_first_counts(store):
    result = await store.claim(
        [Word(text="Cat", key="cat"), Word(text="CAT", key="cat")], job_id=ANN, attempt=1, until=LATER
    )
    assert result == ClaimResult(new=("cat",))
    assert await store.claims(ANN) == (Word(text="Cat", key="cat"),)


async def test_claims_are_listed_by_key_and_only_while_live(store, clock):
    await claim(store, "dog", "ant", until=LATER)
    await claim(store, "cat", until=LATER + minutes(5))
    await claim(store, "bee", job_id=BOB)
    assert [word.key for word in await store.claims(ANN)] == ["ant", "cat", "dog"]
    clock.now = LATER
    assert [word.key for word in await store.claims(ANN)] == ["cat"]


async def test_released_words_are_free(store):
    await claim(store, "cat", "dog", "emu")
    await store.release(["cat", "dog", "nothing"], job_id=ANN, attempt=1)
    await store.release(["cat"], job_id=ANN, attempt=1)
    assert await claim(store, "cat", "dog", "emu", job_id=BOB) == ClaimResult(
        new=("cat", "dog"), elsewhere=("emu",)
    )


async def test_release_keeps_what_is_known(store):
    await make_known(store, "cat")
    await claim(store, "cat", below="deep")
    await store.release(["cat"], job_id=ANN, attempt=1)
    assert list(await store.known(["cat"])) == ["cat"]
    assert await store.claims(ANN) == ()


async def test_release_takes_what_is_known_off_the_frontier_whoever_held_it(store):
    await store.add_to_frontier({Word(text=key, key=key): {"elk"} for key in ("cat", "dog", "emu")}, at=START)
    await make_known(store, "cat", "dog", depth="defined")
    await claim(store, "dog", below="deep")
    await store.release(["cat", "dog", "emu"], job_id=ANN, attempt=1)
    assert (await store.stats()).frontier == 1
    assert [found.key for found in (await store.frontier()).items] == ["emu"]


async def test_release_keeps_claims_of_other_jobs(store):
    await claim(store, "cat", job_id=BOB)
    await store.release(["cat"], job_id=ANN, attempt=1)
    assert [word.key for word in await store.claims(BOB)] == ["cat"]


async def test_release_gives_up_claims_of_an_earlier_attempt(store):
    await claim(store, "cat", attempt=1)
    await store.release(["cat"], job_id=ANN, attempt=2)
    assert await store.claims(ANN) == ()


async def test_release_all_says_how_many_claims_there_were(store, clock):
    await make_known(store, "cat")
    await claim(store, "cat", below="deep")
    await claim(store, "dog")
    await claim(store, "emu", until=START + minutes(1))
    await claim(store, "fox", job_id=BOB)
    clock.now = START + minutes(2)
    assert await store.release_all(ANN) == 3
    assert await store.release_all(ANN) == 0
    assert await store.claims(ANN) == ()
    assert [word.key for word in await store.claims(BOB)] == ["fox"]
    assert list(await store.known(["cat", "dog"])) == ["cat"]


async def test_word_that_was_left_known_leaves_the_frontier(store):
    await store.add_to_frontier({Word(text=key, key=key): {"elk"} for key in ("cat", "dog", "emu")}, at=START)
    await claim(store, "cat", "dog", "emu")
    await store.save_definitions([definition("cat"), definition("dog")], job_id=ANN, attempt=1)
    await store.release(["cat"], job_id=ANN, attempt=1)
    await store.release_all(ANN)
    assert [word.key for word in (await store.frontier()).items] == ["emu"]
    assert (await store.stats()).frontier == 1


async def test_taken_says_what_a_claim_would_not_get(store, clock):
    await make_known(store, "a")
    await make_known(store, "b", depth="defined")
    await claim(store, "c", job_id=BOB)
    await claim(store, "d")
    await claim(store, "e", job_id=BOB, until=START + minutes(1))
    clock.now = START + minutes(1)
    keys = ["a", "b", "c", "d", "e", "f"]
    assert await store.taken(keys, job_id=ANN) == {"a": True, "b": True, "c": False}
    assert await store.taken(keys, job_id=ANN, below="enriched") == {"a": True, "c": False}
    assert await store.taken(set(keys), job_id=ANN, below="deep") == {"c": False}
    assert await store.taken([], job_id=ANN) == {}


async def test_many_words_are_claimed_at_once(store, many):
    keys = [f"word {n}" for n in range(many)]
    assert (await claim(store, *keys)).new == tuple(keys)
    assert len(await store.taken(keys, job_id=BOB)) == many
    await store.release(keys, job_id=ANN, attempt=1)
    assert await store.claims(ANN) == ()


async def test_jobs_that_claim_at_once_never_share_a_word(store):
    keys = [f"word {n}" for n in range(100)]
    results = await asyncio.gather(
        *(claim(store, *keys[n * 5 :], job_id=job_id) for n in range(10) for job_id in (ANN, BOB, EVE))
    )
    won = [key for result in results for key in result.new]
    assert sorted(won) == sorted(keys)
    held = [word.key for job_id in (ANN, BOB, EVE) for word in await store.claims(job_id)]
    assert sorted(held) == sorted(keys)


@pytest.mark.parametrize("write", [
    lambda s: claim(s, "cat"),
    lambda s: s.release(["cat"], job_id=ANN, attempt=1),
    lambda s: s.save_definitions([definition("cat")], job_id=ANN, attempt=1),
    lambda s: s.commit_batch(batch("cat"), entries=[entry("cat")]),
    lambda s: s.save_job(job(attempt=1)),
])  # fmt: skip
async def test_writes_of_an_older_attempt_are_refused(store, write):
    await claim(store, "cat")
    await store.begin_attempt(job())
    await write(store)
    await store.begin_attempt(job())
    with pytest.raises(StaleAttempt):
        await write(store)


async def test_refused_write_changes_nothing(store):
    await store.begin_attempt(job())
    await claim(store, "cat")
    await store.begin_attempt(job())
    with pytest.raises(StaleAttempt):
        await store.commit_batch(batch("cat"), entries=[entry("cat")])
    with pytest.raises(StaleAttempt):
        await store.release(["cat"], job_id=ANN, attempt=1)
    with pytest.raises(StaleAttempt):
        await claim(store, "dog")
    assert await store.entry("cat") is None
    assert await store.batches(ANN) == ()
    assert [word.key for word in await store.claims(ANN)] == ["cat"]


async def test_writes_without_a_job_document_are_not_fenced(store):
    await claim(store, "cat", attempt=7)
    await store.save_definitions([definition("cat")], job_id=ANN, attempt=3)
    await store.release(["cat"], job_id=ANN, attempt=1)
    assert await store.claims(ANN) == ()


async def test_words_written_with_marks_are_found_by_what_is_left_without_them(store):
    await make_known(store, "café", "cafe", "ice-cream", depth="enriched")
    await make_known(store, "naïve", depth="defined")
    await claim(store, "ice cream", "façade", job_id=BOB)
    asked = {"cafe", "icecream", "naive", "facade", "tiger"}
    assert await store.spelled_alike(asked) == {
        "cafe": ("café",),
        "icecream": ("ice cream", "ice-cream"),
        "naive": ("naïve",),
        "facade": ("façade",),
    }
    await store.release(["façade"], job_id=BOB, attempt=1)
    assert await store.spelled_alike(["facade"]) == {}
    assert await store.spelled_alike([]) == {}


async def test_more_spellings_than_one_query_takes_are_found(store):
    keys = [f"w{number:03}-x" for number in range(70)]
    await claim(store, *keys, job_id=BOB)
    found = await store.spelled_alike([key.replace("-", "") for key in keys])
    assert sorted(key for each in found.values() for key in each) == keys
