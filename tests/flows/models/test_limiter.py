"""Waiting for a quota: in turn, never past a limit, and giving back what was not used."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from flows.core.quota import QuotaLimits, Seen
from flows.errors import QuotaExhausted, RequestTooLarge
from flows.knowledge import Usage
from flows.models import limiter as limiters
from flows.models.limiter import QuotaLimiter

OPEN = QuotaLimits(requests_per_minute=10_000, tokens_per_minute=10_000_000)


class Clock:
    """Monotonic time that a test may set ahead."""

    def __init__(self):
        self.ahead_s = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead_s


def bill(tokens, cached=0):
    return Usage(requests=1, tokens_in=tokens // 2, tokens_out=tokens - tokens // 2, tokens_cached=cached)


async def heard(limits=OPEN, **more):
    """A limiter that has had its first answer."""
    limiter = QuotaLimiter("m", limits, **more)
    async with limiter.slot("define", characters=4, answer_tokens=1) as slot:
        slot.answered(bill(2), Seen())
    return limiter


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def line_up(limiter, task, order, *, tokens=1, name=None):
    """Ask in a task of its own, and note its name when it was let go."""

    async def ask():
        async with limiter.slot(task, characters=0, answer_tokens=tokens) as slot:
            order.append(name or task)
            slot.answered(bill(tokens), Seen())

    return asyncio.create_task(ask())


async def test_the_first_request_goes_alone_until_the_provider_has_told_its_limits():
    limiter, order = QuotaLimiter("m", OPEN), []
    async with limiter.slot("define", characters=4, answer_tokens=1) as slot:
        waiting = [line_up(limiter, "define", order) for _ in range(3)]
        await asyncio.sleep(0.02)
        assert order == []
        slot.answered(bill(2), Seen(limit_tokens_per_minute=10_000_000, remaining_tokens=9_000_000))
    await asyncio.gather(*waiting)
    assert len(order) == 3


async def test_no_more_tokens_are_granted_than_the_minute_gives():
    limiter = await heard(QuotaLimits(tokens_per_minute=6_000))
    granted, began = [], time.monotonic()

    async def ask():
        async with limiter.slot("define", characters=0, answer_tokens=1_500) as slot:
            granted.append((time.monotonic() - began, 1_500))
            slot.answered(bill(1_500), Seen())

    asking = [asyncio.create_task(ask()) for _ in range(5)]
    await until(lambda: len(granted) >= 3)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    for at, (when_s, _) in enumerate(granted):
        assert sum(tokens for _, tokens in granted[: at + 1]) <= 6_000 + when_s * 100 + 1


async def test_what_was_not_used_lets_the_next_go_at_once():
    limiter, order = await heard(QuotaLimits(tokens_per_minute=10_000)), []
    async with limiter.slot("define", characters=0, answer_tokens=9_000) as slot:
        waiting = line_up(limiter, "define", order, tokens=9_000)
        await asyncio.sleep(0.02)
        assert order == []
        slot.answered(bill(100), Seen())
    async with asyncio.timeout(1):
        await waiting


async def test_cached_tokens_do_not_count():
    limiter = await heard(QuotaLimits(tokens_per_minute=10_000))
    before = limiter.state.minute_tokens.level
    async with limiter.slot("define", characters=0, answer_tokens=5_000) as slot:
        slot.answered(bill(5_000, cached=5_000), Seen())
    assert limiter.state.minute_tokens.level >= before


async def test_what_finishes_words_goes_before_what_begins_them_each_in_order():
    limiter, order = QuotaLimiter("m", OPEN), []
    async with limiter.slot("define", characters=4, answer_tokens=1):
        waiting = [
            line_up(limiter, task, order, name=f"{task} {n}")
            for n, task in enumerate(["propose", "define", "enrich", "define", "enrich"])
        ]
        await asyncio.sleep(0.02)
    await asyncio.gather(*waiting)
    assert order == ["enrich 2", "enrich 4", "define 1", "define 3", "propose 0"]


async def test_a_proposal_that_waited_for_long_goes_first():
    clock, order = Clock(), []
    limiter = QuotaLimiter("m", OPEN, clock=clock)
    async with limiter.slot("define", characters=4, answer_tokens=1):
        waiting = [line_up(limiter, task, order) for task in ("propose", "define", "enrich")]
        await asyncio.sleep(0.02)
        clock.ahead_s = limiters.PATIENCE_S + 1
    await asyncio.gather(*waiting)
    assert order[0] == "propose"


async def test_whoever_is_cancelled_while_waiting_takes_nothing():
    limiter, order = await heard(QuotaLimits(tokens_per_minute=10_000)), []
    async with limiter.slot("define", characters=0, answer_tokens=9_000) as slot:
        first, second = (
            line_up(limiter, "define", order, tokens=9_000),
            line_up(limiter, "define", order, tokens=300),
        )
        await asyncio.sleep(0.02)
        first.cancel()
        await second
        slot.answered(bill(0), Seen())
    assert order == ["define"]
    assert (limiter.state.pending_requests, limiter.state.pending_tokens) == (0, 0)
    assert limiter.state.minute_tokens.level > 9_000


async def test_whoever_is_cancelled_at_the_moment_of_leave_gives_it_back():
    limiter, order = QuotaLimiter("m", OPEN), []
    async with limiter.slot("define", characters=4, answer_tokens=1) as slot:
        asking = line_up(limiter, "define", order, tokens=5_000_000)
        await asyncio.sleep(0.02)
        slot.answered(bill(2), Seen())
    assert limiter.state.pending_tokens > 5_000_000
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert order == []
    assert (limiter.state.pending_requests, limiter.state.pending_tokens) == (0, 0)
    async with asyncio.timeout(1), limiter.slot("define", characters=0, answer_tokens=9_000_000):
        pass


async def test_a_request_that_is_abandoned_counts_as_spent_in_full():
    limiter = await heard(QuotaLimits(tokens_per_minute=10_000))
    with pytest.raises(ZeroDivisionError):
        async with limiter.slot("define", characters=0, answer_tokens=5_000):
            raise ZeroDivisionError
    assert limiter.state.minute_tokens.level == pytest.approx(5_000, abs=100)
    assert limiter.state.pending_requests == 0


async def test_a_request_that_no_wait_helps_is_refused_before_it_is_sent():
    limiter = await heard(QuotaLimits(tokens_per_minute=8_000))
    with pytest.raises(RequestTooLarge, match="at most 7,520"):
        async with limiter.slot("define", characters=4 * 3_000, answer_tokens=5_000):
            pass


async def test_a_used_up_day_is_told_with_the_time_it_is_free_again():
    limiter = await heard(QuotaLimits(tokens_per_day=100_000))
    async with limiter.slot("define", characters=0, answer_tokens=99_000) as slot:
        slot.answered(bill(99_000), Seen())
    with pytest.raises(QuotaExhausted, match="The daily quota of m is used up") as told:
        async with limiter.slot("define", characters=0, answer_tokens=50_000):
            pass
    assert timedelta(hours=11) < told.value.until - datetime.now(UTC) < timedelta(hours=13)


async def test_everyone_in_the_line_is_told_when_the_day_is_used_up():
    limiter, order = await heard(), []
    async with limiter.slot("define", characters=0, answer_tokens=1) as slot:
        limiter._at_once = 1
        waiting = [line_up(limiter, "define", order) for _ in range(3)]
        await asyncio.sleep(0.02)
        slot.refused(Seen(day_used_up_for_s=3_600.0))
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in told] == [QuotaExhausted] * 3


async def test_the_providers_advice_to_wait_holds_for_all():
    limiter, order = await heard(), []
    async with limiter.slot("define", characters=0, answer_tokens=1) as slot:
        slot.refused(Seen(retry_after_s=0.2))
    began = time.monotonic()
    await asyncio.gather(line_up(limiter, "enrich", order), line_up(limiter, "define", order))
    assert time.monotonic() - began >= 0.2


async def test_fewer_are_under_way_at_once_after_a_refusal_and_more_with_each_success():
    limiter = await heard()
    at_first = limiter._at_once
    async with AsyncExitStack() as stack:
        for _ in range(2):
            slot = await stack.enter_async_context(limiter.slot("define", characters=0, answer_tokens=1))
            slot.refused(Seen())
    assert limiter._at_once == at_first / 2
    async with limiter.slot("define", characters=0, answer_tokens=1) as slot:
        slot.answered(bill(1), Seen())
    assert at_first / 2 < limiter._at_once < at_first


async def test_a_later_process_remembers_what_was_spent():
    limits = QuotaLimits(
        requests_per_minute=30, tokens_per_minute=8_000, requests_per_day=1_000, tokens_per_day=200_000
    )
    limiter = await heard(limits)
    async with limiter.slot("define", characters=0, answer_tokens=6_000) as slot:
        slot.answered(bill(6_000), Seen())
    now = datetime.now(UTC)
    later = QuotaLimiter("m", limits)
    later.remember(limiter.spent(now=now), now=now + timedelta(seconds=15))
    assert later.state.minute_tokens.level == pytest.approx(8_000 - 6_000 + 15 / 60 * 8_000, abs=50)
    assert later.state.day_tokens.level == pytest.approx(200_000 - 6_000 + 15 * 200_000 / 86_400, abs=50)
    assert later.state.day_requests.level == pytest.approx(998, abs=1)


async def test_headers_of_a_larger_plan_widen_what_was_only_assumed():
    free = QuotaLimits(requests_per_minute=30, tokens_per_minute=8_000, tokens_per_day=200_000)
    assumed, configured = (
        QuotaLimiter("m", free, assumed=("requests_per_minute", "tokens_per_day")),
        QuotaLimiter("m", free),
    )
    for limiter in (assumed, configured):
        async with limiter.slot("define", characters=4, answer_tokens=1) as slot:
            slot.answered(bill(2), Seen(limit_tokens_per_minute=250_000, remaining_tokens=249_000))
        assert limiter.state.minute_tokens.capacity == 250_000
    assert assumed.state.minute_requests.capacity > 900
    assert assumed.state.day_tokens.capacity == float("inf")
    assert (configured.state.minute_requests.capacity, configured.state.day_tokens.capacity) == (30, 200_000)


async def test_a_larger_plan_that_is_configured_widens_what_was_only_assumed_too():
    paid = QuotaLimits(requests_per_minute=30, tokens_per_minute=250_000, tokens_per_day=200_000)
    limiter = QuotaLimiter("m", paid, assumed=("requests_per_minute", "tokens_per_day"))
    async with limiter.slot("define", characters=4, answer_tokens=1) as slot:
        slot.answered(bill(2), Seen(limit_tokens_per_minute=250_000, remaining_tokens=249_000))
    assert limiter.state.minute_requests.capacity > 900
    assert limiter.state.day_tokens.capacity == float("inf")


async def test_a_refusal_teaches_a_limit_that_no_header_tells():
    limiter = await heard()
    async with limiter.slot("define", characters=0, answer_tokens=1) as slot:
        slot.refused(
            Seen(refused="requests_per_minute", refused_limit=60, refused_used=60, retry_after_s=1.0)
        )
    assert limiter.state.minute_requests.capacity == 60
    assert limiter.state.minute_requests.level < 1


async def test_the_size_of_prompts_is_learned_from_their_bills():
    limiter = await heard()
    assert limiter.prompt_tokens(4_000) == 1_000
    for _ in range(20):
        async with limiter.slot("define", characters=4_000, answer_tokens=1) as slot:
            slot.answered(Usage(requests=1, tokens_in=800, tokens_out=1), Seen())
    assert limiter.prompt_tokens(4_000) == pytest.approx(800, abs=5)
