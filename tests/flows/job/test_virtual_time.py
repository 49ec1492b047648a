"""The clock that the tests of this folder run on."""

import asyncio
import signal
import time

import pytest

from tests.flows.job.virtual_time import now_s


async def test_hours_of_waiting_take_no_time():
    started = time.monotonic()
    await asyncio.sleep(7200)
    assert now_s() == 7200
    assert time.monotonic() - started < 1


async def test_work_takes_none_of_its_time():
    for _ in range(100):
        await asyncio.sleep(0)
    assert now_s() == 0


async def test_what_waits_is_woken_in_order():
    woken = []

    async def wait(seconds):
        await asyncio.sleep(seconds)
        woken.append((seconds, now_s()))

    await asyncio.gather(*map(wait, (3, 1, 2)))
    assert woken == [(1, 1), (2, 2), (3, 3)]


async def test_timeouts_are_kept():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await asyncio.Event().wait()
    assert now_s() == 5


async def test_a_signal_is_heard_before_the_clock_moves():
    loop, heard = asyncio.get_running_loop(), []
    loop.add_signal_handler(signal.SIGHUP, lambda: heard.append(now_s()))
    try:
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(1)
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
    assert heard == [0]


async def test_a_thread_is_waited_for():
    await asyncio.to_thread(time.sleep, 0.01)
    assert now_s() == 0
