"""The memory store's contents as a whole."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from flows.knowledge import CachedEvidence, FrontierWord, LearnedWord, QuotaUsage
from flows.stores.memory.state import MemoryHalf, MemoryWord
from flows.stores.rules import depth_of, rank


class MemoryContents(MemoryHalf):
    """See Contents."""

    async def all_words(self, *, after: str = "") -> AsyncIterator[LearnedWord]:
        for key, state in sorted(self._state.words.items()):
            if key > after and state.definition and state.learned_at:
                yield LearnedWord(
                    definition=state.definition,
                    depth=depth_of(state.rank),
                    learned_at=state.learned_at,
                    entry=self._state.entries.get(key),
                )

    async def put_words(self, words: Sequence[LearnedWord]) -> None:
        for word in words:
            key = word.definition.key
            self._state.aliases.pop(key, None)
            state = self._state.words.get(key, MemoryWord(word=word.definition.word))
            self._state.words[key] = replace(
                state,
                word=word.definition.word,
                rank=rank(word.depth),
                definition=word.definition,
                learned_at=word.learned_at,
            )
            if word.entry:
                self._state.entries[key] = word.entry

    async def all_frontier(self, *, after: str = "") -> AsyncIterator[FrontierWord]:
        for key, word in sorted(self._state.frontier.items()):
            if key > after:
                yield word

    async def put_frontier(self, words: Sequence[FrontierWord]) -> None:
        self._state.frontier.update({word.key: word for word in words})

    async def all_quota_usage(self) -> AsyncIterator[QuotaUsage]:
        for _, usage in sorted(self._state.quota.items()):
            yield usage

    async def all_evidence(
        self, *, at: datetime, after: tuple[str, str] = ("", "")
    ) -> AsyncIterator[CachedEvidence]:
        for place, cached in sorted(self._state.cache.items()):
            if place > after and cached.expires_at > at:
                yield cached
