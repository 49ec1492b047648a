"""Entries as JSON lines, CSV or Parquet, streamed in constant memory with citations and licences."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from flows.stores.rules import ROWS_AT_ONCE
from service.exports.words import Exported

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

Format = Literal["jsonl", "csv", "parquet"]
MEDIA_TYPES: dict[Format, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}

ROWS_IN_A_GROUP = 1000

COLUMNS = (
    "word key part_of_speech category depth support definition related_concepts relations examples senses"
    " explanation applications misconceptions aliases citations sources licences attribution job_id round"
    " model prompt_version revision created_at updated_at"
).split()
"""Columns of CSV and Parquet.

CSV begins with a byte order mark, without which Excel reads "naïve" as "naÃ¯ve". In it, lists are JSON, and a
text that a spreadsheet would take for a formula, as it begins with = + - @ tab or CR, has an apostrophe
before it; numbers have none. `sources` and `licences` repeat the citations as plain text, and `attribution`
is ready to print.
"""

_LINE_ENDS = ("\u2028", "\u2029", "\x85")
"""Line ends of Unicode, which JSON allows in a text and some readers of lines take for the end of one."""
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
"""How a text begins that a spreadsheet would compute."""
_NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?%?\s*")


async def encoded(entries: AsyncIterator[Exported], format_: Format) -> AsyncGenerator[bytes]:
    """The entries in a format, piece by piece. Encoding runs in threads, beside the event loop."""
    if format_ == "parquet":
        writer = await asyncio.to_thread(_Parquet)
        async for some in _groups(entries, ROWS_IN_A_GROUP):
            yield await asyncio.to_thread(writer.group, some)
        yield await asyncio.to_thread(writer.end)
        return
    encode: Callable[[Sequence[Exported]], bytes] = _lines if format_ == "jsonl" else _rows
    if format_ == "csv":
        yield BOM_UTF8 + _csv([COLUMNS])
    async for some in _groups(entries, ROWS_AT_ONCE):
        yield await asyncio.to_thread(encode, some)


def is_available(format_: Format) -> bool:
    """Whether this installation can write the format."""
    return format_ != "parquet" or find_spec("pyarrow") is not None


async def _groups(entries: AsyncIterator[Exported], size: int) -> AsyncGenerator[list[Exported]]:
    some: list[Exported] = []
    async for entry in entries:
        some.append(entry)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def json_line(entry: Exported) -> bytes:
    """An entry as one line of JSON, in UTF-8, with its line end."""
    line = entry.model_dump_json(exclude_none=True).encode()
    for end in _LINE_ENDS:
        line = line.replace(end.encode(), f"\\u{ord(end):04x}".encode())
    return line + b"\n"


def _lines(entries: Sequence[Exported]) -> bytes:
    return b"".join(map(json_line, entries))


def _rows(entries: Sequence[Exported]) -> bytes:
    return _csv([[_cell(value) for value in _values(entry).values()] for entry in entries])


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list):
        plain = all(isinstance(item, str) for item in value)
        return json.dumps(value, ensure_ascii=False) if value or not plain else ""
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def _values(entry: Exported) -> dict[str, Any]:
    citations = [c.model_dump(mode="json") for c in entry.citations]
    return {
        "word": entry.word,
        "key": entry.key,
        "part_of_speech": entry.part_of_speech,
        "category": entry.category.value if entry.category else None,
        "depth": entry.depth,
        "support": entry.support,
        "definition": entry.definition,
        "related_concepts": list(entry.related_concepts),
        "relations": [r.model_dump(mode="json") for r in entry.relations],
        "examples": list(entry.examples),
        "senses": [s.model_dump(mode="json") for s in entry.senses],
        "explanation": entry.explanation,
        "applications": list(entry.applications),
        "misconceptions": list(entry.misconceptions),
        "aliases": list(entry.aliases),
        "citations": citations,
        "sources": "; ".join(dict.fromkeys(c.url for c in entry.citations)),
        "licences": "; ".join(dict.fromkeys(c.licence for c in entry.citations)),
        "attribution": "; ".join(
            dict.fromkeys(f"“{c.title}”, {c.source}, {c.licence} ({c.licence_url})" for c in entry.citations)
        ),
        "job_id": str(entry.provenance.job_id),
        "round": entry.provenance.round,
        "model": entry.provenance.model,
        "prompt_version": entry.provenance.prompt_version,
        "revision": entry.revision,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
    }


class _Parquet:
    """A Parquet file, produced one row group at a time."""

    def __init__(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq  # type: ignore[import-untyped]

        self._schema = _schema(pa)
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(pa.PythonFile(self._sink, mode="w"), self._schema, compression="zstd")

    def group(self, entries: Sequence[Exported]) -> bytes:
        """The bytes of one more row group."""
        import pyarrow as pa
        import pyarrow.json as pj  # type: ignore[import-untyped]

        # via JSON, because Arrow's conversion of Python lists imports pandas if installed: 48 MB
        rows = [
            json.dumps(_values(entry), default=datetime.isoformat, ensure_ascii=False) for entry in entries
        ]
        data = "\n".join(rows).encode()
        table = pj.read_json(
            io.BytesIO(data),
            read_options=pj.ReadOptions(block_size=len(data) + 1, use_threads=False),
            parse_options=pj.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="error"),
        )
        self._writer.write_table(table)
        pa.default_memory_pool().release_unused()
        return self._sink.taken()

    def end(self) -> bytes:
        """The bytes of the footer."""
        self._writer.close()
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """Parquet's output; keeps the bytes until they are taken."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401  any buffer
        size = len(data)
        self._kept += data
        self._written += size
        return size

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        """The bytes written since the last call."""
        kept, self._kept = bytes(self._kept), bytearray()
        return kept


def _schema(pa: Any) -> pa.Schema:  # noqa: ANN401  a module
    text, texts, moment = pa.string(), pa.list_(pa.string()), pa.timestamp("us", tz="UTC")
    citation = pa.struct(
        [(n, text) for n in "source title url revision licence licence_url retrieved_at quote".split()]
    )
    sense = pa.struct([("part_of_speech", text), ("gloss", text), ("examples", texts), ("category", text)])
    relation = pa.struct([("kind", text), ("word", text)])
    types = dict.fromkeys(COLUMNS, text) | dict.fromkeys(
        ("related_concepts", "examples", "applications", "misconceptions", "aliases"), texts
    )
    types |= {"relations": pa.list_(relation), "senses": pa.list_(sense), "citations": pa.list_(citation)}
    types |= {"round": pa.int64(), "revision": pa.int64(), "created_at": moment, "updated_at": moment}
    return pa.schema(list(types.items()))
