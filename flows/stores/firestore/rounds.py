"""The Firestore store's rounds and batches.

A round too large for one document continues in others below it.
"""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from flows.knowledge import Batch, Candidate, Round
from flows.stores.firestore.documents import read_document, round_fields, round_path, rounds_path
from flows.stores.firestore.driver.database import Snapshot, WriteConflict
from flows.stores.firestore.driver.queries import Condition, Query
from flows.stores.firestore.driver.values import encode
from flows.stores.firestore.driver.writes import Write
from flows.stores.firestore.fencing import FirestorePart

MOST_BYTES = 900_000
"""Candidates per document; Firestore allows 1 MiB for everything in it."""


class FirestoreRounds(FirestorePart):
    """See JobStore."""

    async def save_round(self, round_: Round) -> bool:
        """One write for most rounds. The main document is written last, so that no reader sees half a
        round.
        """
        path, token, contention = (
            round_path(round_.job_id, round_.number),
            uuid4().hex,
            self._database.contention(),
        )
        fields = round_fields(round_)
        first, *rest = list(_split(fields["candidates"])) or [[]]
        parts = [
            Write(path=f"{path}/parts/{token}-{number}", fields={"candidates": part})
            for number, part in enumerate(rest, start=1)
        ]
        whole = Write(
            path=path,
            fields=fields | {"candidates": first, "parts": len(parts), "token": token},
            version=None,
        )
        while True:
            try:
                for part in parts:
                    await self._commit(round_.job_id, round_.attempt, [part])
                await self._commit(round_.job_id, round_.attempt, [whole])
            except WriteConflict:
                await self._check_attempt(round_.job_id, round_.attempt)
                stored = await self._database.get_one(path, ["token"])
                if stored is None:
                    await contention.pause()
                    continue
                is_ours = bool(stored.fields["token"] == token)
                if parts and not is_ours:
                    await self._database.commit([Write(path=part.path, fields=None) for part in parts])
                return is_ours
            return True

    async def round(self, job_id: UUID, number: int) -> Round | None:
        found = await self._database.get_one(round_path(job_id, number))
        return await self._whole(found) if found else None

    async def rounds(self, job_id: UUID, *, after: int = 0, limit: int = 50) -> tuple[Round, ...]:
        query = Query(
            collection="rounds",
            parent=rounds_path(job_id).rpartition("/")[0],
            where=[("number", ">", after)],
            order=[("number", "ASC")],
            limit=limit,
        )
        return tuple([await self._whole(snapshot) for snapshot in await self._database.find(query)])

    async def _whole(self, snapshot: Snapshot) -> Round:
        fields = snapshot.fields
        paths = [
            f"{snapshot.path}/parts/{fields['token']}-{number}" for number in range(1, fields["parts"] + 1)
        ]
        found = await self._database.get(paths)
        candidates = [
            *fields["candidates"],
            *(candidate for path in paths for candidate in found[path].fields["candidates"]),
        ]
        return read_document(
            Round, fields | {"candidates": [Candidate.model_validate(candidate) for candidate in candidates]}
        )

    async def batches(self, job_id: UUID, round_number: int | None = None) -> tuple[Batch, ...]:
        where: list[Condition] = [("job_id", "==", str(job_id))]
        if round_number is not None:
            where.append(("round", "==", round_number))
        query = Query(
            collection="batches", is_group=True, where=where, order=[("round", "ASC"), ("number", "ASC")]
        )
        return tuple(read_document(Batch, snapshot.fields) for snapshot in await self._database.find(query))


def _split(candidates: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    size = 0
    for candidate in candidates:
        bytes_ = encode(candidate).ByteSize() + 100
        if part and size + bytes_ > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(candidate)
        size += bytes_
    if part:
        yield part
