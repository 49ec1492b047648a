"""The SQLite store's aliases and merges."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from flows.knowledge import Alias, Merge, StoredName, Verdict
from flows.stores.rules import ROWS_AT_ONCE, concepts_seen, definition_of, depth_of, mentions_after, rank
from flows.stores.sqlite.contents import learned_word
from flows.stores.sqlite.database import Parameters, Row, Transaction
from flows.stores.sqlite.part import SqlitePart, json_list
from flows.stores.sqlite.words import entry_row, name_fields
from flows.stores.times import micros, moment_of


class SqliteMending(SqlitePart):
    """See AliasStore and Mending."""

    async def aliases(self, keys: Collection[str]) -> Mapping[str, Alias]:
        rows = await self._database.fetch("aliases", keys=json_list(keys))
        return {row[0]: _alias(row) for row in rows}

    async def all_aliases(self, *, after: str = "") -> AsyncIterator[Alias]:
        while rows := await self._database.fetch("aliases_page", key=after, limit=ROWS_AT_ONCE):
            for row in rows:
                yield _alias(row)
            after = rows[-1][0]

    async def put_aliases(self, aliases: Sequence[Alias]) -> None:
        async with self._database.transaction() as transaction:
            await transaction.run_many("put_alias", map(_alias_row, aliases))
            keys = json_list(alias.key for alias in aliases)
            await transaction.fetch("drop_known_from_frontier", keys=keys)

    async def names(self, *, after: str = "", limit: int = 1000) -> tuple[StoredName, ...]:
        rows = await self._database.fetch("names_page", key=after, now=self._now(), limit=limit)
        return tuple(
            StoredName(
                word=word,
                key=key,
                depth=depth_of(depth) if depth else None,
                learned_at=moment_of(learned_at) if learned_at is not None else None,
                of=of,
                is_claimed=bool(is_claimed),
            )
            for key, word, depth, learned_at, of, is_claimed in rows
        )

    async def merge(self, merge: Merge) -> bool:
        seen = {word.definition.key: word for word in merge.seen}
        keys = json_list({merge.kept.definition.key, *seen})
        async with self._database.transaction() as transaction:
            found = {row[0]: learned_word(row) for row in await transaction.fetch("words_among", keys=keys)}
            states = await transaction.fetch("word_states", keys=keys)
            if any(found.get(key) != word for key, word in seen.items()) or any(
                until is not None and until > self._now() for _, _, _, until, _ in states
            ):
                return False
            await _move_mentions(transaction, merge)
            await transaction.fetch("drop_from_frontier", keys=keys)
            await transaction.fetch("drop_definitions", keys=keys)
            gone = json_list(seen.keys() - {merge.kept.definition.key})
            await transaction.fetch("drop_entries", keys=gone)
            await transaction.fetch("drop_words", keys=gone)
            await transaction.run_many("put_alias", map(_alias_row, merge.aliases))
            await transaction.fetch("turn_aliases", keys=keys, of=merge.kept.definition.key)
            await _keep(transaction, merge)
        return True

    async def index_graphical(self, keys: Collection[str]) -> None:
        """Nothing to do: a migration has given every row its graphical key."""


async def _keep(transaction: Transaction, merge: Merge) -> None:
    kept, definition = merge.kept, merge.kept.definition
    row: Parameters = {
        **name_fields(definition.key, definition.word),
        "rank": rank(kept.depth),
        "at": micros(kept.learned_at),
    }
    await transaction.run_many("put_word", [row])
    if kept.entry is None or definition_of(kept.entry) != definition:
        document = {"key": definition.key, "document": definition.model_dump_json()}
        await transaction.run_many("put_definition", [document])
    if kept.entry:
        await transaction.run_many("save_entry", [entry_row(kept.entry)])


async def _move_mentions(transaction: Transaction, merge: Merge) -> None:
    rows: list[Parameters] = []
    unmentioned: list[str] = []
    for key, stored in await transaction.fetch("frontier_words", keys=json_list(concepts_seen(merge))):
        mentioned_by = mentions_after(merge, key, json.loads(stored))
        if mentioned_by:
            document = json.dumps(mentioned_by, ensure_ascii=False)
            rows.append({"key": key, "mentions": len(mentioned_by), "mentioned_by": document})
        else:
            unmentioned.append(key)
    await transaction.run_many("set_mentions", rows)
    await transaction.fetch("drop_from_frontier", keys=json_list(unmentioned))


def _alias(row: Row) -> Alias:
    key, word, of, relation = row
    return Alias(word=word, key=key, of=of, relation=Verdict(relation))


def _alias_row(alias: Alias) -> Parameters:
    return {**name_fields(alias.key, alias.word), "of": alias.of, "relation": str(alias.relation)}
