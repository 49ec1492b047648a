"""The Firestore store's job logs: 200 lines per document, or fewer if they are long.

Event `seq` of an attempt is in chunk number (seq - 1)

200. A chunk that grows too large continues in a second part with the same number.
"""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from flows.knowledge import JobEvent
from flows.knowledge.limits import MAX_PAGE
from flows.stores.firestore.documents import job_path, read_document
from flows.stores.firestore.driver.database import Snapshot, WriteConflict
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.queries import Query
from flows.stores.firestore.driver.values import encode
from flows.stores.firestore.driver.writes import ANY, Write
from flows.stores.firestore.fencing import FirestorePart

EVENTS = 200
MOST_BYTES = 700_000
_READ_AT_ONCE = 20
_MOST = 10**9 - 1
"""The largest number that a place has digits for."""


@dataclass(slots=True)
class Chunk:
    """What is stored of 200 lines: which numbers, and the size of the last part."""

    seqs: set[int] = field(default_factory=set)
    part: int = 0
    size: int = 0
    version: Any = None


class FirestoreLog(FirestorePart):
    """See JobStore."""

    _chunks: DocumentCache[tuple[UUID, int, int], Chunk]

    async def _last_of(self, job_id: UUID, attempt: int) -> int:
        """The last number in an attempt's log, for a job whose row does not record it."""
        found = await self._find(job_id, _place(attempt, 0, 0), _place(attempt + 1, 0, 0))
        return max(
            (event["seq"] for snapshot in found for event in snapshot.fields["events"].values()), default=0
        )

    async def _chunk_writes(self, job_id: UUID, lines: Sequence[JobEvent]) -> list[tuple[Write, Chunk]]:
        """The writes that add numbered lines, with the chunks whose versions they change."""
        by_number: dict[int, list[JobEvent]] = {}
        for line in lines:
            by_number.setdefault((line.seq - 1) // EVENTS, []).append(line)
        writes: list[tuple[Write, Chunk]] = []
        for number, some in by_number.items():
            place = (job_id, some[0].attempt, number)
            chunk = self._chunks.get(place) or await self._read_chunk(*place)
            self._chunks.put(place, chunk)
            parts = _parts([line.model_dump() for line in some], chunk)
            writes += [(self._part_write(*place, part, chunk), chunk) for part in parts]
        return writes

    def _forget_chunks(self, job_id: UUID, attempt: int) -> None:
        self._chunks.forget([place for place in self._chunks.known() if place[:2] == (job_id, attempt)])

    async def append_log(self, job_id: UUID, events: Sequence[JobEvent]) -> None:
        """One write per chunk that the events are in, usually one per second; reads only what this store has
        not written itself.
        """
        by_chunk: dict[tuple[int, int], list[JobEvent]] = {}
        for event in events:
            by_chunk.setdefault((event.attempt, (event.seq - 1) // EVENTS), []).append(event)
        for (attempt, number), some in by_chunk.items():
            await self._append(job_id, attempt, number, some)

    async def _append(self, job_id: UUID, attempt: int, number: int, events: Iterable[JobEvent]) -> None:
        contention, place = self._database.contention(), (job_id, attempt, number)
        while True:
            chunk = self._chunks.get(place) or await self._read_chunk(job_id, attempt, number)
            new = {event.seq: event for event in reversed(list(events)) if event.seq not in chunk.seqs}
            try:
                for part in _parts([new[seq].model_dump() for seq in sorted(new)], chunk):
                    await self._write_part(job_id, attempt, number, part, chunk)
            except WriteConflict:
                self._chunks.forget([place])
                await contention.pause()
            except BaseException:
                self._chunks.forget([place])
                raise
            else:
                self._chunks.put(place, chunk)
                return

    async def _write_part(
        self, job_id: UUID, attempt: int, number: int, part: list[dict[str, Any]], chunk: Chunk
    ) -> None:
        write = self._part_write(job_id, attempt, number, part, chunk)
        (chunk.version,) = await self._database.commit([write])

    def _part_write(
        self, job_id: UUID, attempt: int, number: int, part: list[dict[str, Any]], chunk: Chunk
    ) -> Write:
        size = sum(_size(event) for event in part)
        if chunk.version is not None and chunk.size + size > MOST_BYTES:
            chunk.part, chunk.size, chunk.version = chunk.part + 1, 0, None
        place = _place(attempt, number, chunk.part)
        fields = {"place": place, "events": {_name(event["seq"]): event for event in part}}
        only = None if chunk.version is None else [f"events.{_name(event['seq'])}" for event in part]
        write = Write(path=f"{job_path(job_id)}/log/{place}", fields=fields, only=only, version=chunk.version)
        chunk.seqs |= {event["seq"] for event in part}
        chunk.size += size
        chunk.version = ANY  # it exists from now on; the commit returns its version
        return write

    async def _read_chunk(self, job_id: UUID, attempt: int, number: int) -> Chunk:
        chunk = Chunk()
        for snapshot in await self._find(job_id, _place(attempt, number, 0), _place(attempt, number + 1, 0)):
            events = snapshot.fields["events"].values()
            chunk.seqs |= {event["seq"] for event in events}
            chunk.part = int(snapshot.fields["place"].rpartition(".")[2])
            chunk.size, chunk.version = sum(_size(event) for event in events), snapshot.version
        return chunk

    async def log(
        self, job_id: UUID, *, after: tuple[int, int] = (0, 0), limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        attempt, seq = after
        begin = _place(min(attempt, _MOST), min(max(0, seq - 1) // EVENTS, _MOST), 0)
        events: list[JobEvent] = []
        count = min(_READ_AT_ONCE, limit // EVENTS + 2)
        while True:
            found = await self._find(job_id, begin, None, limit=count)
            events += [
                read_document(JobEvent, event)
                for snapshot in found
                for event in snapshot.fields["events"].values()
            ]
            events = sorted(
                (event for event in events if (event.attempt, event.seq) > after),
                key=lambda event: (event.attempt, event.seq),
            )
            if len(found) < count:
                return tuple(events[:limit])
            begin = found[-1].fields["place"] + "\0"
            # parts of one chunk interleave their numbers, so the last chunk may be incomplete
            last = found[-1].fields["place"].rpartition(".")[0]
            whole = [event for event in events if _chunk_of(event) < last]
            if len(whole) >= limit:
                return tuple(whole[:limit])

    async def log_end(
        self, job_id: UUID, *, before: tuple[int, int] | None = None, limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        attempt, seq = before or (_MOST, _MOST)
        end = _place(min(attempt, _MOST), min(max(0, seq - 1) // EVENTS + 1, _MOST), 0)
        events: list[JobEvent] = []
        count = min(_READ_AT_ONCE, limit // EVENTS + 2)
        while True:
            found = await self._find(job_id, "", end, limit=count, order="DESC")
            events += [
                event
                for snapshot in found
                for event in (read_document(JobEvent, each) for each in snapshot.fields["events"].values())
                if before is None or (event.attempt, event.seq) < before
            ]
            events.sort(key=lambda event: (event.attempt, event.seq))
            if len(found) < count:
                return tuple(events[-limit:])
            end = found[-1].fields["place"]
            # parts of one chunk interleave their numbers, so the first chunk may be incomplete
            first = end.rpartition(".")[0]
            whole = [event for event in events if _chunk_of(event) > first]
            if len(whole) >= limit:
                return tuple(whole[-limit:])

    async def _find(
        self,
        job_id: UUID,
        begin: str,
        end: str | None,
        limit: int | None = None,
        order: Literal["ASC", "DESC"] = "ASC",
    ) -> list[Snapshot]:
        where: list[Any] = [("place", ">=", begin), *([("place", "<", end)] if end else [])]
        return await self._database.find(
            Query(
                collection="log", parent=job_path(job_id), where=where, order=[("place", order)], limit=limit
            )
        )


def _parts(events: list[dict[str, Any]], chunk: Chunk) -> list[list[dict[str, Any]]]:
    """The events in pieces small enough for one part each; the first may fit into the existing part."""
    parts: list[list[dict[str, Any]]] = []
    room = MOST_BYTES - chunk.size
    for event in events:
        size = _size(event)
        if not parts or size > room:
            parts.append([])
            room = MOST_BYTES if len(parts) > 1 or size > room else room
        parts[-1].append(event)
        room -= size
    return parts


def _size(event: dict[str, Any]) -> int:
    return int(encode(event).ByteSize()) + 50


def _chunk_of(event: JobEvent) -> str:
    return _place(event.attempt, (event.seq - 1) // EVENTS, 0).rpartition(".")[0]


def _place(attempt: int, number: int, part: int) -> str:
    return f"{attempt:09d}.{number:09d}.{part:03d}"


def _name(seq: int) -> str:
    return f"n{seq}"
