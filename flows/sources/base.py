"""What is looked up: research sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from flows.knowledge import Evidence, Word


class Source(Protocol):
    """Looks words up, at most `batch_size` in a call, with a request or two a call.

    Whoever opened its connection closes it.
    """

    name: str
    batch_size: int
    stands_in_for: str | None
    """Name of the source of whose words it is asked only those for which that one found little; None: it is
    asked for all.
    """

    async def look_up(
        self, words: Sequence[Word], *, topic: str | None = None
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """Evidence by word key, the strongest first; a word that is not found is absent.

        The topic chooses among several meanings.

        Raises RateLimited or SourceUnavailable, and SourceRefused where trying again is in vain.
        """
        ...
