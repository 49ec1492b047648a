"""Store calls that are worth trying again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import stamina

from flows.errors import TransientError


async def patiently(call: Callable[[], Awaitable[Any]], *, for_s: float) -> None:
    """Make a store call, again after transient errors, for a bounded time; then raise the last error."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + for_s

    def is_worth_it(error: Exception) -> bool:
        return isinstance(error, TransientError) and loop.time() < until_s

    async for attempt in stamina.retry_context(
        on=is_worth_it, attempts=None, timeout=None, wait_initial=0.2, wait_max=2.0
    ):
        with attempt:
            await call()
