"""How often a provider may be asked: concurrent slots, requests per minute, and pauses it requests."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from flows.core.quota import QuotaBucket
from flows.errors import RateLimited

Sleep = Callable[[float], Awaitable[None]]

PATIENCE_S = 10.0
"""Longest wait for a turn; callers that would wait longer are rejected, so that the queue stays short."""
LONGEST_PAUSE_S = 600.0
_BURST = 5
"""This fraction of a minute's requests may go out as a burst; the rest are spread, so that no minute ever
exceeds the limit.
"""


class Pause:
    """A pause that a provider requested.

    It is never shortened, and lasts at most ten minutes.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._until_s = -math.inf

    @property
    def left_s(self) -> float:
        """Seconds until it is over; 0 when it is."""
        return max(0.0, self._until_s - self._clock())

    def begin(self, for_s: float) -> None:
        """Extend it to this many seconds from now."""
        self._until_s = max(self._until_s, self._clock() + min(max(0.0, for_s), LONGEST_PAUSE_S))

    def check(self) -> None:
        """Raise RateLimited with the remaining seconds if it lasts too long to wait for."""
        if self.left_s > PATIENCE_S:
            raise RateLimited(
                f"the provider asked us to wait another {self.left_s:.0f} s", retry_after_s=self.left_s
            )

    async def wait(self) -> None:
        """Return when it is over. Raises RateLimited if it lasts too long to wait for."""
        while (left_s := self.left_s) > 0:
            self.check()
            await self._sleep(left_s)


class Pace:
    """Turns to ask a provider, for one event loop: at most `at_once` in flight, at most `per_minute` in any
    minute, none during a pause.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        at_once: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        burst = max(1.0, per_minute / _BURST)
        self._bucket = QuotaBucket(
            capacity=burst, window_s=60.0 * burst / max(1.0, per_minute - burst), level=burst
        )
        self._clock = clock
        self._sleep = sleep
        self._filled_at_s = clock()
        self._slots = asyncio.Semaphore(at_once)
        self._queue = asyncio.Lock()
        self.pause = Pause(clock=clock, sleep=sleep)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Hold one slot. Raises RateLimited with the seconds to wait if no turn comes in time."""
        self.pause.check()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._take()
        except TimeoutError as error:
            raise RateLimited(
                "timed out waiting for our own rate limit", retry_after_s=max(1.0, self.pause.left_s)
            ) from error
        try:
            yield
        finally:
            self._slots.release()

    async def _take(self) -> None:
        await self._slots.acquire()
        try:
            async with self._queue:
                await self.pause.wait()
                while (wait_s := self._wait_s()) > 0:
                    await self._sleep(wait_s)
                    await self.pause.wait()
                self._bucket = self._bucket.add(-1)
        except BaseException:
            self._slots.release()
            raise

    def _wait_s(self) -> float:
        now_s = self._clock()
        self._bucket = self._bucket.filled(now_s - self._filled_at_s)
        self._filled_at_s = now_s
        return self._bucket.wait_s(1)
