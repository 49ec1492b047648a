"""A store's cache of documents it has seen, so that it can overwrite them without reading them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class DocumentCache(Generic[K, V]):
    """The last `size` documents by key.

    Cached documents may be stale: use them only for a write that names the version.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The cached document, if any."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Cache a document, evicting the oldest if there are too many."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def known(self) -> list[K]:
        """The keys of all cached documents."""
        return list(self._kept)

    def forget(self, keys: Iterable[K]) -> None:
        """Drop documents from the cache."""
        for key in keys:
            self._kept.pop(key, None)
