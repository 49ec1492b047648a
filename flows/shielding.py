"""Work that must come to its end, whoever cancels the task that waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T], *, within_s: float) -> T:
    """The result of the work, which goes on when this task is cancelled, once or again and again; the
    cancellation is raised after it.

    An anyio scope, such as Prefect's, cancels every further wait of a task: `asyncio.shield` alone then
    leaves the work behind. Work that takes longer than `within_s` seconds is cancelled itself, and
    TimeoutError raised.
    """
    task = asyncio.create_task(_within(work, within_s))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # told by the cancellation instead
        raise cancelled
    return task.result()


async def _within(work: Coroutine[Any, Any, T], within_s: float) -> T:
    async with asyncio.timeout(within_s):
        return await work
