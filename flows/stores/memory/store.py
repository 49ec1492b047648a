"""The store in memory: same semantics as the others, for tests and trials in one process.

`memory://` is a new store each time, `memory://name` the same one for the life of the process.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from flows.errors import LanguageMismatch
from flows.knowledge import utc_now
from flows.stores.memory.bookkeeping import MemoryBookkeeping
from flows.stores.memory.contents import MemoryContents
from flows.stores.memory.frontier import MemoryFrontier
from flows.stores.memory.jobs import MemoryJobs
from flows.stores.memory.knowledge import MemoryKnowledge
from flows.stores.memory.mending import MemoryMending
from flows.stores.memory.state import MemoryState

_named: dict[str, MemoryState] = {}


class MemoryStore(
    MemoryKnowledge, MemoryFrontier, MemoryJobs, MemoryBookkeeping, MemoryContents, MemoryMending
):
    """Everything in dictionaries.

    No method yields before it is done, so each is atomic in its event loop.
    """

    has_full_text = False

    def __init__(
        self, name: str = "", *, language: str = "en", clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.url = f"memory://{name}"
        self._language = language
        self._clock = clock
        self._state = _named.setdefault(name, MemoryState()) if name else MemoryState()

    def now(self) -> datetime:
        """The time that decides whether claims and cached evidence have expired."""
        return self._clock()

    async def __aenter__(self) -> Self:
        if self._state.language not in {None, self._language}:
            raise LanguageMismatch(
                f"{self.url} is for the language {self._state.language!r}, not {self._language!r}. Set"
                " LEARN_LANGUAGE or use another store"
            )
        self._state.language = self._language
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closing keeps the contents."""
