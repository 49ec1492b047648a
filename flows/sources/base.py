"""What is looked up: research sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from flows.knowledge import Evidence, Word


class Source(Protocol):
    """Looks words up, at most `batch_size` in a call, with one request a call."""

    name: str
    batch_size: int

    async def look_up(self, words: Sequence[Word]) -> Mapping[str, tuple[Evidence, ...]]:
        """Evidence by word key, the strongest first; a word that is not found is absent.

        Raises RateLimited or SourceUnavailable.
        """
        ...
