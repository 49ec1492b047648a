"""A SQLite store read with plain SQL."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Rows:
    """Everything in a store."""

    def __init__(self, store: Path) -> None:
        # a copy in memory, so that a check can change nothing
        self.database = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as file:
            file.backup(self.database)
        self.jobs = {job["job_id"]: job for job in self._documents("jobs")}
        self.entries = {entry["key"]: entry for entry in self._documents("solidified_knowledge")}
        self.rounds = sorted(self._documents("rounds"), key=lambda r: (r["job_id"], r["number"]))
        self.batches = sorted(self._documents("batches"), key=lambda b: b["created_at"])
        self.outcomes = [(batch, outcome) for batch in self.batches for outcome in batch["outcomes"]]
        self.accepted = [(r, c) for r in self.rounds for c in r["candidates"] if c["verdict"] == "accepted"]

    def _documents(self, table: str) -> list[Document]:
        return [json.loads(row[0]) for row in self.database.execute(f"SELECT document FROM {table}")]

    def all(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.database.execute(sql, parameters).fetchall()

    def of(self, job_id: str) -> tuple[list[Document], list[Document]]:
        """The rounds and batches of a job."""
        return [r for r in self.rounds if r["job_id"] == job_id], [
            b for b in self.batches if b["job_id"] == job_id
        ]

    def close(self) -> None:
        self.database.close()
