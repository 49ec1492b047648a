"""Work that must finish even if the task waiting for it is cancelled, and how long a stop may take."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

STOP_GRACE_S = 8.0
"""A job that is told to stop keeps its results within this time; who waits for it waits a little longer."""


async def finish(work: Coroutine[Any, Any, T], *, within_s: float) -> T:
    """The result of the work, which continues if this task is cancelled, however often; the cancellation is
    raised afterwards.

    An anyio scope, such as Prefect's, cancels every further wait of a task, so `asyncio.shield` alone would
    abandon the work. Work that takes longer than `within_s` seconds is itself cancelled, and TimeoutError is
    raised.
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
            task.exception()  # reported by the cancellation instead
        raise cancelled
    return task.result()


async def _within(work: Coroutine[Any, Any, T], within_s: float) -> T:
    async with asyncio.timeout(within_s):
        return await work
