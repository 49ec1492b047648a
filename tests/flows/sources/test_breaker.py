"""The circuit breaker, in a time of its own."""

import asyncio

import pytest

from flows.core.words import parse_word
from flows.errors import RateLimited, SourceRefused, SourceUnavailable
from flows.sources.breaker import REST_AFTER_REFUSAL_S, Breaker
from flows.sources.scripted import ScriptedSource

WORDS = [parse_word("cat")]


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def state():
    """What the source does: nothing, or raise what stands here."""
    return {"error": None}


@pytest.fixture
def source(state):
    return ScriptedSource(
        {"cat": "a small animal"}, name="wikipedia", batch_size=7, fault=lambda _: state["error"]
    )


@pytest.fixture
def breaker(source, time):
    return Breaker(source, failures=3, rest_s=60, clock=time)


async def fail(breaker, times, error=SourceUnavailable):
    for _ in range(times):
        with pytest.raises(error):
            await breaker.look_up(WORDS)


async def test_it_looks_like_its_source(breaker):
    assert (breaker.name, breaker.batch_size, breaker.stands_in_for) == ("wikipedia", 7, None)
    assert set(await breaker.look_up(WORDS)) == {"cat"}


async def test_it_opens_after_failures_in_a_row_and_then_asks_nobody(breaker, source, state, time):
    state["error"] = SourceUnavailable("no answer")
    await fail(breaker, 3)
    assert source.calls == 3
    time.now = 59
    with pytest.raises(SourceUnavailable, match=r"no answer.*3 failures in a row") as failed:
        await breaker.look_up(WORDS)
    assert failed.value.retry_after_s == 1
    assert source.calls == 3


async def test_an_answer_in_between_starts_the_count_anew(breaker, source, state):
    for _ in range(3):
        state["error"] = SourceUnavailable("no answer")
        await fail(breaker, 2)
        state["error"] = None
        await breaker.look_up(WORDS)
    assert source.calls == 9


async def test_after_the_rest_one_try_closes_it(breaker, source, state, time):
    state["error"] = SourceUnavailable("no answer")
    await fail(breaker, 3)
    state["error"] = None
    time.now = 60
    assert await breaker.look_up(WORDS)
    assert source.calls == 4
    state["error"] = SourceUnavailable("no answer")
    await fail(breaker, 3)
    assert source.calls == 7, "it is asked as before"


async def test_a_failed_try_opens_it_again_at_once(breaker, source, state, time):
    state["error"] = SourceUnavailable("no answer")
    await fail(breaker, 3)
    time.now = 60
    await fail(breaker, 5)
    assert source.calls == 4
    time.now = 120
    await fail(breaker, 1)
    assert source.calls == 5


class Slow(ScriptedSource):
    """Answers when it is let."""

    def __init__(self):
        super().__init__({"cat": "a small animal"})
        self.let = asyncio.Event()
        self.fails = True

    async def look_up(self, words, *, topic=None):
        if self.fails:
            raise SourceUnavailable("no answer")
        self.calls += 1
        await self.let.wait()
        return {}


async def test_while_one_try_is_under_way_nobody_else_asks(time):
    source = Slow()
    breaker = Breaker(source, failures=1, rest_s=60, clock=time)
    await fail(breaker, 1)
    time.now, source.fails = 60, False
    trial = asyncio.create_task(breaker.look_up(WORDS))
    await asyncio.sleep(0)
    await fail(breaker, 4)
    source.let.set()
    await trial
    assert source.calls == 1
    await breaker.look_up(WORDS)
    assert source.calls == 2


async def test_a_cancelled_try_leaves_the_next_one_free(time):
    source = Slow()
    breaker = Breaker(source, failures=1, rest_s=60, clock=time)
    await fail(breaker, 1)
    time.now, source.fails = 60, False
    trial = asyncio.create_task(breaker.look_up(WORDS))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    source.let.set()
    await breaker.look_up(WORDS)
    await breaker.look_up(WORDS)
    assert source.calls == 3


async def test_a_limit_is_no_failure(breaker, source, state):
    state["error"] = RateLimited("asked too often", retry_after_s=2)
    await fail(breaker, 10, RateLimited)
    assert source.calls == 10


async def test_a_refusal_opens_it_at_once_for_longer_and_is_told_again(breaker, source, state, time):
    state["error"] = SourceRefused("WIKIMEDIA_CONTACT: refused")
    await fail(breaker, 3, SourceRefused)
    assert source.calls == 1
    time.now = REST_AFTER_REFUSAL_S
    state["error"] = SourceUnavailable("no answer")
    await fail(breaker, 1)
    assert source.calls == 2
    await fail(breaker, 1)
    assert source.calls == 2, "a failed try opens it again at once"
    time.now = 2 * REST_AFTER_REFUSAL_S
    state["error"] = None
    assert await breaker.look_up(WORDS)
    assert await breaker.look_up(WORDS)
    assert source.calls == 4
