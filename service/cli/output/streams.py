"""Standard streams that end no command: any text can be written in any encoding, and a job goes on when
nobody reads what it says.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ESCAPED, READABLE = "learn-escaped", "learn-readable"
"""Error handlers that write what an encoding lacks as in JSON, so that JSON stays JSON; for people, signs
that have a plain form take it.
"""
_PLAIN = {
    "…": "...",
    "·": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "−": "-",
}
_GONE = frozenset({errno.EPIPE, errno.EIO, errno.ENXIO, errno.ECONNRESET})
_NAMES = ("stdout", "stderr")


def accept_any_text(*, is_json: bool) -> None:
    """Have the standard streams write any text; a stream that is closed goes nowhere."""
    codecs.register_error(ESCAPED, _escaped)
    codecs.register_error(READABLE, _readable)
    for name in _NAMES:
        stream = getattr(sys, name)
        if stream is None:
            # a process without this stream; the file lives as long as the process
            setattr(
                sys,
                name,
                open(os.devnull, "w", encoding="utf-8", errors="replace"),  # noqa: SIM115, PTH123
            )
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPED if is_json else READABLE)


def outlive_readers() -> None:
    """Ignore write errors once the reader is gone, so the job continues."""
    for name in _NAMES:
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__") or not isinstance(stream, io.TextIOWrapper):
            continue  # somebody else's, as in a notebook or a test
        stream.flush()
        patient = io.TextIOWrapper(
            io.BufferedWriter(_Patient(stream.fileno(), "w", closefd=False)),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=True,
            write_through=name == "stderr",
        )
        setattr(sys, name, patient)


class _Patient(io.FileIO):
    """A file that discards what its reader no longer accepts."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _GONE:
                raise
            return memoryview(data).nbytes


def _readable(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and (plain := _PLAIN.get(error.object[error.start])):
        return plain, error.start + 1
    return _escaped(error)


def _escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2)), error.end
