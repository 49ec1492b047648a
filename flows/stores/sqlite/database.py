"""One SQLite file: a writing connection, a reading one, transactions that survive cancellation, migrations.

WAL with `synchronous=NORMAL`: a commit survives the death of any process at any time. Only a power failure
can lose the last commits, and it leaves the file intact.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from flows.core.identity.graphics import graphical_key
from flows.errors import ConfigurationError, StoreReadOnly
from flows.shielding import finish
from flows.stores.sqlite.failures import is_busy, translated
from flows.stores.sqlite.opening import WayToRead, check_identity, check_path, ways_to_read
from flows.stores.sqlite.statements import STATEMENTS, migrations, split_script

Scalar = str | int | float | None
Parameters = Mapping[str, Scalar]
Row = tuple[Any, ...]

APPLICATION_ID = 0x4C6E5057
TURN_S, CLOSE_S = 5.0, 15.0
"""Longest wait for a running transaction when the store is closed, and for the closing itself."""
SLICE_MS = 100
"""How long SQLite waits for the write lock in its thread at a time, in milliseconds: a cancelled caller waits
no longer than this.
"""


class Transaction:
    """An open write transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def fetch(self, name: str, **parameters: Scalar) -> list[Row]:
        """Run a named statement and return its rows."""
        return await self.fetch_sql(STATEMENTS[name], parameters)

    async def fetch_sql(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Run a statement and return its rows."""
        return [tuple(row) for row in await self._connection.execute_fetchall(sql, parameters or {})]

    async def run_many(self, name: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement for each of the rows."""
        await self._connection.executemany(STATEMENTS[name], list(rows))


class SqliteDatabase:
    """An SQLite file, between `open` and `close`.

    All methods may be called concurrently from one event loop.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = 5.0) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._turn = asyncio.Lock()
        self._writer: aiosqlite.Connection | None = None
        self._reader: aiosqlite.Connection | None = None
        self._way: WayToRead | None = None
        """How the reader was opened, if the file is only read."""

    async def open(self, *, language: str) -> None:
        """Open or create the file and migrate its schema.

        Raises ConfigurationError and StoreUnavailable.
        """
        check_path(self.path)
        try:
            with translated(self.path):
                self._writer = await self._connect()
                # the first look into the file, which others may hold
                [[pages]] = await self._patiently("PRAGMA page_count")
                # of a new file only; an older one takes it over when `learn prune --yes` rewrites it
                # (SQLite takes the write lock for it, so that a file in use is left alone)
                if not pages:
                    await self._patiently("PRAGMA auto_vacuum = INCREMENTAL")
                await self._patiently("PRAGMA journal_mode = WAL")
                await self._patiently("PRAGMA synchronous = NORMAL")
            await self._migrate(language)
            with translated(self.path):
                self._reader = await self._connect()
                await self._patiently("PRAGMA query_only = ON", self._reader)
                await self._reader.execute_fetchall(
                    f"PRAGMA busy_timeout = {int(self._busy_timeout_s * 1000)}"
                )
        except BaseException:
            await self.close()
            raise

    async def open_to_read(self, *, language: str) -> None:
        """Open a file that cannot be written, or whose disk is full, for reading only.

        Raises StoreReadOnly if it must be upgraded first, ConfigurationError and StoreUnavailable.
        """
        try:
            stored = await self._read_first(*ways_to_read(self.path))
            if stored is None or stored[0] < len(migrations()):
                raise StoreReadOnly(  # noqa: TRY301  and close, as after any other failure
                    f"LEARN_STORE: {self.path} is from an earlier version, and cannot be upgraded without"
                    " writing it"
                )
            check_identity(self.path, *stored, language)
        except BaseException:
            await self.close()
            raise

    async def _read_first(self, way: WayToRead, *others: WayToRead) -> tuple[int, str] | None:
        """Connect the reader in the first way that works, and read the identity."""
        self._way = way
        with self._reading():
            try:
                self._reader = await self._connect(way.uri)
                return await self._read_identity(self._reader)
            except sqlite3.OperationalError as error:
                # a busy file is open elsewhere, so it must not be read as one that nobody changes
                if not others or is_busy(error):
                    raise
            await self._close()
        return await self._read_first(*others)

    @contextmanager
    def _reading(self) -> Generator[None]:
        """What every read of the file passes through."""
        with self._way.reading() if self._way else nullcontext(), translated(self.path):
            yield

    async def close(self) -> None:
        """Close both connections; the last process to close a file merges its write-ahead log into it."""
        with translated(self.path):
            await finish(self._close(), within_s=CLOSE_S)

    async def _close(self) -> None:
        # let another task's running transaction finish first, or its lock would stay behind
        has_turn = False
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN_S):
                has_turn = await self._turn.acquire()
        writer, self._writer = self._writer, None
        reader, self._reader = self._reader, None
        if has_turn:
            self._turn.release()
        async with AsyncExitStack() as both:
            for connection in (writer, reader):
                if connection is not None:
                    both.push_async_callback(connection.close)

    async def fetch(self, name: str, *, condition: str = "", **parameters: Scalar) -> list[Row]:
        """Run a named read-only statement; `condition` replaces the statement's placeholder."""
        if self._reader is None:
            raise RuntimeError("The store is not open; use it within `async with`")
        sql = STATEMENTS[name]
        if "{condition}" in sql:
            sql = sql.format(condition=condition)
        with self._reading():
            return [tuple(row) for row in await self._reader.execute_fetchall(sql, parameters)]

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Commit everything in the block together at its end, or nothing.

        Other writers, in this process and others, wait. Raises StoreUnavailable if the lock is not released
        in time. However the block ends, no transaction stays open: the connection's thread works in order, so
        the roll-back follows whatever a cancelled caller had requested.
        """
        with translated(self.path):
            async with self._turn:
                if (writer := self._writer) is None:
                    raise RuntimeError("The store is not open; use it within `async with`")
                try:
                    await self._patiently("BEGIN IMMEDIATE")
                    yield Transaction(writer)
                    await writer.execute_fetchall("COMMIT")
                except BaseException:
                    await finish(writer.rollback(), within_s=CLOSE_S)
                    raise

    async def pages(self) -> tuple[int, int, int, int]:
        """The file's page size in bytes, its pages, those of them that are free, and SQLite's way of giving
        free pages back (0 none, 1 at once, 2 when told).
        """
        if self._reader is None:
            raise RuntimeError("The store is not open; use it within `async with`")
        with self._reading():
            found = [
                (await self._reader.execute_fetchall(f"PRAGMA {name}"))
                for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
            ]
        size, pages, free, way = [next(iter(rows))[0] for rows in found]
        return size, pages, free, way

    async def shrink(self, pages: int | None) -> None:
        """Give at most this many free pages back, where the file was made for that; None gives all back, and
        makes it so.
        """
        is_rewritten = pages is None and (await self.pages())[3] == 0
        async with self._turn:
            if self._writer is not None:
                with translated(self.path):
                    if is_rewritten:
                        await self._writer.execute_fetchall("PRAGMA auto_vacuum = INCREMENTAL")
                        await self._patiently("VACUUM")
                    else:
                        # as a script, for else Python takes one step of it only: a page
                        await self._writer.executescript(f"PRAGMA incremental_vacuum({pages or 0:d})")
                    await self._patiently("PRAGMA wal_checkpoint(PASSIVE)")

    async def _patiently(self, sql: str, connection: aiosqlite.Connection | None = None) -> list[Row]:
        """Run a statement that needs a lock, usually the writer's, until it succeeds or time is up."""
        connection = connection or self._writer
        assert connection is not None  # noqa: S101  only an open store runs statements
        deadline = asyncio.get_running_loop().time() + self._busy_timeout_s
        while True:
            try:
                return [tuple(row) for row in await connection.execute_fetchall(sql)]
            except sqlite3.OperationalError as error:
                if not is_busy(error) or asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(0.005)

    async def _connect(self, uri: str | None = None) -> aiosqlite.Connection:
        failures: list[sqlite3.Error] = []

        def open_file() -> sqlite3.Connection:
            try:
                return sqlite3.connect(
                    uri or self.path, isolation_level=None, cached_statements=256, uri=uri is not None
                )
            except sqlite3.Error as error:
                # otherwise aiosqlite leaves its thread running, which complains on the terminal
                failures.append(error)
                return sqlite3.connect(":memory:")

        connection = await aiosqlite.Connection(open_file, iter_chunk_size=64)
        try:
            if failures:
                raise failures[0]  # noqa: TRY301  and close, as after any other failure
            await connection.execute_fetchall(f"PRAGMA busy_timeout = {SLICE_MS}")
            # both look into the file, which others may hold
            await self._patiently("PRAGMA cache_size = -32000", connection)
            await self._patiently("PRAGMA foreign_keys = ON", connection)
            # for the migration that adds graphical keys
            await connection.create_function("graphical_key", 1, graphical_key, deterministic=True)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _migrate(self, language: str) -> None:
        with translated(self.path):
            stored = await self._read_identity()
        if stored is None or stored[0] < len(migrations()):
            async with self.transaction() as transaction:
                stored = await self._read_identity()
                version = stored[0] if stored else 0
                for number, migration in enumerate(migrations()[version:], start=version + 1):
                    for statement in split_script(migration.read_text(encoding="utf-8")):
                        await transaction.fetch_sql(statement)
                    await transaction.fetch_sql(f"PRAGMA user_version = {number}")
                if stored is None:
                    await transaction.fetch_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                    await transaction.fetch_sql(
                        "INSERT INTO metadata (name, value) VALUES ('language', :language)",
                        {"language": language},
                    )
            stored = await self._read_identity()
        check_identity(self.path, *(stored or (0, language)), language)

    async def _read_identity(self, connection: aiosqlite.Connection | None = None) -> tuple[int, str] | None:
        """The schema version and the language; None for an empty file.

        Raises ConfigurationError for another program's database.
        """
        ((application_id,),) = await self._patiently("PRAGMA application_id", connection)
        ((version,),) = await self._patiently("PRAGMA user_version", connection)
        if application_id != APPLICATION_ID:
            tables = await self._patiently("SELECT name FROM sqlite_schema LIMIT 1", connection)
            if tables or version:
                raise ConfigurationError(
                    f"LEARN_STORE: {self.path} belongs to another program. Choose another file"
                )
            return None
        named = "SELECT value FROM metadata WHERE name = 'language'"
        ((language,),) = await self._patiently(named, connection)
        return version, language
