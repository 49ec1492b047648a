"""Waiting for one model's quota instead of being refused: the requests of a process queue here until the
buckets allow them.

The rules are in `flows.core.quota`; this adds the clock and the queue. Requests that finish words go before
those that start them, and a proposal that has waited long goes first. The number of concurrent requests grows
with success and halves when the provider is overloaded.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flows.core import quota
from flows.core.prompts import Task
from flows.core.quota import DayUsedUp, Granted, QuotaLimits, Seen, TooLarge, Wait
from flows.errors import QuotaExhausted, RequestTooLarge
from flows.knowledge import DAY_S, Bound, QuotaLeft, QuotaUsage, Usage

CHARACTERS_A_TOKEN = 4.0
"""Assumed length of an English token until answers show better."""
LARGEST_SHARE = 0.94
"""Largest share of a minute's tokens for one request; a larger one is rejected for good with 413."""
SPARE_SHARE = 0.004
"""Share of a minute's tokens held back with each request, since the provider's clock and count differ
slightly from ours.
"""
ASSUMED_TOKENS_A_MINUTE = 8000
"""Tokens per minute of the assumed plan, the free one: a larger limit implies that its other limits are
larger too.
"""
FIRST_AT_ONCE = 8.0
MOST_AT_ONCE = 64.0
CALM_S = 1.0
"""Refusals within this many seconds count as one."""
PATIENCE_S = 20.0
"""A proposal that has waited this long goes before requests that finish words."""
_RANK: dict[Task, int] = {"enrich": 0, "deepen": 0, "define": 1, "propose": 2}


class Reservation:
    """Permission to send one request. Report its result, or it counts as fully spent."""

    def __init__(self, tokens: int, waited_s: float) -> None:
        self.waited_s = waited_s
        """Seconds spent waiting for permission."""
        self.spent = tokens
        self.cached = 0
        self.tokens_in = 0
        self.seen: Seen | None = None
        self.is_answered = False
        self.is_crowded = False

    def answered(self, usage: Usage, seen: Seen) -> None:
        """The request was answered and billed."""
        self.spent, self.cached, self.tokens_in = (
            usage.tokens_in + usage.tokens_out,
            usage.tokens_cached,
            usage.tokens_in,
        )
        self.seen, self.is_answered = seen, True

    def refused(self, seen: Seen) -> None:
        """A limit made the provider refuse the request."""
        self.spent, self.seen, self.is_crowded = 0, seen, True

    def failed(self, spent: int, *, is_crowded: bool = False, pause_s: float | None = None) -> None:
        """The request failed and may have been billed for this many tokens."""
        self.spent, self.seen, self.is_crowded = spent, Seen(retry_after_s=pause_s), is_crowded


class _Waiter:
    def __init__(self, tokens: int, task: Task, number: int, now_s: float) -> None:
        self.tokens = tokens
        self.rank = _RANK[task]
        self.number = number
        self.since_s = now_s
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def turn(self, now_s: float) -> tuple[int, int]:
        is_overdue = self.rank == 2 and now_s - self.since_s > PATIENCE_S
        return (-1 if is_overdue else self.rank, self.number)


