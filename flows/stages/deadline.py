"""When a job's calls are abandoned because its time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from flows.errors import LearningError

T = TypeVar("T")


class DeadlineReached(LearningError):
    """The time of the job is up, so this call was abandoned; nothing of it was stored."""


class Deadline:
    """The moment at which calls in flight are abandoned.

    It can be moved to an earlier time, never to a later one.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reached = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the moment has come."""
        return self._reached.is_set()

    def arm(self, after_s: float) -> None:
        """Fire in this many seconds, unless it fires sooner."""
        when = self._loop.time() + max(0.0, after_s)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._reached.set)

    def reach(self) -> None:
        """Fire now."""
        self._reached.set()

    def close(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()

    async def wait(self) -> None:
        """Return when it has fired."""
        await self._reached.wait()

    async def guard(self, call: Coroutine[Any, Any, T]) -> T:
        """The result of a call that may be abandoned at any moment without harm. Raises DeadlineReached."""
        if self.is_reached:
            call.close()
            raise DeadlineReached("the job's time is up")
        work = asyncio.ensure_future(call)
        alarm = asyncio.ensure_future(self._reached.wait())
        try:
            await asyncio.wait({work, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise DeadlineReached("the job's time is up")
        finally:
            alarm.cancel()
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
