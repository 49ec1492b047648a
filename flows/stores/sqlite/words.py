"""The SQLite store's known words: claims, definitions, and the commit of a batch."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flows.core.identity.relatives import Rivals
from flows.core.words import LAST_CHARACTER
from flows.knowledge import Batch, ClaimResult, Definition, Depth, Entry, KnownWord, Word
from flows.knowledge.limits import MAX_PAGE
from flows.stores.rules import (
    by_key,
    claim_result,
    definition_of,
    depth_of,
    is_known,
    lost_to_rivals,
    rank,
    stored_graphical_key,
    with_aliases,
)
from flows.stores.sqlite.database import Parameters, Row, Scalar, Transaction
from flows.stores.sqlite.part import SqlitePart, fence, json_list
from flows.stores.times import micros, moment_of


class SqliteWords(SqlitePart):
    """See KnowledgeStore."""

    async def claim(
        self,
        words: Sequence[Word],
        *,
        job_id: UUID,
        attempt: int,
        until: datetime,
        below: Depth | None = None,
        rivals: Rivals | None = None,
    ) -> ClaimResult:
        unique = by_key(words)
        looked_under = {key: rivals.looked_under(key) for key in unique} if rivals else {}
        holder: dict[str, Scalar] = {"job_id": str(job_id), "attempt": attempt, "until": micros(until)}
        async with self._database.transaction() as transaction:
            await fence(transaction, job_id, attempt)
            states = await transaction.fetch("word_states", keys=json_list(unique))
            verdicts = dict.fromkeys(unique, "new") | self._verdicts(states, job_id, below)
            depths = {key: depth for key, depth, *_ in states}
            open_ = [key for key in unique if verdicts[key] == "new" and not depths.get(key)]
            stored: dict[str, bool] = {}
            lost: dict[str, str] = {}
            if rivals is not None and open_:
                graphical = json_list({each for key in open_ for each in looked_under[key]})
                rows = await transaction.fetch("rival_states", keys=graphical)
                stored = self._standing(rows, job_id)
                lost = lost_to_rivals(open_, stored, looked_under, rivals)
            held = [
                word for key, word in unique.items() if verdicts[key] in {"new", "own"} and key not in lost
            ]
            await transaction.run_many(
                "claim_word", ({**name_fields(word.key, word.text), **holder} for word in held)
            )
        return claim_result({key: verdicts[key] for key in unique}, lost, stored)

    def _standing(self, rows: Iterable[Row], job_id: UUID) -> dict[str, bool]:
        """The stored words in rows of states: True if known, False if another job holds a live claim."""
        now, mine = self._now(), str(job_id)
        return {
            key: depth > 0 or bool(is_alias)
            for key, depth, claimed_by, claimed_until, is_alias in rows
            if depth or is_alias or (claimed_by not in {None, mine} and claimed_until > now)
        }

    def _verdicts(self, states: Iterable[Row], job_id: UUID, below: Depth | None) -> dict[str, str]:
        now = self._now()
        verdicts = {}
        for key, depth, claimed_by, claimed_until, is_alias in states:
            if is_alias or is_known(depth, below):
                verdicts[key] = "known"
            elif claimed_by is None or claimed_until <= now:
                verdicts[key] = "new"
            else:
                verdicts[key] = "own" if claimed_by == str(job_id) else "elsewhere"
        return verdicts

    async def release(self, keys: Collection[str], *, job_id: UUID, attempt: int) -> None:
        async with self._database.transaction() as transaction:
            await fence(transaction, job_id, attempt)
            await _release(transaction, keys, job_id)
            await transaction.fetch("drop_known_from_frontier", keys=json_list(keys))

    async def release_all(self, job_id: UUID) -> int:
        async with self._database.transaction() as transaction:
            keys = [key for (key,) in await transaction.fetch("all_claims", job_id=str(job_id))]
            await _release(transaction, keys, job_id)
            await transaction.fetch("drop_known_from_frontier", keys=json_list(keys))
        return len(keys)

    async def claims(self, job_id: UUID) -> tuple[Word, ...]:
        rows = await self._database.fetch("live_claims", job_id=str(job_id), now=self._now())
        return tuple(Word(text=word, key=key) for word, key in rows)

    async def taken(
        self, keys: Collection[str], *, job_id: UUID, below: Depth | None = None
    ) -> Mapping[str, bool]:
        verdicts = self._verdicts(
            await self._database.fetch("word_states", keys=json_list(keys)), job_id, below
        )
        return {
            key: verdict == "known" for key, verdict in verdicts.items() if verdict in {"known", "elsewhere"}
        }

    async def spelled_alike(self, graphical_keys: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for graphical, key in await self._database.fetch("spelled_alike", keys=json_list(graphical_keys)):
            found.setdefault(graphical, []).append(key)
        return {graphical: tuple(keys) for graphical, keys in found.items()}

    async def save_definitions(
        self, definitions: Sequence[Definition], *, job_id: UUID, attempt: int
    ) -> None:
        async with self._database.transaction() as transaction:
            await fence(transaction, job_id, attempt)
            await _define(transaction, definitions)

    async def commit_batch(
        self, batch: Batch, *, entries: Sequence[Entry] = (), definitions: Sequence[Definition] = ()
    ) -> bool:
        place: dict[str, Scalar] = {"job_id": str(batch.job_id), "round": batch.round, "number": batch.number}
        async with self._database.transaction() as transaction:
            await fence(transaction, batch.job_id, batch.attempt)
            if not await transaction.fetch("save_batch", **place, document=batch.model_dump_json()):
                return False
            await _define(transaction, definitions)
            await _solidify(transaction, entries)
            await _release(transaction, [outcome.key for outcome in batch.outcomes], batch.job_id)
            await transaction.fetch(
                "drop_from_frontier", keys=json_list([e.key for e in entries] + [d.key for d in definitions])
            )
        return True

    async def known(self, keys: Collection[str]) -> Mapping[str, KnownWord]:
        rows = await self._database.fetch("known_words", keys=json_list(keys))
        return {
            key: KnownWord(
                definition=Definition.model_validate_json(definition)
                if definition
                else definition_of(Entry.model_validate_json(entry)),
                depth=depth_of(depth),
                learned_at=moment_of(learned_at),
            )
            for key, depth, learned_at, definition, entry in rows
        }

    async def left_defined(self, *, limit: int) -> tuple[Word, ...]:
        rows = await self._database.fetch("left_defined", now=self._now(), limit=limit)
        return tuple(Word(text=word, key=key) for word, key in rows)

    async def defined_words(
        self, *, prefix: str = "", after: str = "", limit: int = MAX_PAGE
    ) -> tuple[KnownWord, ...]:
        begin = prefix.encode("utf-8", "replace").decode()
        rows = await self._database.fetch(
            "defined_words", prefix=begin, prefix_end=begin + LAST_CHARACTER, key=after, limit=limit
        )
        return tuple(
            KnownWord(
                definition=Definition.model_validate_json(definition),
                depth="defined",
                learned_at=moment_of(learned_at),
            )
            for learned_at, definition in rows
        )


async def _release(transaction: Transaction, keys: Collection[str], job_id: UUID) -> None:
    if keys:
        listed = json_list(keys)
        await transaction.fetch("forget_claimed_words", keys=listed, job_id=str(job_id))
        await transaction.fetch("free_known_words", keys=listed, job_id=str(job_id))


async def _define(transaction: Transaction, definitions: Sequence[Definition]) -> None:
    names = await _alias_names(transaction, [item.key for item in definitions])
    rows: list[Parameters] = [
        {
            **name_fields(item.key, item.word),
            "at": micros(item.provenance.created_at),
            "document": with_aliases(item, names.get(item.key, ())).model_dump_json(),
        }
        for item in definitions
    ]
    if rows:
        await transaction.run_many("learn_defined", rows)
        await transaction.run_many("save_definition", rows)


async def _solidify(transaction: Transaction, entries: Sequence[Entry]) -> None:
    revisions: dict[str, int] = (
        dict(await transaction.fetch("revisions", keys=json_list(entry.key for entry in entries)))
        if entries
        else {}
    )
    newer: dict[str, Entry] = {}
    for entry in entries:
        if entry.revision > revisions.get(entry.key, entry.revision - 1):
            revisions[entry.key] = entry.revision
            newer[entry.key] = entry
    if newer:
        names = await _alias_names(transaction, newer)
        complete = [with_aliases(entry, names.get(key, ())) for key, entry in newer.items()]
        await transaction.run_many("save_entry", map(entry_row, complete))
        await transaction.run_many(
            "learn_entry",
            (
                {**name_fields(e.key, e.word), "rank": rank(e.depth), "at": micros(e.created_at)}
                for e in newer.values()
            ),
        )
        await transaction.fetch("drop_definitions", keys=json_list(newer))


async def _alias_names(transaction: Transaction, keys: Collection[str]) -> dict[str, list[str]]:
    rows = await transaction.fetch("alias_names", keys=json_list(keys)) if keys else []
    return {key: json.loads(names) for key, names in rows if names}


def name_fields(key: str, word: str) -> dict[str, Scalar]:
    """What the row of a word says of its name."""
    return {"key": key, "word": word, "graphical": stored_graphical_key(key)}


def entry_row(entry: Entry) -> Parameters:
    """The row of an entry."""
    return {
        "key": entry.key,
        "category": str(entry.category),
        "job_id": str(entry.provenance.job_id),
        "support": entry.support,
        "depth": entry.depth,
        "revision": entry.revision,
        "updated_at": micros(entry.updated_at),
        "document": entry.model_dump_json(),
    }
