"""The SQLite store as a whole: opening and closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

from flows.errors import ConfigurationError
from flows.knowledge import utc_now
from flows.stores.sqlite.bookkeeping import SqliteBookkeeping
from flows.stores.sqlite.contents import SqliteContents
from flows.stores.sqlite.database import SqliteDatabase
from flows.stores.sqlite.entries import SqliteEntries
from flows.stores.sqlite.frontier import SqliteFrontier
from flows.stores.sqlite.jobs import SqliteJobs
from flows.stores.sqlite.mending import SqliteMending
from flows.stores.sqlite.words import SqliteWords


class SqliteStore(
    SqliteWords,
    SqliteEntries,
    SqliteFrontier,
    SqliteJobs,
    SqliteBookkeeping,
    SqliteContents,
    SqliteMending,
):
    """Everything in one file in WAL mode.

    A write waits at most `busy_timeout_s` seconds for another process. With `is_read_only` the file is opened
    without writing to it or its folder.
    """

    has_full_text = True

    def __init__(
        self,
        path: Path,
        *,
        language: str = "en",
        url: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        busy_timeout_s: float = 5.0,
        is_read_only: bool = False,
    ) -> None:
        self.url = url or f"sqlite:///{quote(bytes(path))}"
        self._language = language
        self._is_read_only = is_read_only
        self._clock = clock
        self._database = SqliteDatabase(path, busy_timeout_s=busy_timeout_s)

    def now(self) -> datetime:
        """The time that decides whether claims and cached evidence have expired."""
        return self._clock()

    async def __aenter__(self) -> Self:
        if self._is_read_only:
            await self._database.open_to_read(language=self._language)
        else:
            await self._database.open(language=self._language)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._database.close()


def path_of(location: str) -> Path:
    """The file in the part of a URL after `sqlite://`: `/relative.db`, `//absolute/path.db`, `/~/in/home.db`.
    Raises ConfigurationError.
    """
    slash, path = location[:1], unquote(location[1:], errors="surrogateescape")
    if slash != "/" or not path.strip("/") or path.endswith("/") or path == ":memory:" or "\0" in path:
        raise ConfigurationError(
            f"LEARN_STORE: sqlite://{location} is not a file URL. Use sqlite:///relative.db or"
            " sqlite:////absolute.db, or memory:// to keep everything in memory"
        )
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise ConfigurationError(
            f"LEARN_STORE: sqlite://{location}: {error}. Use an absolute path"
        ) from error
