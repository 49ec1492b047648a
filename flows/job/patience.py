"""Store calls that are worth trying again."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, cast

import stamina

from flows.errors import StoreFull, StoreUnavailable, TransientError
from flows.stores.base import Store

AGAIN_S = 1.0
"""How long to wait before a store that was full is tried again."""


async def patiently(call: Callable[[], Awaitable[Any]], *, for_s: float) -> None:
    """Make a store call; repeat it after transient errors and while the store is full, for a limited time,
    then raise the last error.
    """
    loop = asyncio.get_running_loop()
    until_s = loop.time() + for_s

    def is_worth_it(error: Exception) -> bool:
        return isinstance(error, (TransientError, StoreFull)) and loop.time() < until_s

    async for attempt in stamina.retry_context(
        on=is_worth_it, attempts=None, timeout=None, wait_initial=0.2, wait_max=2.0
    ):
        with attempt:
            await call()


class WaitingStore:
    """A store whose calls wait while it is full, as long as `has_time` allows; any other error is raised.

    `tell` is called, with the reason, each time the store is full or locked by others.
    """

    def __init__(self, store: Store, *, has_time: Callable[[], bool], tell: Callable[[str], None]) -> None:
        self._store = store
        self._has_time = has_time
        self._tell = tell
        self._is_told = False

    @classmethod
    def of(cls, store: Store, *, has_time: Callable[[], bool], tell: Callable[[str], None]) -> Store:
        """The store, wrapped so that its calls wait."""
        return cast(Store, cls(store, has_time=has_time, tell=tell))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the store has there
        found = getattr(self._store, name)
        if not inspect.iscoroutinefunction(found):
            return found

        @wraps(found)
        async def call(*args: Any, **given: Any) -> Any:  # noqa: ANN401  as the store has them
            while True:
                try:
                    answer = await found(*args, **given)
                except (StoreFull, StoreUnavailable) as error:
                    if not self._is_told:
                        self._is_told = True
                        self._tell(str(error))
                    if not isinstance(error, StoreFull) or not self._has_time():
                        raise
                    await asyncio.sleep(AGAIN_S)
                else:
                    self._is_told = False
                    return answer

        return call
