"""The names of all words of a store, in a temporary file: to look words up many times, and read the store
once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, Self

from flows.core.identity.doubles import Place
from flows.knowledge import StoredName
from flows.stores.rules import ROWS_AT_ONCE, stored_graphical_key
from flows.stores.times import micros, moment_of

UNLISTED = 2**62
"""The rank of words that the lexicon lacks."""
_SCHEMA = """
CREATE TABLE name (
    key TEXT PRIMARY KEY, word TEXT, graphical TEXT, points_to TEXT, rank INTEGER, learned_at INTEGER,
    is_claimed INTEGER, lacks_graphical INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX by_graphical ON name (graphical, key) WHERE graphical IS NOT NULL;
CREATE INDEX lacking ON name (key) WHERE lacks_graphical;
"""
_PLACES = (
    "SELECT j.value, w.key, w.rank, w.learned_at FROM json_each(?) j CROSS JOIN name n ON n.key = j.value"
    " CROSS JOIN name w ON w.key = coalesce(n.points_to, n.key) WHERE w.points_to IS NULL"
)


class Name(NamedTuple):
    """A learned word by name."""

    key: str
    word: str


class NameIndex:
    """Learned words and aliases by key. Memory stays bounded: SQLite keeps what is too much in a file that
    goes when it is closed.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add(self, names: Iterable[StoredName], ranks: Mapping[str, int]) -> None:
        """Add names with the ranks that the lexicon gives them; words that are only claimed stay out, unless
        their row lacks its graphical key.
        """
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT OR REPLACE INTO name VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    name.key,
                    name.word,
                    stored_graphical_key(name.key),
                    name.of,
                    ranks.get(name.key, UNLISTED),
                    micros(name.learned_at) if name.learned_at else 0,
                    name.is_claimed,
                    name.lacks_graphical,
                )
                for name in names
                if name.depth is not None or name.of is not None
            ),
        )
        self._connection.execute("COMMIT")

    def __len__(self) -> int:
        ((count,),) = self._connection.execute("SELECT count(*) FROM name WHERE points_to IS NULL")
        return int(count)

    def pages(self) -> Iterator[list[Name]]:
        """The learned words by key, page by page."""
        after = ""
        while rows := self._connection.execute(
            "SELECT key, word FROM name WHERE key > ? AND points_to IS NULL ORDER BY key LIMIT ?",
            (after, ROWS_AT_ONCE),
        ).fetchall():
            yield [Name(*row) for row in rows]
            after = rows[-1][0]

    def lacking_graphical(self) -> Iterator[list[str]]:
        """The keys of rows that lack their graphical key, page by page."""
        after = ""
        while rows := self._connection.execute(
            "SELECT key FROM name INDEXED BY lacking WHERE lacks_graphical AND key > ? ORDER BY key LIMIT ?",
            (after, ROWS_AT_ONCE),
        ).fetchall():
            yield [key for (key,) in rows]
            after = rows[-1][0]

    def word(self, key: str) -> str:
        """How a stored word is written."""
        ((word,),) = self._connection.execute("SELECT word FROM name WHERE key = ?", (key,))
        return str(word)

    def is_claimed(self, *keys: str) -> bool:
        """Whether a job held a live claim on one of the words."""
        rows = self._connection.execute(
            "SELECT 1 FROM name WHERE key IN (SELECT value FROM json_each(?)) AND is_claimed", (_array(keys),)
        )
        return rows.fetchone() is not None

    def places(self, keys: Collection[str]) -> dict[str, tuple[str, Place]]:
        """See flows.core.identity.doubles.StoredWords."""
        return {
            key: (word, (rank, moment_of(learned_at), word))
            for key, word, rank, learned_at in self._connection.execute(_PLACES, (_array(keys),))
        }

    def alike(self, graphical_keys: Collection[str]) -> dict[str, list[str]]:
        """See flows.core.identity.doubles.StoredWords."""
        found: dict[str, list[str]] = {}
        for graphical, key in self._connection.execute(
            "SELECT n.graphical, n.key FROM json_each(?) j CROSS JOIN name n INDEXED BY by_graphical"
            " ON n.graphical = j.value ORDER BY n.key",
            (_array(graphical_keys),),
        ):
            found.setdefault(graphical, []).append(key)
        return found


def _array(keys: Collection[str]) -> str:
    return json.dumps(list(keys), ensure_ascii=False)
