"""Where knowledge is stored: one module per store, selected by URL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flows.errors import ConfigurationError
from flows.extras import needing
from flows.knowledge import utc_now
from flows.stores.base import JobStore, KnowledgeStore, Store

__all__ = ["JobStore", "KnowledgeStore", "Store", "open_store"]

LOCAL = "sqlite:///relative/path.db, sqlite:////absolute/path.db, memory:// or memory://name"
FORMS = f"{LOCAL}, firestore://project/database"


def open_store(
    url: str,
    *,
    language: str = "en",
    clock: Callable[[], datetime] = utc_now,
    is_read_only: bool = False,
) -> Store:
    """The store at a URL, to be opened with `async with`.

    The backend's driver is imported here, not before. Claims and cached evidence expire by `clock`. With
    `is_read_only` a file is opened without writing, for one that cannot be written. Raises ConfigurationError
    for an unknown form of URL, or if the driver's package is missing; opening raises LanguageMismatch if the
    store holds another language.
    """
    scheme, separator, location = url.partition("://")
    if separator and scheme == "sqlite":
        from flows.stores.sqlite import SqliteStore, path_of

        return SqliteStore(
            path_of(location), language=language, url=url, clock=clock, is_read_only=is_read_only
        )
    if separator and scheme == "memory":
        from flows.stores.memory import MemoryStore

        return MemoryStore(location, language=language, clock=clock)
    if separator and scheme == "firestore":
        with needing("firestore", asked_by="LEARN_STORE", otherwise=f"Or use {LOCAL}."):
            from flows.stores.firestore import FirestoreStore, Location

        return FirestoreStore(Location.parse(location), language=language, clock=clock)
    raise ConfigurationError(f"LEARN_STORE: {url!r} is not a store URL. Use one of {FORMS}")
