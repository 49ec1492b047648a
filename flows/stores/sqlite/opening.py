"""What a SQLite file must be to be opened."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from flows.errors import ConfigurationError, LanguageMismatch, SchemaTooNew, StoreReadOnly
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


def uris_to_read(path: Path) -> tuple[str, ...]:
    """The URIs that open a file for reading only, each to try if the one before fails."""
    shared = f"file:{quote(bytes(path))}?mode=ro"
    alone = f"{shared}&immutable=1"
    try:
        is_empty = path.with_name(f"{path.name}-wal").stat().st_size == 0
    except FileNotFoundError:
        # without a log nobody has the file open, and SQLite needs no index of it beside the file
        return (alone,)
    # an empty log is one left behind, or that of a process which has just opened the file
    return (shared, alone) if is_empty else (shared,)
