"""Pruning: what jobs leave behind goes in steps, knowledge stays, and no job that may go on is touched."""

from __future__ import annotations

import pytest
from store_documents import ANN, BOB, EVE, START, batch, definition, entry, event, job, minutes, round_

KEYS = [f"w{n:02}" for n in range(20)]


async def leave_behind(store, job_id=ANN, *, rounds=3, prefix="", **end):
    """A job with rounds, batches, a log and a stop flag, and words that it learned."""
    begun = await store.begin_attempt(job(job_id))
    for number in range(1, rounds + 1):
        keys = [f"{prefix}{number} {key}" for key in KEYS]
        await store.save_round(round_(number, job_id=job_id, keys=keys))
        await store.save_definitions(
            [definition(key, job_id=job_id) for key in keys], job_id=job_id, attempt=1
        )
        await store.commit_batch(
            batch(*keys, job_id=job_id, round_=number), entries=[entry(key, job_id=job_id) for key in keys]
        )
    await store.append_log(job_id, [event(seq) for seq in range(1, 31)])
    await store.request_stop(job_id)
    ended = {"status": "completed", "run_status": "completed", "finished_at": START + minutes(10)} | end
    return (await store.save_job(begun.model_copy(update=ended))).job


async def details(store, job_id=ANN):
    return [
        len(await store.rounds(job_id)),
        len(await store.batches(job_id)),
        len(await store.log(job_id)),
        await store.stop_requested(job_id),
    ]


async def prune(store, job_id=ANN, **given):
    steps = []
    while gone := await store.prune_details(job_id, **given):
        steps.append(gone)
    return steps


async def test_details_go_and_the_row_and_all_knowledge_stay(store):
    ended = await leave_behind(store)
    await leave_behind(store, BOB, prefix="b")
    before = await store.stats()
    assert await details(store) == [3, 3, 30, True]
    assert await prune(store)
    assert await details(store) == [0, 0, 0, False]
    assert await store.job(ANN) == ended
    assert await store.stats() == before
    assert len(await store.entries([f"{n} {key}" for n in (1, 2, 3) for key in KEYS])) == 60
    assert await details(store, BOB) == [3, 3, 30, True], "another job's are untouched"


async def test_details_go_in_bounded_steps(store):
    await leave_behind(store, rounds=7)
    steps = await prune(store, limit=5)
    assert len(steps) > 1
    assert max(steps) <= 6, "a round goes with what is below it"
    assert await details(store) == [0, 0, 0, False]


async def test_the_bytes_of_details_are_told_by_job(store):
    assert await store.detail_bytes([ANN, BOB]) == {}
    await leave_behind(store)
    await leave_behind(store, BOB, prefix="b", rounds=9)
    sizes = await store.detail_bytes([ANN, BOB, EVE])
    assert sizes.keys() == {ANN, BOB}
    assert 1000 < sizes[ANN] < sizes[BOB]
    assert await store.detail_bytes([BOB]) == {BOB: sizes[BOB]}
    await prune(store, BOB)
    assert await store.detail_bytes([ANN, BOB]) == {ANN: sizes[ANN]}


@pytest.mark.parametrize(
    "open_",
    [
        {"status": "running", "run_status": "running", "finished_at": None},
        {"status": "failed", "run_status": "failed", "is_settled": False},
    ],
)
async def test_a_job_that_is_not_over_is_not_pruned(store, open_):
    await leave_behind(store, **open_)
    assert await store.prune_details(ANN) == 0
    assert not await store.delete_job(ANN)
    assert await details(store) == [3, 3, 30, True]
    assert await store.job(ANN) is not None


async def test_a_job_that_began_again_is_not_pruned(store):
    await leave_behind(store, status="failed", run_status="failed")
    await store.begin_attempt(job(ANN))
    assert await store.prune_details(ANN) == 0
    assert not await store.delete_job(ANN)


async def test_a_row_goes_after_its_details(store):
    await leave_behind(store)
    assert not await store.delete_job(ANN)
    await prune(store)
    known = (await store.stats()).known
    assert await store.delete_job(ANN)
    assert await store.job(ANN) is None
    assert (await store.jobs()).items == ()
    assert ((await store.stats()).jobs, (await store.stats()).known) == (0, known)
    assert not await store.delete_job(ANN), "it is gone"
    assert await store.prune_details(ANN) == 0


async def test_a_job_that_is_gone_may_begin_as_a_new_one(store):
    await leave_behind(store)
    await prune(store)
    await store.delete_job(ANN)
    begun = await store.begin_attempt(job(ANN))
    assert (begun.attempt, begun.status) == (1, "running")
    assert await store.save_round(round_())


async def test_space_is_given_back(store):
    await leave_behind(store, rounds=40)
    before = await store.space()
    await prune(store)
    freed = await store.space()
    if freed.free:
        assert await store.compact(pages=3) == before.file - (await store.space()).file > 0
        freed = await store.space()
    given = await store.compact(pages=1_000_000)
    after = await store.space()
    if before.file is None:
        assert (given, after.file) == (0, None)
        return
    assert given > 0
    assert after.file == freed.file - given
    assert after.free == 0
    assert await store.compact() == 0, "there is nothing more"
