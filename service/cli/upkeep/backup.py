"""`learn backup` and `learn restore`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer

from flows.core.progress import format_count
from flows.errors import InvalidInput
from flows.settings import read_settings
from flows.stores.sqlite import path_of
from flows.stores.sqlite.backup import BackupContents, back_up, restore_backup
from service.cli.output.console import DONE
from service.exports.files import checked


async def back_up_and_tell(file: str, *, may_overwrite: bool, is_json: bool) -> int:
    """Back the configured store up, which may be in use, and say what the backup holds."""
    store = _file_of(read_settings().store, "backed up")
    target = checked(file, may_overwrite=may_overwrite)
    if target.exists() and store.exists() and target.samefile(store):
        raise InvalidInput("FILE", "is the store itself", "Give another name.")
    held = await asyncio.to_thread(back_up, store, target)
    return _tell(f"Backed up to {target}", held, is_json=is_json)


async def restore_and_tell(file: str, *, may_replace: bool, is_json: bool) -> int:
    """Restore the configured store from a backup, and say what it holds now."""
    settings = read_settings()
    store, source = _file_of(settings.store, "restored"), _path(file)
    if source.exists() and store.exists() and source.samefile(store):
        raise InvalidInput("FILE", "is the store itself", "Give a backup.")
    held = await asyncio.to_thread(
        restore_backup, source, store, language=settings.language, may_replace=may_replace
    )
    return _tell(f"Restored {store}", held, is_json=is_json)


def _path(file: str) -> Path:
    try:
        return Path(file).expanduser()
    except RuntimeError as error:
        raise InvalidInput(
            "FILE", "names a user that does not exist on this machine", "Give a full path."
        ) from error


def _file_of(url: str, what: str) -> Path:
    """The file of a SQLite store. Raises InvalidInput for another store."""
    if not url.startswith("sqlite://"):
        raise InvalidInput(
            "LEARN_STORE",
            f"only a SQLite store can be {what}",
            "Use `learn copy --to sqlite:///…` or `learn copy --from sqlite:///… --to …`.",
        )
    return path_of(url.removeprefix("sqlite://"))


def _tell(done: str, held: BackupContents, *, is_json: bool) -> int:
    if is_json:
        typer.echo(json.dumps(held._asdict()))
    else:
        words, jobs = format_count(held.words, "word"), format_count(held.jobs, "job")
        typer.echo(f"{done}: {words}, {jobs}, {held.bytes / 1e6:,.1f} MB; checked.")
    return DONE
