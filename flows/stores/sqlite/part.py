"""Shared by the parts of the SQLite store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from flows.stores.rules import check_attempt
from flows.stores.sqlite.database import SqliteDatabase, Transaction
from flows.stores.times import micros


class SqlitePart:
    """Base of the parts of the SQLite store."""

    _database: SqliteDatabase
    _clock: Callable[[], datetime]

    def _now(self) -> int:
        return micros(self._clock())


async def fence(transaction: Transaction, job_id: UUID, attempt: int) -> None:
    """Raise StaleAttempt if a newer attempt of the job has begun."""
    rows = await transaction.fetch("attempt", job_id=str(job_id))
    check_attempt(job_id, attempt, rows[0][0] if rows else None)


def json_list(values: Iterable[str]) -> str:
    """A list of strings as one parameter of a statement."""
    return json.dumps(list(values))
