"""A document store for the peers: collections of JSON documents in one SQLite file.

Each `set` is a commit of its own, as it is a request of its own at Firestore, whose latency nobody pays here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Documents:
    """Opens or creates the file. `operations` counts documents read and written."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents (collection TEXT, id TEXT, document TEXT,"
            " PRIMARY KEY (collection, id)) WITHOUT ROWID"
        )
        self.operations = 0

    def get(self, collection: str, name: str) -> dict[str, Any] | None:
        """One document, None where there is none."""
        self.operations += 1
        row = self._database.execute(
            "SELECT document FROM documents WHERE collection = ? AND id = ?", (collection, name)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def set(self, collection: str, name: str, document: dict[str, Any]) -> None:
        """Write one document."""
        self.set_many([(collection, name, document)])

    def set_many(self, documents: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Write some documents in one commit."""
        rows = [(collection, name, json.dumps(document)) for collection, name, document in documents]
        self.operations += len(rows)
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", rows)

    def names(self, collection: str) -> set[str]:
        """The names of all documents of a collection."""
        found = {
            name
            for (name,) in self._database.execute(
                "SELECT id FROM documents WHERE collection = ?", (collection,)
            )
        }
        self.operations += len(found)
        return found

    def all(self, collection: str) -> list[dict[str, Any]]:
        """All documents of a collection."""
        rows = self._database.execute("SELECT document FROM documents WHERE collection = ?", (collection,))
        return [json.loads(row[0]) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()
