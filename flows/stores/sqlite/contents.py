"""The SQLite store's contents as a whole."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from flows.knowledge import CachedEvidence, Definition, Entry, FrontierWord, LearnedWord, QuotaUsage
from flows.stores.rules import ROWS_AT_ONCE, definition_of, depth_of, rank
from flows.stores.sqlite.database import Parameters, Row
from flows.stores.sqlite.part import SqlitePart
from flows.stores.sqlite.words import entry_row, name_fields
from flows.stores.times import micros, moment_of


class SqliteContents(SqlitePart):
    """See Contents."""

    async def all_words(self, *, after: str = "") -> AsyncIterator[LearnedWord]:
        while rows := await self._database.fetch("words_page", key=after, limit=ROWS_AT_ONCE):
            for row in rows:
                yield learned_word(row)
            after = rows[-1][0]

    async def put_words(self, words: Sequence[LearnedWord]) -> None:
        rows: list[Parameters] = [
            {
                **name_fields(w.definition.key, w.definition.word),
                "rank": rank(w.depth),
                "at": micros(w.learned_at),
            }
            for w in words
        ]
        own = [w for w in words if w.entry is None or definition_of(w.entry) != w.definition]
        documents: list[Parameters] = [
            {"key": w.definition.key, "document": w.definition.model_dump_json()} for w in own
        ]
        async with self._database.transaction() as transaction:
            await transaction.run_many("put_word", rows)
            await transaction.run_many("put_definition", documents)
            await transaction.run_many("save_entry", [entry_row(w.entry) for w in words if w.entry])

    async def all_frontier(self, *, after: str = "") -> AsyncIterator[FrontierWord]:
        while rows := await self._database.fetch("frontier_by_key", key=after, limit=ROWS_AT_ONCE):
            for key, word, mentioned_by, first_seen in rows:
                yield FrontierWord(
                    word=word,
                    key=key,
                    mentioned_by=json.loads(mentioned_by),
                    first_seen=moment_of(first_seen),
                )
            after = rows[-1][0]

    async def put_frontier(self, words: Sequence[FrontierWord]) -> None:
        rows: list[Parameters] = [
            {
                "key": w.key,
                "word": w.word,
                "mentions": len(w.mentioned_by),
                "mentioned_by": json.dumps(w.mentioned_by, ensure_ascii=False),
                "at": micros(w.first_seen),
            }
            for w in words
        ]
        async with self._database.transaction() as transaction:
            await transaction.run_many("save_frontier_word", rows)

    async def all_quota_usage(self) -> AsyncIterator[QuotaUsage]:
        for (document,) in await self._database.fetch("all_quota_usage"):
            yield QuotaUsage.model_validate_json(document)

    async def all_evidence(
        self, *, at: datetime, after: tuple[str, str] = ("", "")
    ) -> AsyncIterator[CachedEvidence]:
        while rows := await self._database.fetch(
            "evidence_page", source=after[0], key=after[1], at=micros(at), limit=ROWS_AT_ONCE
        ):
            for _, _, document in rows:
                yield CachedEvidence.model_validate_json(document)
            after = rows[-1][:2]


def learned_word(row: Row) -> LearnedWord:
    """What a row says of a word: key, depth, time, definition, entry."""
    _, depth, learned_at, definition, document = row
    entry = Entry.model_validate_json(document) if document else None
    return LearnedWord(
        definition=(
            Definition.model_validate_json(definition)
            if definition
            # a known word without a definition has an entry
            else definition_of(entry)  # type: ignore[arg-type]
        ),
        depth=depth_of(depth),
        learned_at=moment_of(learned_at),
        entry=entry,
    )
