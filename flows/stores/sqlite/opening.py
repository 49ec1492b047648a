"""What a SQLite file must be to be opened."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from flows.errors import ConfigurationError, LanguageMismatch, SchemaTooNew, StoreReadOnly, StoreUnavailable
from flows.stores.sqlite.statements import migrations


def check_path(path: Path) -> None:
    """Raises ConfigurationError if the path is unusable, StoreReadOnly if the file cannot be written."""
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"LEARN_STORE: cannot create the folder {folder} ({error.strerror}). Choose a file in a"
            " writable folder"
        ) from error
    if path.is_dir():
        raise ConfigurationError(f"LEARN_STORE: {path} is a folder. Choose a file in it")
    for place in (folder, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreReadOnly(
                f"LEARN_STORE: {place} is not writable. Make it writable, or choose another file"
            )
    # the log and the index beside it get the permissions of the file; what is wrong SQLite says itself
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def check_identity(path: Path, version: int, held: str, language: str) -> None:
    """Raises SchemaTooNew or LanguageMismatch if the file holds another schema or language than we read."""
    if version > len(migrations()):
        raise SchemaTooNew(
            f"LEARN_STORE: {path} was written by a newer version of learning-pipeline. Upgrade, or"
            " choose another file"
        )
    if held != language:
        raise LanguageMismatch(
            f"LEARN_LANGUAGE: {path} is for the language {held!r}, not {language!r}. Set"
            f" LEARN_LANGUAGE={held} or choose another file"
        )


class FileState(NamedTuple):
    """What changes when somebody writes to a store."""

    bytes: int
    changed_ns: int
    log_bytes: int

    @classmethod
    def of(cls, path: Path) -> FileState | None:
        """The state of a file as it is now; None without a file."""
        try:
            file = path.stat()
        except FileNotFoundError:
            return None
        try:
            log_bytes = path.with_name(f"{path.name}-wal").stat().st_size
        except FileNotFoundError:
            log_bytes = 0
        return cls(file.st_size, file.st_mtime_ns, log_bytes)


@dataclass(frozen=True)
class WayToRead:
    """How to open a file for reading only."""

    path: Path
    is_at_rest: bool
    """Whether SQLite is told that nobody writes to it: it then reads without a lock."""
    before: FileState | None
    """The file as it was when the way was chosen."""

    @property
    def uri(self) -> str:
        """The URI for SQLite."""
        return f"file:{quote(bytes(self.path))}?mode=ro{'&immutable=1' if self.is_at_rest else ''}"

    @contextmanager
    def reading(self) -> Generator[None]:
        """Raises StoreUnavailable if somebody wrote to a file at rest before the end of the block: what the
        block read, or why it failed, is then of no one moment.
        """
        try:
            yield
        except Exception as error:
            if self._was_written():
                raise self._written() from error
            raise
        if self._was_written():
            raise self._written()

    def _was_written(self) -> bool:
        return self.is_at_rest and FileState.of(self.path) != self.before

    def _written(self) -> StoreUnavailable:
        return StoreUnavailable(f"{self.path} was written while it was read; try again")


def ways_to_read(path: Path) -> tuple[WayToRead, ...]:
    """The ways to open a file for reading only, each to try if the one before fails."""
    before = FileState.of(path)
    shared, at_rest = (
        WayToRead(path, is_at_rest=False, before=before),
        WayToRead(path, is_at_rest=True, before=before),
    )
    if not path.with_name(f"{path.name}-wal").exists():
        # without a log nobody has the file open, and SQLite needs no index of it beside the file
        return (at_rest,)
    # an empty log is one left behind, or that of a process which has just opened the file
    return (shared, at_rest) if before is None or not before.log_bytes else (shared,)
