"""Research sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from flows.knowledge import Evidence, Word


class Source(Protocol):
    """Looks words up, at most `batch_size` per call, with one or two requests per call.

    The caller that opened its connection closes it.
    """

    name: str
    batch_size: int
    stands_in_for: str | None
    """Another source's name: ask this source only for words on which that one found little. None: ask it for
    every word.
    """

    async def look_up(
        self, words: Sequence[Word], *, topic: str | None = None
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """Evidence by word key, strongest first; a word without any is absent.

        The topic chooses among several meanings. Raises RateLimited or SourceUnavailable, and SourceRefused
        if retrying is pointless.
        """
        ...
