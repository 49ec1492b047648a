"""Work that goes on when its caller is cancelled."""

import asyncio

import anyio
import pytest

from flows.knowledge import Word, utc_now
from flows.shielding import finish
from flows.stores import open_store


async def test_the_result_and_the_error_are_the_works_own():
    async def answer():
        return 7

    async def fail():
        raise ValueError("told")

    assert await finish(answer(), within_s=1) == 7
    with pytest.raises(ValueError, match="told"):
        await finish(fail(), within_s=1)
    with pytest.raises(TimeoutError):
        await finish(asyncio.sleep(5), within_s=0.01)


async def test_work_goes_on_however_often_its_caller_is_cancelled():
    done = []

    async def work():
        for _ in range(5):
            await asyncio.sleep(0.02)
        done.append(True)

    caller = asyncio.create_task(finish(work(), within_s=5))
    for _ in range(4):
        await asyncio.sleep(0.01)
        caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done


async def test_work_goes_on_in_a_scope_that_cancels_every_wait():
    done = []

    async def work():
        await asyncio.sleep(0.05)
        done.append(True)

    with anyio.CancelScope() as scope:
        scope.cancel()
        await finish(work(), within_s=5)
    assert done


async def test_no_lock_is_left_behind_when_all_that_use_a_store_are_cancelled_again_and_again(tmp_path):
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"
    words = [Word(text=f"word {n}", key=f"word {n}") for n in range(300)]
    job_id = "00000000-0000-0000-0000-000000000001"

    async def job(is_open):
        async with open_store(url) as store:
            is_open.set()
            while True:
                await asyncio.gather(
                    *(store.claim(words, job_id=job_id, attempt=1, until=utc_now()) for _ in range(3))
                )

    for pause in (0.0, 0.003, 0.01, 0.02, 0.05):
        is_open = asyncio.Event()
        with anyio.CancelScope() as scope:
            running = asyncio.create_task(job(is_open))
            await is_open.wait()
            await asyncio.sleep(pause)
            scope.cancel()
            running.cancel()
            await asyncio.sleep(0)
        while not running.done():
            running.cancel()
            await asyncio.sleep(0.001)
        async with open_store(url) as store:
            assert await store.claims(job_id) == ()
            await store.claim(words[:1], job_id=job_id, attempt=1, until=utc_now())
