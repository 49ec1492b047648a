"""One SQLite file: a connection that writes, one that reads, transactions that survive cancellation,
migrations.

WAL with `synchronous=NORMAL`: what was committed survives the death of any process at any moment. Only a
power cut may take the last commits with it, and it leaves the file sound.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from flows.errors import ConfigurationError, LanguageMismatch, SchemaTooNew
from flows.shielding import finish
from flows.stores.sqlite.failures import is_busy, translated
from flows.stores.sqlite.statements import STATEMENTS, migrations, split_script

Scalar = str | int | float | None
Parameters = Mapping[str, Scalar]
Row = tuple[Any, ...]

APPLICATION_ID = 0x4C6E5057
TURN_S, CLOSE_S = 5.0, 15.0
"""Longest wait for a transaction that is under way when the store is closed, and for the closing itself."""
SLICE_MS = 100
"""How long SQLite waits for the write lock in its thread at a stretch, milliseconds: a cancelled caller waits
no longer than this.
"""


class Transaction:
    """An open write transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def fetch(self, name: str, **parameters: Scalar) -> list[Row]:
        """Run a named statement, and give its rows."""
        return await self.fetch_sql(STATEMENTS[name], parameters)

    async def fetch_sql(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Run a statement, and give its rows."""
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

    async def open(self, *, language: str) -> None:
        """Open or create the file, bring its schema up to date.

        Raises ConfigurationError and StoreUnavailable.
        """
        self._check_path()
        try:
            with translated(self.path):
                self._writer = await self._connect()
                await self._patiently("PRAGMA journal_mode = WAL")
                await self._writer.execute_fetchall("PRAGMA synchronous = NORMAL")
            await self._migrate(language)
            with translated(self.path):
                self._reader = await self._connect()
                await self._reader.execute_fetchall("PRAGMA query_only = ON")
                await self._reader.execute_fetchall(
                    f"PRAGMA busy_timeout = {int(self._busy_timeout_s * 1000)}"
                )
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close both connections; the last one to leave a file folds its log back into it."""
        with translated(self.path):
            await finish(self._close(), within_s=CLOSE_S)

    async def _close(self) -> None:
        # a transaction that somebody else is at is over first, or its lock would stay behind
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
        """Run a named statement that only reads; `condition` goes where the statement has a place for it."""
        if self._reader is None:
            raise RuntimeError("The store is not open; use it within `async with`")
        sql = STATEMENTS[name]
        if "{condition}" in sql:
            sql = sql.format(condition=condition)
        with translated(self.path):
            return [tuple(row) for row in await self._reader.execute_fetchall(sql, parameters)]

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Everything in the block is committed together at its end, or not at all.

        Other writers of this and other processes wait.

        Raises StoreUnavailable when the lock does not come free in time. However the block is left, no
        transaction stays open: the thread of the connection works in order, so the roll-back stands behind
        whatever a cancelled caller had asked for.
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

    async def _patiently(self, sql: str) -> None:
        """Run a statement of the writer that needs a lock, until it succeeds or the time for it is over."""
        assert self._writer is not None  # noqa: S101
        deadline = asyncio.get_running_loop().time() + self._busy_timeout_s
        while True:
            try:
                await self._writer.execute_fetchall(sql)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(0.005)
            else:
                return

    async def _connect(self) -> aiosqlite.Connection:
        failures: list[sqlite3.Error] = []

        def open_file() -> sqlite3.Connection:
            try:
                return sqlite3.connect(self.path, isolation_level=None, cached_statements=256)
            except sqlite3.Error as error:
                # aiosqlite would leave its thread behind, which complains on the terminal
                failures.append(error)
                return sqlite3.connect(":memory:")

        connection = await aiosqlite.Connection(open_file, iter_chunk_size=64)
        try:
            if failures:
                raise failures[0]  # noqa: TRY301  and close, as after any other failure
            await connection.execute_fetchall(f"PRAGMA busy_timeout = {SLICE_MS}")
            await connection.execute_fetchall("PRAGMA cache_size = -32000")
            await connection.execute_fetchall("PRAGMA foreign_keys = ON")
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
        version, held = stored or (0, language)
        if version > len(migrations()):
            raise SchemaTooNew(
                f"LEARN_STORE: {self.path} was written by a newer version of learning-pipeline. Upgrade, or"
                " choose another file"
            )
        if held != language:
            raise LanguageMismatch(
                f"LEARN_LANGUAGE: {self.path} is for the language {held!r}, not {language!r}. Set"
                f" LEARN_LANGUAGE={held} or choose another file"
            )

    async def _read_identity(self) -> tuple[int, str] | None:
        """The version of the schema and the language; None for an empty file.

        Raises ConfigurationError for another program's database.
        """
        assert self._writer is not None  # noqa: S101
        ((application_id,),) = await self._writer.execute_fetchall("PRAGMA application_id")
        ((version,),) = await self._writer.execute_fetchall("PRAGMA user_version")
        if application_id != APPLICATION_ID:
            tables = await self._writer.execute_fetchall("SELECT name FROM sqlite_schema LIMIT 1")
            if tables or version:
                raise ConfigurationError(
                    f"LEARN_STORE: {self.path} belongs to another program. Choose another file"
                )
            return None
        ((language,),) = await self._writer.execute_fetchall(
            "SELECT value FROM metadata WHERE name = 'language'"
        )
        return version, language

    def _check_path(self) -> None:
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"LEARN_STORE: cannot create the folder {folder} ({error.strerror}). Choose a file in a"
                " writable folder"
            ) from error
        if self.path.is_dir():
            raise ConfigurationError(f"LEARN_STORE: {self.path} is a folder. Choose a file in it")
        for place in (folder, self.path):
            if place.exists() and not os.access(place, os.W_OK):
                raise ConfigurationError(
                    f"LEARN_STORE: {place} is not writable. Make it writable, or choose another file"
                )
