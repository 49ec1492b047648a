"""The SQLite store's entries: by key, by search, all of them, and totals."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any
from uuid import UUID

from flows.core.words import LAST_CHARACTER, word_key
from flows.knowledge import Category, Depth, Entry, Page, StoreStats, Support
from flows.stores.cursors import LARGEST, decode_cursor, encode_cursor
from flows.stores.rules import Filter, check_limit, depth_of, only_filter
from flows.stores.sqlite.part import SqlitePart, json_list
from flows.stores.sqlite.texts import COMMON, TextQuery

_CONDITIONS = {name: f"AND {name} = :value" for name in ("category", "job_id", "support", "depth")}
_KINDS: dict[str, tuple[type, ...]] = {"word": (str,), "ranked": (float, int), "last": (int,)}
_EXPORTED_AT_ONCE = 500


class SqliteEntries(SqlitePart):
    """See KnowledgeStore."""

    async def entry(self, key: str) -> Entry | None:
        return (await self.entries([key])).get(key)

    async def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        rows = await self._database.fetch("entries", keys=json_list(keys))
        return {key: Entry.model_validate_json(document) for key, document in rows}

    async def export(self) -> AsyncIterator[Entry]:
        key = ""
        while rows := await self._database.fetch("export_page", key=key, limit=_EXPORTED_AT_ONCE):
            for key, document in rows:  # noqa: B007  the last key is where the next page begins
                yield Entry.model_validate_json(document)

    async def search(
        self,
        query: str = "",
        *,
        category: Category | None = None,
        job_id: UUID | None = None,
        support: Support | None = None,
        depth: Depth | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Entry]:
        check_limit(limit)
        condition = only_filter(category=category, job_id=job_id, support=support, depth=depth)
        if word_key(query):
            return await self._matching(query, condition, cursor, limit)
        return await self._newest(condition, cursor, limit)

    async def _newest(self, condition: Filter | None, cursor: str | None, limit: int) -> Page[Entry]:
        updated_at, key = decode_cursor(cursor, newest=(int, str))[1] if cursor is not None else (LARGEST, "")
        rows = await self._database.fetch(
            "newest_entries", **_where(condition), updated_at=updated_at, key=key, limit=limit + 1
        )
        return _page([(encode_cursor("newest", at, key_), document) for at, key_, document in rows], limit)

    async def _matching(
        self, query: str, condition: Filter | None, cursor: str | None, limit: int
    ) -> Page[Entry]:
        """Headwords first, then texts: a page may continue from the first kind into the second."""
        kind, parts = decode_cursor(cursor, **_KINDS) if cursor is not None else ("word", ("",))
        prefix = word_key(query).encode("utf-8", "replace").decode()
        common = {**_where(condition), "prefix": prefix, "prefix_end": prefix + LAST_CHARACTER}
        found: list[tuple[str, str]] = []
        text: TextQuery | None = TextQuery.parse(query)
        if kind == "word":
            rows = await self._database.fetch("entries_by_word", **common, key=parts[0], limit=limit + 1)
            found = [(encode_cursor("word", key), document) for key, document in rows]
            if len(found) <= limit and text:
                widest = await self._database.fetch(
                    "widest_term", terms=json_list(text.terms), ceiling=COMMON + 1
                )
                kind, parts = (
                    ("ranked", (float("-inf"), 0)) if widest[0][0] <= COMMON else ("last", (LARGEST,))
                )
        rest = limit + 1 - len(found)
        if text and kind == "ranked":
            score, id_ = parts
            rows = await self._database.fetch(
                "texts_ranked", **common, match=text.match(None), score=score, id=id_, limit=rest
            )
            found += [(encode_cursor("ranked", score_, id_), document) for score_, id_, document in rows]
        elif text and kind == "last":
            del common["condition"]
            rows = await self._database.fetch(
                "texts_newest", **common, match=text.match(condition), id=parts[0], limit=rest
            )
            found += [(encode_cursor("last", id_), document) for id_, document in rows]
        return _page(found, limit, is_full_text=True)

    async def stats(self) -> StoreStats:
        totals: dict[str, dict[str, int]] = {
            "category": {},
            "support": {},
            "depth": {},
            "frontier": {},
            "jobs": {},
        }
        for name, value, count in await self._database.fetch("totals"):
            totals[name][value] = count
        return StoreStats(
            known=sum(totals["depth"].values()),
            entries=sum(totals["support"].values()),
            frontier=sum(totals["frontier"].values()),
            jobs=sum(totals["jobs"].values()),
            by_category=totals["category"],
            by_depth={depth_of(int(rank)): count for rank, count in totals["depth"].items()},
            by_support=totals["support"],
        )


def _where(condition: Filter | None) -> dict[str, Any]:
    return (
        {"condition": _CONDITIONS[condition.name], "value": condition.value}
        if condition
        else {"condition": ""}
    )


def _page(found: list[tuple[str, str]], limit: int, *, is_full_text: bool = False) -> Page[Entry]:
    """A page of (cursor, document); one row more than the limit means that there is another page."""
    items = tuple(Entry.model_validate_json(document) for _, document in found[:limit])
    return Page(
        items=items, cursor=found[limit - 1][0] if len(found) > limit else None, is_full_text=is_full_text
    )
