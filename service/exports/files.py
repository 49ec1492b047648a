"""`learn export`: writes every entry as a line of JSON, and never leaves half a file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from flows.errors import ExtraMissing, InvalidInput
from service.exports.formats import Format, encoded, is_available
from service.exports.words import Exported

FORMAT_NAMES: Mapping[Format, str] = {"jsonl": "JSON lines", "csv": "CSV", "parquet": "Parquet"}


class Output(Protocol):
    """A binary output."""

    def write(self, data: bytes, /) -> int:
        """Write bytes, like a binary file."""
        ...

    def flush(self) -> None:
        """Flush, like a binary file."""
        ...


async def export_to(
    entries: AsyncIterator[Exported], target: str, *, may_overwrite: bool, format_: Format | None = None
) -> int:
    """Write all entries to a file, or to stdout for `-`, and return how many. Without a format the file's
    ending chooses it (see `format_of`).

    Raises InvalidInput if the file exists or its folder does not, ExtraMissing, and OSError.
    """
    chosen = format_ or format_of(target)
    if not is_available(chosen):
        raise ExtraMissing(
            "FILE: Parquet needs pyarrow: pip install 'learning-pipeline[parquet]'. Or export to .csv or"
            " .jsonl."
        )
    if target == "-":
        return await write_entries(entries, sys.stdout.buffer, chosen)
    with whole_file(checked(target, may_overwrite=may_overwrite)) as file:
        return await write_entries(entries, file, chosen)


def format_of(target: str) -> Format:
    """The format that a file's ending stands for: CSV, Parquet, else JSON lines."""
    ending = Path(target).suffix.casefold().removeprefix(".")
    return ending if ending in {"csv", "parquet"} else "jsonl"  # type: ignore[return-value]


async def write_entries(entries: AsyncIterator[Exported], file: Output, format_: Format) -> int:
    """Write all entries in constant memory, and return how many."""
    count = 0

    async def counted() -> AsyncIterator[Exported]:
        nonlocal count
        async for entry in entries:
            count += 1
            yield entry

    async for part in encoded(counted(), format_):
        file.write(part)
    file.flush()
    return count


def checked(target: str, *, may_overwrite: bool) -> Path:
    """The path to write. Raises InvalidInput if it exists or its folder does not."""
    try:
        path = Path(target).expanduser()
    except RuntimeError as error:
        raise InvalidInput(
            "FILE", "names a user whom this machine does not know", "Give a full path."
        ) from error
    if path.is_dir():
        raise InvalidInput("FILE", f"{path} is a folder", f"Give a file, such as {path / 'entries.jsonl'}.")
    if path.exists() and not may_overwrite:
        raise InvalidInput(
            "FILE", f"{path} already exists", "Give another name, or use --force to overwrite it."
        )
    if not path.parent.is_dir():
        raise InvalidInput("FILE", f"the folder {path.parent} does not exist", "Create it first.")
    return path


@contextmanager
def whole_file(path: Path) -> Generator[Output]:
    """A file that appears under its name only when complete; a failed write leaves nothing behind."""
    if path.exists() and not path.is_file():  # a device such as /dev/stdout can't be replaced by renaming
        with path.open("wb") as device:
            yield device
        return
    path = path.resolve()
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as file:
        partial = Path(file.name)
        try:
            yield file
            os.fsync(file.fileno())
            partial.chmod(_mode_for(path))
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def _mode_for(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
