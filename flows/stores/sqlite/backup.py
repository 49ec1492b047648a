"""Backups of a SQLite store: taken while jobs write, checked, and put back whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from flows.errors import (
    ConfigurationError,
    InvalidInput,
    LanguageMismatch,
    SchemaTooNew,
    StoreInUse,
)
from flows.stores.sqlite.database import APPLICATION_ID
from flows.stores.sqlite.failures import is_busy, translated
from flows.stores.sqlite.opening import WayToRead, ways_to_read
from flows.stores.sqlite.statements import migrations

BUSY_S = 5.0
PROBLEMS_TOLD = 3


class BackupContents(NamedTuple):
    """What a backup holds, and its size."""

    words: int
    jobs: int
    bytes: int


def back_up(store: Path, file: Path) -> BackupContents:
    """Copy a store, which others may read and write meanwhile, into a new file as of one moment; the copy is
    checked before it gets its name. An existing file is replaced.

    A store that cannot be written must be at rest: it is read without a lock, so a write meanwhile ends the
    backup with StoreUnavailable.

    Raises ConfigurationError if there is no store of ours, StoreUnavailable, StoreFull and OSError.
    """
    partial = file.with_name(f"{file.name}.part-{os.getpid()}")
    try:
        # nobody else may read it, and nobody can have put a link in its place
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with translated(store), _opened_to_read(store) as source, closing(_opened(partial)) as copy:
            # in one step: it reads as of one moment, and writers go on in the write-ahead log
            source.backup(copy)
        contents = check(partial)
        _sync(partial)
        partial.replace(file)
        _sync(file.parent)
    except BaseException:
        _remove(partial)
        raise
    return contents


def check(file: Path) -> BackupContents:
    """What a backup holds.

    Raises ConfigurationError if the file is damaged or is no store, and SchemaTooNew.
    """
    with _own(file) as connection:
        version, _ = _identity(connection, file)
        if version > len(migrations()):
            raise SchemaTooNew(f"{file} was written by a newer version of learning-pipeline. Upgrade first")
        found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({PROBLEMS_TOLD})")]
        if found != ["ok"]:
            raise ConfigurationError(f"{file} is damaged ({'; '.join(found)}). Use another backup")
        (words,) = connection.execute("SELECT count(*) FROM known_words WHERE depth > 0").fetchone()
        (jobs,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
    return BackupContents(words, jobs, file.stat().st_size)


def restore_backup(file: Path, store: Path, *, language: str, may_replace: bool = False) -> BackupContents:
    """Make a store hold what a backup holds, in one transaction: a failure leaves it as it was.

    Raises what `check` does; LanguageMismatch if the backup is of another language; StoreInUse if anybody has
    the store open; InvalidInput if it holds words or jobs, unless `may_replace`.
    """
    contents = check(file)
    with _own(file) as source:
        _, held = _identity(source, file)
        if held != language:
            raise LanguageMismatch(
                f"LEARN_LANGUAGE: {file} is for the language {held!r}, not {language!r}. Set"
                f" LEARN_LANGUAGE={held}"
            )
        is_new = not store.exists()
        if is_new:
            store.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(store, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with translated(store), _alone(store) as target:
                _check_target(target, store, may_replace=may_replace)
                source.backup(target)
            check(store)
        except BaseException:
            if is_new:
                _remove(store)
            raise
    return contents


@contextmanager
def _alone(store: Path) -> Generator[sqlite3.Connection]:
    """A connection to a store that nobody else has open, or can open until it is closed. Raises
    StoreInUse.
    """
    with closing(_opened(store)) as connection:
        connection.execute("PRAGMA busy_timeout = 200")
        try:
            # a process that has the file open in WAL mode holds a lock that stands in the way of both
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            raise StoreInUse(
                f"{store} is in use. Stop `learn up` and the jobs that use it, or set LEARN_STORE to another"
                " file"
            ) from error
        yield connection


def _check_target(connection: sqlite3.Connection, store: Path, *, may_replace: bool) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall():
        return
    version, _ = _identity(connection, store)
    if version > len(migrations()):
        raise SchemaTooNew(f"{store} was written by a newer version of learning-pipeline. Upgrade first")
    (is_full,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM known_words) OR EXISTS (SELECT 1 FROM jobs)"
    ).fetchone()
    if is_full and not may_replace:
        raise InvalidInput(
            "LEARN_STORE",
            f"{store} already holds knowledge",
            "Back it up, then use --force to replace it; or set LEARN_STORE to another file.",
        )


def _identity(connection: sqlite3.Connection, file: Path) -> tuple[int, str]:
    """The schema version and the language. Raises ConfigurationError if the file is not one of our stores."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        raise ConfigurationError(f"{file} is not a store of learning-pipeline")
    (language,) = connection.execute("SELECT value FROM metadata WHERE name = 'language'").fetchone()
    return version, language


@contextmanager
def _own(file: Path) -> Generator[sqlite3.Connection]:
    """A connection to a backup. Nobody else writes to it, and reading does not change it."""
    if not file.is_file():
        raise ConfigurationError(f"{file} does not exist, or is not a file")
    uri = f"file:{quote(bytes(file.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise ConfigurationError(
            f"{file} is not a store of learning-pipeline, or is damaged ({error})"
        ) from error


def _opened(file: Path, uri: str | None = None) -> sqlite3.Connection:
    if not file.is_file():
        raise ConfigurationError(f"{file} does not exist yet; the first job creates it")
    uri = uri or f"file:{quote(bytes(file.absolute()))}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


@contextmanager
def _opened_to_read(store: Path) -> Generator[sqlite3.Connection]:
    """A connection to a store of ours, also if it cannot be written. Raises StoreUnavailable if that store is
    written meanwhile.
    """
    ways: list[WayToRead | None] = [None, *ways_to_read(store.absolute())]
    while True:
        way = ways.pop(0)
        with (
            way.reading() if way else nullcontext(),
            closing(_opened(store, way.uri if way else None)) as connection,
        ):
            try:
                _identity(connection, store)
            except sqlite3.OperationalError as error:
                if not ways or is_busy(error):
                    raise
                continue
            yield connection
            return


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(file: Path) -> None:
    for path in (file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal"))):
        with suppress(FileNotFoundError):
            path.unlink()
