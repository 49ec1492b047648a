"""The SQLite store's frontier: concepts that are mentioned but not learned."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from flows.knowledge import FrontierWord, Page, Word
from flows.stores.cursors import LARGEST, decode_cursor, encode_cursor
from flows.stores.rules import check_limit, merge_mentions
from flows.stores.sqlite.part import SqlitePart, json_list
from flows.stores.times import micros, moment_of


class SqliteFrontier(SqlitePart):
    """See KnowledgeStore."""

    async def add_to_frontier(self, mentions: Mapping[Word, Collection[str]], *, at: datetime) -> None:
        if not any(mentions.values()):
            return
        listed = json_list(word.key for word in mentions)
        rows: dict[str, dict[str, Any]] = {}
        async with self._database.transaction() as transaction:
            known = {
                key
                for key, depth, _, _, is_alias in await transaction.fetch("word_states", keys=listed)
                if depth > 0 or is_alias
            }
            stored = {
                key: json.loads(mentioned_by)
                for key, mentioned_by in await transaction.fetch("frontier_words", keys=listed)
            }
            for word, keys in mentions.items():
                if keys and word.key not in known:
                    stored[word.key] = merge_mentions(stored.get(word.key, ()), keys)
                    rows.setdefault(word.key, {"key": word.key, "word": word.text, "at": micros(at)})
            for key, row in rows.items():
                row |= {
                    "mentions": len(stored[key]),
                    "mentioned_by": json.dumps(stored[key], ensure_ascii=False),
                }
            await transaction.run_many("save_frontier_word", rows.values())

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Page[FrontierWord]:
        check_limit(limit)
        mentions, key = decode_cursor(cursor, frontier=(int, str))[1] if cursor is not None else (LARGEST, "")
        rows = await self._database.fetch(
            "frontier_page", mentions=mentions, key=key, now=micros(self._clock()), limit=limit + 1
        )
        items = tuple(
            FrontierWord(
                word=word, key=key_, mentioned_by=json.loads(mentioned_by), first_seen=moment_of(first_seen)
            )
            for _, key_, word, mentioned_by, first_seen in rows[:limit]
        )
        return Page(
            items=items,
            cursor=encode_cursor("frontier", rows[limit - 1][0], rows[limit - 1][1])
            if len(rows) > limit
            else None,
        )