class QuotaLimiter:
    """The quota of one model in one event loop.

    `assumed` limits are the free plan's; headers that report a larger plan override them.
    """

    def __init__(
        self,
        model: str,
        limits: QuotaLimits,
        *,
        assumed: Iterable[Bound] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self._clock = clock
        self._assumed = frozenset(assumed)
        self._state = quota.Quota.full(limits, clock())
        self._waiters: list[_Waiter] = []
        self._number = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._under_way = 0
        self._at_once = 1.0
        self._has_heard = False
        self._halved_at_s = -math.inf
        self._tokens_a_character = 1 / CHARACTERS_A_TOKEN
        self.is_fresh = True
        """Whether it has yet to learn what earlier processes spent."""

    @property
    def largest(self) -> int:
        """Largest request in tokens, prompt and longest answer together."""
        capacity = min(self._state.minute_tokens.capacity * LARGEST_SHARE, self._state.day_tokens.capacity)
        return 1_000_000 if math.isinf(capacity) else int(capacity)

    @property
    def state(self) -> quota.Quota:
        """The buckets as last counted."""
        return self._state

    @property
    def left(self) -> tuple[QuotaLeft, ...]:
        """What is left of each existing limit; unknown before the first answer."""
        if not self._has_heard:
            return ()
        found = quota.left(self._state, self._clock())
        return tuple(
            QuotaLeft(model=self.model, bound=bound, left=left, limit=limit)
            for bound, (left, limit) in found.items()
        )

    def prompt_tokens(self, characters: int) -> int:
        """Tokens that a prompt of this many characters is expected to cost."""
        return math.ceil(characters * self._tokens_a_character)

    @asynccontextmanager
    async def slot(self, task: Task, *, characters: int, answer_tokens: int) -> AsyncGenerator[Reservation]:
        """Wait for permission to send a prompt with an answer of at most this many tokens.

        Raises RequestTooLarge if waiting does not help, and QuotaExhausted if the day is used up. A caller
        cancelled while waiting takes nothing; one that leaves without reporting has spent everything.
        """
        tokens = self.prompt_tokens(characters) + answer_tokens
        if tokens > self.largest:
            raise RequestTooLarge(
                f"The request has about {tokens:,} tokens; {self.model} accepts at most {self.largest:,}"
            )
        asked_s = self._clock()
        reserved = await self._leave(tokens, task)
        slot = Reservation(tokens, self._clock() - asked_s)
        try:
            yield slot
        finally:
            self._close(slot, reserved, characters)

    def remember(self, usages: Iterable[QuotaUsage], *, now: datetime) -> None:
        """Deduct what an earlier process spent."""
        self.is_fresh = False
        for usage in usages:
            age_s = (now - usage.started_at).total_seconds()
            self._state = quota.remember(
                self._state, usage.window, requests=usage.requests, tokens=usage.tokens, age_s=age_s
            )

    def spent(self, *, now: datetime) -> tuple[QuotaUsage, QuotaUsage]:
        """What a later process must remember."""
        minute, day = (quota.spent(self._state, self._clock(), window) for window in ("minute", "day"))
        return (
            QuotaUsage(
                model=self.model, window="minute", started_at=now, requests=minute[0], tokens=minute[1]
            ),
            QuotaUsage(model=self.model, window="day", started_at=now, requests=day[0], tokens=day[1]),
        )

    async def _leave(self, tokens: int, task: Task) -> int:
        capacity = self._state.minute_tokens.capacity
        spare = 0 if math.isinf(capacity) else math.ceil(capacity * SPARE_SHARE)
        waiter = _Waiter(tokens + spare, task, self._number, self._clock())
        self._number += 1
        self._waiters.append(waiter)
        self._grant()
        try:
            await waiter.granted
        except BaseException:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif (
                waiter.granted.done()
                and not waiter.granted.cancelled()
                and waiter.granted.exception() is None
            ):
                self._return(waiter.tokens, Reservation(0, 0.0))
            self._grant()
            raise
        return waiter.tokens

    def _grant(self) -> None:
        """Admit the waiters whose turn it is, then set the alarm for the next."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._waiters and self._under_way < int(self._at_once):
            now_s = self._clock()
            first = min(self._waiters, key=lambda waiter: waiter.turn(now_s))
            answer = quota.reserve(self._state, now_s, first.tokens)
            if isinstance(answer, Wait):
                self._alarm = asyncio.get_running_loop().call_later(answer.seconds, self._grant)
                return
            self._waiters.remove(first)
            if first.granted.done():
                continue
            if isinstance(answer, Granted):
                self._state = answer.state
                self._under_way += 1
                first.granted.set_result(None)
            elif isinstance(answer, TooLarge):
                first.granted.set_exception(
                    RequestTooLarge(f"{self.model} takes at most {answer.limit:,} tokens per request")
                )
            else:
                first.granted.set_exception(self._exhausted(answer, now_s))

    def _exhausted(self, answer: DayUsedUp, now_s: float) -> QuotaExhausted:
        until = datetime.now(UTC) + timedelta(seconds=answer.until_s - now_s)
        return QuotaExhausted(
            f"The daily quota of {self.model} is used up; it resets at {until:%H:%M} UTC on {until:%d %B}",
            until=until,
        )

    def _close(self, slot: Reservation, reserved: int, characters: int) -> None:
        self._return(reserved, slot)
        if slot.seen is not None:
            self._hear(slot.seen)
        if slot.is_answered:
            self._calibrate(characters, slot.tokens_in)
            # a provider without rate-limit headers: waiting for them would teach nothing
            self._at_once = min(
                MOST_AT_ONCE,
                (
                    max(self._at_once, FIRST_AT_ONCE)
                    if not self._has_heard
                    else self._at_once + 1 / self._at_once
                ),
            )
            self._has_heard = True
        elif slot.is_crowded:
            self._slow_down()
        self._grant()

    def _return(self, reserved: int, slot: Reservation) -> None:
        self._under_way -= 1
        self._state = quota.charge(self._state, reserved, slot.spent, slot.cached)

    def _hear(self, seen: Seen) -> None:
        if seen.limit_tokens_per_minute is not None or seen.refused is not None:
            self._widen(seen.limit_tokens_per_minute)
            if not self._has_heard:
                self._has_heard = True
                self._at_once = max(self._at_once, FIRST_AT_ONCE)
        self._state = quota.observe(self._state, self._clock(), seen)

    def _widen(self, limit: int | None) -> None:
        """Headers report neither requests per minute nor tokens per day. If the plan is larger than assumed,
        scale these limits too.
        """
        if not self._assumed or limit is None or limit <= ASSUMED_TOKENS_A_MINUTE:
            return
        if "requests_per_minute" in self._assumed:
            requests = self._state.minute_requests
            self._state = replace(
                self._state,
                minute_requests=requests.resized(requests.capacity * limit / ASSUMED_TOKENS_A_MINUTE),
            )
        if "tokens_per_day" in self._assumed:
            self._state = replace(self._state, day_tokens=quota.QuotaBucket(math.inf, DAY_S, math.inf))
        self._assumed = frozenset()

    def _calibrate(self, characters: int, tokens_in: int) -> None:
        if characters >= 400 and tokens_in > 0:
            self._tokens_a_character += 0.3 * (tokens_in / characters - self._tokens_a_character)

    def _slow_down(self) -> None:
        now_s = self._clock()
        if now_s - self._halved_at_s >= CALM_S:
            self._halved_at_s = now_s
            self._at_once = max(1.0, self._at_once / 2)
