"""What a store remembers of documents that it has seen, so that it can write over them without reading them
again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class DocumentCache(Generic[K, V]):
    """The last `size` documents by key.

    What is remembered may be out of date: trust it only for a write that names the version.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is remembered of a document."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Remember a document, in place of the one that was remembered first where there are too many."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def known(self) -> list[K]:
        """Of which documents something is remembered."""
        return list(self._kept)

    def forget(self, keys: Iterable[K]) -> None:
        """Forget documents."""
        for key in keys:
            self._kept.pop(key, None)
