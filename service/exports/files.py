"""`learn export`: every entry as a line of JSON, never half a file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from flows.errors import InvalidInput
from flows.knowledge import Entry


class Output(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes, /) -> int:
        """As a binary file does it."""
        ...

    def flush(self) -> None:
        """As a binary file does it."""
        ...


async def export_to(entries: AsyncIterator[Entry], target: str, *, may_overwrite: bool) -> int:
    """Write all entries to a file, or to the output for `-`; returns how many.

    Raises InvalidInput when the file is there already or its folder is not, and OSError.
    """
    if target == "-":
        return await write_entries(entries, sys.stdout.buffer)
    with whole_file(checked(target, may_overwrite=may_overwrite)) as file:
        return await write_entries(entries, file)


async def write_entries(entries: AsyncIterator[Entry], file: Output) -> int:
    """Write one entry a line, in constant memory; returns how many."""
    count = 0
    async for entry in entries:
        file.write(entry.model_dump_json(exclude_none=True).encode() + b"\n")
        count += 1
    file.flush()
    return count


def checked(target: str, *, may_overwrite: bool) -> Path:
    """The file to write. Raises InvalidInput when it is there already or its folder is not."""
    path = Path(target).expanduser()
    if path.is_dir():
        raise InvalidInput("FILE", f"{path} is a folder", f"Give a file, such as {path / 'entries.jsonl'}")
    if path.exists() and not may_overwrite:
        raise InvalidInput("FILE", f"{path} is there already", "Give another name, or --force to replace it")
    if not path.parent.is_dir():
        raise InvalidInput("FILE", f"there is no folder {path.parent}", "Make it first")
    return path


@contextmanager
def whole_file(path: Path) -> Generator[Output]:
    """A file that takes its name when it is complete, and leaves nothing behind when it fails."""
    if path.exists() and not path.is_file():  # such as /dev/stdout, which nothing can be renamed over
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
