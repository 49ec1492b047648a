"""The memory store's aliases and merges."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace

from flows.knowledge import Alias, LearnedWord, Merge, StoredName
from flows.stores.memory.state import MemoryHalf, MemoryWord
from flows.stores.rules import concepts_seen, depth_of, mentions_after, rank


class MemoryMending(MemoryHalf):
    """See AliasStore and Mending."""

    async def aliases(self, keys: Collection[str]) -> Mapping[str, Alias]:
        return {key: self._state.aliases[key] for key in keys if key in self._state.aliases}

    async def all_aliases(self, *, after: str = "") -> AsyncIterator[Alias]:
        for key, alias in sorted(self._state.aliases.items()):
            if key > after:
                yield alias

    async def put_aliases(self, aliases: Sequence[Alias]) -> None:
        for alias in aliases:
            state = self._state.words.get(alias.key)
            if state is None or state.rank == 0:
                self._make_alias(alias)

    async def names(self, *, after: str = "", limit: int = 1000) -> tuple[StoredName, ...]:
        keys = sorted(key for key in {*self._state.words, *self._state.aliases} if key > after)
        return tuple(map(self._name, keys[:limit]))

    def _name(self, key: str) -> StoredName:
        if alias := self._state.aliases.get(key):
            return StoredName(word=alias.word, key=key, of=alias.of)
        state = self._state.words[key]
        return StoredName(
            word=state.word,
            key=key,
            depth=depth_of(state.rank) if state.rank else None,
            learned_at=state.learned_at,
            is_claimed=state.live_claim(self._clock()) is not None,
        )

    async def merge(self, merge: Merge) -> bool:
        seen = {word.definition.key: word for word in merge.seen}
        key, tables = merge.kept.definition.key, self._state
        if any(self._learned(each) != word for each, word in seen.items()) or self._is_claimed({key, *seen}):
            return False
        for concept in concepts_seen(merge):
            if row := tables.frontier.pop(concept, None):
                mentioned_by = mentions_after(merge, concept, row.mentioned_by)
                if mentioned_by:
                    tables.frontier[concept] = row.model_copy(update={"mentioned_by": mentioned_by})
        for each in (key, *seen):
            tables.frontier.pop(each, None)
            tables.entries.pop(each, None)
        for alias in merge.aliases:
            self._make_alias(alias)
        for alias in list(tables.aliases.values()):
            if alias.of in seen:
                tables.aliases[alias.key] = alias.model_copy(update={"of": key})
        tables.aliases.pop(key, None)
        kept = merge.kept
        tables.words[key] = replace(
            tables.words.get(key, MemoryWord(word="")),
            word=kept.definition.word,
            rank=rank(kept.depth),
            definition=kept.definition,
            learned_at=kept.learned_at,
        )
        if kept.entry:
            tables.entries[key] = kept.entry
        return True

    async def index_graphical(self, keys: Collection[str]) -> None:
        """Nothing to do: graphical keys are worked out when they are asked for."""

    def _make_alias(self, alias: Alias) -> None:
        self._state.words.pop(alias.key, None)
        self._state.frontier.pop(alias.key, None)
        self._state.aliases[alias.key] = alias

    def _is_claimed(self, keys: Collection[str]) -> bool:
        states = (self._state.words.get(key) for key in keys)
        return any(state.live_claim(self._clock()) for state in states if state)

    def _learned(self, key: str) -> LearnedWord | None:
        state = self._state.words.get(key)
        if state is None or state.definition is None or state.learned_at is None:
            return None
        return LearnedWord(
            definition=state.definition,
            depth=depth_of(state.rank),
            learned_at=state.learned_at,
            entry=self._state.entries.get(key),
        )
