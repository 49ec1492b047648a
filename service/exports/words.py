"""What an export holds."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from flows.knowledge import Entry
from flows.stores.base import Store
from flows.stores.finding import all_learned
from service.schemas import EntryView

Exported = Entry | EntryView


async def exported(store: Store) -> AsyncGenerator[Exported]:
    """Everything that is learned, by key: entries as they are stored, and words that are only defined."""
    async for found in all_learned(store):
        yield found if isinstance(found, Entry) else EntryView.of(found)
