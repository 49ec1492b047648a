"""A pace in a time of its own, where sleeping takes none."""

import asyncio

import pytest

from flows.errors import RateLimited
from flows.sources.wikimedia.pace import LONGEST_PAUSE_S, Pace, Pause


class Time:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time():
    return Time()


async def test_no_minute_holds_more_requests_than_are_granted(time):
    pace = Pace(per_minute=150, at_once=3, clock=time, sleep=time.sleep)
    sent = []
    for n in range(700):
        async with pace.turn():
            sent.append(time.now)
        if n == 350:
            time.now += 300  # a rest, after which it may burst again
    assert max(sum(1 for other in sent if at <= other < at + 60) for at in sent) <= 150
    assert sent[349] - sent[0] <= 60 * 350 / 120, "at least 120 a minute"


async def test_only_so_many_are_under_way(time):
    pace = Pace(per_minute=6000, at_once=3, clock=time, sleep=time.sleep)
    under_way, most = 0, 0

    async def ask():
        nonlocal under_way, most
        async with pace.turn():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(ask() for _ in range(50)))
    assert most == 3


async def test_turns_that_fail_are_given_back(time):
    pace = Pace(per_minute=6000, at_once=1, clock=time, sleep=time.sleep)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with pace.turn():
                raise ZeroDivisionError
    waiting = asyncio.ensure_future(pace.turn().__aenter__())
    await asyncio.sleep(0)
    assert waiting.done()


async def test_a_cancelled_wait_keeps_no_slot():
    pace = Pace(per_minute=5, at_once=1)
    async with pace.turn():
        pass
    waiting = asyncio.create_task(pace.turn().__aenter__())
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not pace._slots.locked()


async def test_a_short_pause_is_waited_for_and_a_long_one_told(time):
    pace = Pace(per_minute=6000, at_once=3, clock=time, sleep=time.sleep)
    pace.pause.begin(5)
    async with pace.turn():
        assert time.now >= 1005
    pace.pause.begin(50)
    with pytest.raises(RateLimited) as failed:
        async with pace.turn():
            raise AssertionError
    assert failed.value.retry_after_s == pytest.approx(50)


def test_a_pause_is_never_shortened_and_never_without_end(time):
    pause = Pause(clock=time)
    assert pause.left_s == 0
    pause.begin(20)
    pause.begin(5)
    assert pause.left_s == 20
    pause.begin(1e9)
    assert pause.left_s == LONGEST_PAUSE_S
