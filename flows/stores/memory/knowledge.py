"""The memory store's words."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flows.core.identity.graphics import graphical_key
from flows.core.identity.relatives import Rivals
from flows.core.words import word_key
from flows.knowledge import (
    Batch,
    Category,
    ClaimResult,
    Definition,
    Depth,
    Entry,
    KnownWord,
    Page,
    StoreStats,
    Support,
    Word,
)
from flows.knowledge.limits import MAX_PAGE
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.memory.state import MemoryClaim, MemoryHalf, MemoryWord
from flows.stores.rules import (
    by_key,
    check_limit,
    claim_result,
    definition_of,
    depth_of,
    is_known,
    lost_to_rivals,
    only_filter,
    rank,
    with_aliases,
)
from flows.stores.times import micros


class MemoryKnowledge(MemoryHalf):
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
        self._fence(job_id, attempt)
        unique = by_key(words)
        verdicts = {key: self._verdict(key, job_id=job_id, below=below) for key in unique}
        stored: dict[str, bool] = {}
        lost: dict[str, str] = {}
        if rivals is not None:
            looked_under = {
                key: rivals.looked_under(key)
                for key, verdict in verdicts.items()
                if verdict == "new" and not (key in self._state.words and self._state.words[key].rank)
            }
            stored = self._standing(frozenset().union(*looked_under.values()), job_id)
            lost = lost_to_rivals(looked_under, stored, looked_under, rivals)
        for key, word in unique.items():
            if verdicts[key] in {"new", "own"} and key not in lost:
                state = self._state.words.setdefault(key, MemoryWord(word=word.text))
                if state.rank == 0:
                    state.word = word.text
                state.claim = MemoryClaim(job_id=job_id, attempt=attempt, until=until)
        return claim_result(verdicts, lost, stored)

    def _standing(self, graphical_keys: frozenset[str], job_id: UUID) -> dict[str, bool]:
        """The stored words under these graphical keys: True if known, False if another job holds a live
        claim.
        """
        now, found = self._clock(), dict[str, bool]()
        for key, state in self._state.words.items():
            claim = state.live_claim(now)
            if (state.rank or (claim and claim.job_id != job_id)) and graphical_key(key) in graphical_keys:
                found[key] = state.rank > 0
        aliases = (key for key in self._state.aliases if graphical_key(key) in graphical_keys)
        return found | dict.fromkeys(aliases, True)

    def _verdict(self, key: str, *, job_id: UUID, below: Depth | None) -> str:
        if key in self._state.aliases:
            return "known"
        state = self._state.words.get(key)
        if state is None:
            return "new"
        if is_known(state.rank, below):
            return "known"
        claim = state.live_claim(self._clock())
        if claim is None:
            return "new"
        return "own" if claim.job_id == job_id else "elsewhere"

    async def release(self, keys: Collection[str], *, job_id: UUID, attempt: int) -> None:
        self._fence(job_id, attempt)
        self._leave(keys, job_id)

    async def release_all(self, job_id: UUID) -> int:
        held = [
            key for key, state in self._state.words.items() if state.claim and state.claim.job_id == job_id
        ]
        self._leave(held, job_id)
        return len(held)

    def _leave(self, keys: Collection[str], job_id: UUID) -> None:
        self._release(keys, job_id)
        for key in keys:
            if key in self._state.aliases or (key in self._state.words and self._state.words[key].rank):
                self._state.frontier.pop(key, None)

    def _release(self, keys: Iterable[str], job_id: UUID) -> None:
        for key in keys:
            state = self._state.words.get(key)
            if state and state.claim and state.claim.job_id == job_id:
                state.claim = None
                if state.rank == 0:
                    del self._state.words[key]

    async def claims(self, job_id: UUID) -> tuple[Word, ...]:
        now = self._clock()
        live = {
            key: (state.word, claim)
            for key, state in sorted(self._state.words.items())
            if (claim := state.live_claim(now))
        }
        return tuple(
            Word(text=word, key=key) for key, (word, claim) in live.items() if claim.job_id == job_id
        )

    async def taken(
        self, keys: Collection[str], *, job_id: UUID, below: Depth | None = None
    ) -> Mapping[str, bool]:
        verdicts = {key: self._verdict(key, job_id=job_id, below=below) for key in keys}
        return {
            key: verdict == "known" for key, verdict in verdicts.items() if verdict in {"known", "elsewhere"}
        }

    async def spelled_alike(self, graphical_keys: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        wanted, found = frozenset(graphical_keys), dict[str, list[str]]()
        for key in sorted({*self._state.words, *self._state.aliases}):
            if (graphical := graphical_key(key)) != key and graphical in wanted:
                found.setdefault(graphical, []).append(key)
        return {graphical: tuple(keys) for graphical, keys in found.items()}

    async def save_definitions(
        self, definitions: Sequence[Definition], *, job_id: UUID, attempt: int
    ) -> None:
        self._fence(job_id, attempt)
        self._define(definitions)

    def _define(self, definitions: Iterable[Definition]) -> None:
        for definition in definitions:
            state = self._state.words.setdefault(definition.key, MemoryWord(word=definition.word))
            if state.rank <= rank("defined"):
                definition = with_aliases(definition, self._names_of(definition.key))  # noqa: PLW2901
                self._learn(state, definition, rank("defined"), definition.provenance.created_at)

    def _learn(self, state: MemoryWord, definition: Definition, rank_: int, at: datetime) -> None:
        self._state.aliases.pop(definition.key, None)
        state.word = definition.word
        state.definition = definition
        state.rank = rank_
        state.learned_at = state.learned_at or at

    async def commit_batch(
        self, batch: Batch, *, entries: Sequence[Entry] = (), definitions: Sequence[Definition] = ()
    ) -> bool:
        self._fence(batch.job_id, batch.attempt)
        place = (batch.job_id, batch.round, batch.number)
        if place in self._state.batches:
            return False
        self._define(definitions)
        for entry in entries:
            stored = self._state.entries.get(entry.key)
            if stored is None or entry.revision > stored.revision:
                entry = with_aliases(entry, self._names_of(entry.key))  # noqa: PLW2901
                self._state.entries[entry.key] = entry
                state = self._state.words.setdefault(entry.key, MemoryWord(word=entry.word))
                self._learn(state, definition_of(entry), rank(entry.depth), entry.created_at)
        self._release([outcome.key for outcome in batch.outcomes], batch.job_id)
        for key in [entry.key for entry in entries] + [definition.key for definition in definitions]:
            self._state.frontier.pop(key, None)
        self._state.batches[place] = batch
        return True

    async def known(self, keys: Collection[str]) -> Mapping[str, KnownWord]:
        states = {key: self._state.words.get(key) for key in keys}
        return {
            key: KnownWord(
                definition=state.definition, depth=depth_of(state.rank), learned_at=state.learned_at
            )
            for key, state in states.items()
            if state and state.definition and state.learned_at
        }

    async def entry(self, key: str) -> Entry | None:
        return self._state.entries.get(key)

    async def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        return {key: self._state.entries[key] for key in keys if key in self._state.entries}

    async def left_defined(self, *, limit: int) -> tuple[Word, ...]:
        now = self._clock()
        left = [
            (state.learned_at, key, state.word)
            for key, state in self._state.words.items()
            if state.rank == rank("defined") and state.learned_at and not state.live_claim(now)
        ]
        return tuple(Word(text=word, key=key) for _, key, word in sorted(left)[:limit])

    async def defined_words(
        self, *, prefix: str = "", after: str = "", limit: int = MAX_PAGE
    ) -> tuple[KnownWord, ...]:
        ranks = {k: state.rank for k, state in self._state.words.items() if k > after}
        keys = sorted(k for k, n in ranks.items() if n == rank("defined") and k.startswith(prefix))
        return tuple((await self.known(keys[:limit])).values())

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
        prefix = word_key(query)
        found = [
            entry
            for entry in self._state.entries.values()
            if (condition is None or _property(entry, condition.name) == condition.value)
            and entry.key.startswith(prefix)
        ]
        place = _place_by_key if prefix else _place_newest
        kinds: dict[str, tuple[type, ...]] = {"words": (str,)} if prefix else {"newest": (int, str)}
        after = decode_cursor(cursor, **kinds)[1] if cursor is not None else None
        if after is not None and not prefix:
            after = (-after[0], after[1])
        ordered = sorted(found, key=place)
        rest = [entry for entry in ordered if after is None or place(entry) > after]
        items = tuple(rest[:limit])
        if len(rest) <= limit:
            return Page(items=items)
        last = items[-1]
        return Page(
            items=items,
            cursor=encode_cursor("words", last.key)
            if prefix
            else encode_cursor("newest", micros(last.updated_at), last.key),
        )

    async def export(self) -> AsyncIterator[Entry]:
        for key in sorted(self._state.entries):
            yield self._state.entries[key]

    async def stats(self) -> StoreStats:
        ranks = [state.rank for state in self._state.words.values() if state.rank > 0]
        entries = self._state.entries.values()
        return StoreStats(
            known=len(ranks),
            entries=len(entries),
            frontier=len(self._state.frontier),
            jobs=len(self._state.jobs),
            by_category=Counter(str(entry.category) for entry in entries),
            by_depth=Counter(depth_of(rank_) for rank_ in ranks),
            by_support=Counter(entry.support for entry in entries),
        )


def _property(entry: Entry, name: str) -> str:
    return str(entry.provenance.job_id if name == "job_id" else getattr(entry, name))


def _place_newest(entry: Entry) -> tuple[Any, ...]:
    return -micros(entry.updated_at), entry.key


def _place_by_key(entry: Entry) -> tuple[Any, ...]:
    return (entry.key,)
