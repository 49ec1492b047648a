"""The memory store's frontier: concepts that are mentioned but not learned."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from flows.knowledge import FrontierWord, Page, Word
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.memory.state import MemoryHalf
from flows.stores.rules import check_limit, merge_mentions


class MemoryFrontier(MemoryHalf):
    """See FrontierStore."""

    async def add_to_frontier(self, mentions: Mapping[Word, Collection[str]], *, at: datetime) -> None:
        for word, keys in mentions.items():
            state = self._state.words.get(word.key)
            if not keys or (state and state.rank > 0) or word.key in self._state.aliases:
                continue
            stored = self._state.frontier.get(word.key) or FrontierWord(
                word=word.text, key=word.key, mentioned_by=(), first_seen=at
            )
            self._state.frontier[word.key] = stored.model_copy(
                update={"mentioned_by": merge_mentions(stored.mentioned_by, keys)}
            )

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Page[FrontierWord]:
        check_limit(limit)
        after: tuple[int, str] | None = None
        if cursor is not None:
            _, (mentions, key) = decode_cursor(cursor, frontier=(int, str))
            after = (-mentions, key)
        now = self._clock()
        free = [word for word in self._state.frontier.values() if not self._is_busy(word.key, now)]
        rest = [
            word
            for word in sorted(free, key=_place_mentioned)
            if after is None or _place_mentioned(word) > after
        ]
        items = tuple(rest[:limit])
        return Page(
            items=items,
            cursor=encode_cursor("frontier", len(items[-1].mentioned_by), items[-1].key)
            if len(rest) > limit
            else None,
        )

    def _is_busy(self, key: str, now: datetime) -> bool:
        state = self._state.words.get(key)
        if key in self._state.aliases:
            return True
        return state is not None and (state.rank > 0 or state.live_claim(now) is not None)


def _place_mentioned(word: FrontierWord) -> tuple[int, str]:
    return -len(word.mentioned_by), word.key
