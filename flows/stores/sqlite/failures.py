"""SQLite's errors as ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from flows.errors import ConfigurationError, LearningError, StoreFull, StoreReadOnly, StoreUnavailable

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_ROOM = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_TRUNCATE}
"""Codes of an exhausted disk quota or file size limit, besides SQLITE_FULL."""


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way and waiting helps."""
    return _code(error) & 0xFF in _BUSY


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Raise SQLite's errors as ours, with the cause chained.

    Mistakes in our SQL pass unchanged.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        meaning = _meaning(error, path)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: sqlite3.Error, path: Path) -> LearningError | None:
    code = _code(error)
    primary = code & 0xFF
    if primary in _BUSY:
        return StoreUnavailable(f"Another process has locked {path.name} ({path})")
    if primary == sqlite3.SQLITE_FULL or code in _NO_ROOM:
        return StoreFull(f"{path}: disk or disk quota full ({error}). Free some space; jobs wait for it")
    if primary in _BROKEN:
        return ConfigurationError(
            f"LEARN_STORE: {path} is not a valid SQLite database ({error}). Choose another file, or restore"
            " this one from a backup"
        )
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return StoreReadOnly(
            f"LEARN_STORE: {path} is not writable ({error}). Make the file and its folder writable, or choose"
            " another file"
        )
    if primary in {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_SCHEMA,
    }:
        return StoreUnavailable(f"{path}: {error}")
    return None


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code
