"""Research sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from flows.knowledge import Evidence, Word

MOST_SENSES = 3
"""Meanings of a word that a dictionary gives as evidence."""


class Partial(dict[str, tuple[Evidence, ...]]):
    """Evidence by word key, where a part could not be asked for now: what is said of the keys in `unsure` may
    be too little, and is not worth keeping.
    """

    def __init__(self, found: Mapping[str, tuple[Evidence, ...]], *, unsure: Collection[str]) -> None:
        super().__init__(found)
        self.unsure = frozenset(unsure)


class Source(Protocol):
    """Looks words up, at most `batch_size` per call, with at most four requests per call.

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

        The topic chooses among several meanings. The answer may be Partial. Raises RateLimited or
        SourceUnavailable, and SourceRefused if retrying is pointless.
        """
        ...
