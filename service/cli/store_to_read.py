"""The store for commands that only read it, which need not be writable."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from flows.errors import LearningError, StoreFull, StoreReadOnly
from flows.stores import open_store
from flows.stores.base import Store


@asynccontextmanager
async def store_to_read(url: str, *, language: str) -> AsyncGenerator[tuple[Store, LearningError | None]]:
    """Open a store to read it, also if it cannot be written or its disk is full.

    Yields the store, and what prevents writing it, if anything. Raises what `open_store` does.
    """
    async with AsyncExitStack() as stack:
        problem: LearningError | None = None
        try:
            store = await stack.enter_async_context(open_store(url, language=language))
        except (StoreReadOnly, StoreFull) as error:
            problem = error
            only_read = open_store(url, language=language, is_read_only=True)
            try:
                store = await stack.enter_async_context(only_read)
            except LearningError:
                raise error from None
        yield store, problem


@asynccontextmanager
async def store_to_change(url: str, *, language: str, is_dry_run: bool) -> AsyncGenerator[Store]:
    """Open a store to change it, or only to read it if this is a dry run."""
    if is_dry_run:
        async with store_to_read(url, language=language) as (store, _):
            yield store
    else:
        async with open_store(url, language=language) as store:
            yield store
