"""The Firestore store's aliases and merges."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import partial

from flows.knowledge import Alias, Entry, FrontierWord, LearnedWord, Merge, StoredName
from flows.stores.firestore.documents import entry_fields, read_document
from flows.stores.firestore.driver.database import Snapshot, WriteConflict
from flows.stores.firestore.driver.queries import BY_KEY, DOCUMENTS_AT_ONCE, Query
from flows.stores.firestore.driver.writes import Write, pieces
from flows.stores.firestore.fencing import FirestorePart, entry_path, frontier_path, storable, word_path
from flows.stores.firestore.frontier import frontier_fields
from flows.stores.firestore.word_states import STATE_FIELDS, WordState, alias_document, alias_in, known_word
from flows.stores.rules import (
    ROWS_AT_ONCE,
    concepts_seen,
    depth_of,
    mentions_after,
    rank,
    stored_graphical_key,
)

_ALIAS_FIELDS = ("key", "word", "alias_of", "relation")


class FirestoreMending(FirestorePart):
    """See AliasStore and Mending."""

    async def aliases(self, keys: Collection[str]) -> Mapping[str, Alias]:
        found: dict[str, Alias] = {}
        for piece in pieces(storable(keys), ROWS_AT_ONCE):
            paths = list(map(word_path, piece))
            for snapshot in (await self._database.get(paths, _ALIAS_FIELDS)).values():
                if "alias_of" in snapshot.fields:
                    found[snapshot.fields["key"]] = alias_in(snapshot.fields)
        return {key: found[key] for key in keys if key in found}

    async def all_aliases(self, *, after: str = "") -> AsyncIterator[Alias]:
        while True:
            query = Query(
                collection="known_words",
                where=[("state", "==", "alias")],
                order=BY_KEY,
                after=(after,),
                limit=DOCUMENTS_AT_ONCE,
            )
            found = await self._database.find(query)
            for snapshot in found:
                yield alias_in(snapshot.fields)
            if len(found) < DOCUMENTS_AT_ONCE:
                return
            after = found[-1].fields["key"]

    async def put_aliases(self, aliases: Sequence[Alias]) -> None:
        for piece in pieces(aliases, DOCUMENTS_AT_ONCE):
            await self._database.compare_and_set(partial(self._free_aliases, piece))
            self._forget([alias.key for alias in piece])
        self._totals_changed()

    async def _free_aliases(self, aliases: Sequence[Alias]) -> list[Write]:
        found = await self._database.get([word_path(alias.key) for alias in aliases], STATE_FIELDS)
        states = {s.fields["key"]: WordState.read(s) for s in found.values()}
        free = [alias for alias in aliases if alias.key not in states or not states[alias.key].rank]
        writes = [alias_document(a, states[a.key].version if a.key in states else None) for a in free]
        return writes + [Write(path=frontier_path(alias.key), fields=None) for alias in free]

    async def names(self, *, after: str = "", limit: int = 1000) -> tuple[StoredName, ...]:
        query = Query(
            collection="known_words",
            order=BY_KEY,
            after=(after,),
            limit=limit,
            fields=(*STATE_FIELDS, "graphical"),
        )
        return tuple(map(self._name, await self._database.find(query)))

    def _name(self, snapshot: Snapshot) -> StoredName:
        state = WordState.read(snapshot)
        return StoredName(
            word=state.word,
            key=state.key,
            depth=depth_of(state.rank) if state.rank else None,
            learned_at=state.learned_at,
            of=state.alias_of,
            is_claimed=state.is_live(self._clock()),
            lacks_graphical=snapshot.fields.get("graphical") != stored_graphical_key(state.key),
        )

    async def merge(self, merge: Merge) -> bool:
        seen = {word.definition.key: word for word in merge.seen}
        keys = list(dict.fromkeys([merge.kept.definition.key, *seen]))
        contention, has_tried = self._database.contention(), False
        while True:
            found = await self._database.get([word_path(key) for key in keys])
            entries = await self._database.get([entry_path(key) for key in keys])
            states = {s.fields["key"]: WordState.read(s) for s in found.values()}
            if any(
                _learned(found.get(word_path(key)), entries.get(entry_path(key))) != word
                for key, word in seen.items()
            ) or any(state.is_live(self._clock()) for state in states.values()):
                # the answer of an earlier try may have been lost
                pointing = {state.key for state in states.values() if state.alias_of == keys[0]}
                return has_tried and bool(pointing) and pointing == {a.key for a in merge.aliases}
            writes = [
                *_kept(merge, states, entries),
                *(alias_document(alias, states[alias.key].version) for alias in merge.aliases),
                *(
                    Write(path=path, fields=None, version=snapshot.version)
                    for path, snapshot in entries.items()
                    if path != entry_path(keys[0])
                ),
                *await self._turned(merge, keys),
                *await self._mentions(merge),
                *(Write(path=frontier_path(key), fields=None) for key in keys),
            ]
            try:
                await self._database.commit(writes)
            except WriteConflict:
                await contention.pause()
                has_tried = True
                continue
            self._forget(keys)
            self._totals_changed()
            return True

    async def _turned(self, merge: Merge, keys: Sequence[str]) -> list[Write]:
        query = Query(collection="known_words", where=[("alias_of", "in", list(keys))], fields=_ALIAS_FIELDS)
        kept = merge.kept.definition.key
        return [
            alias_document(alias_in(snapshot.fields).model_copy(update={"of": kept}), snapshot.version)
            for snapshot in await self._database.find(query)
            if snapshot.fields["alias_of"] != kept and snapshot.fields["key"] not in keys
        ]

    async def _mentions(self, merge: Merge) -> list[Write]:
        rows = await self._database.get([frontier_path(key) for key in concepts_seen(merge)])
        writes = []
        for path, snapshot in rows.items():
            row = read_document(FrontierWord, snapshot.fields)
            mentioned_by = mentions_after(merge, row.key, row.mentioned_by)
            if mentioned_by != row.mentioned_by:
                after = row.model_copy(update={"mentioned_by": mentioned_by})
                fields = frontier_fields(after) if mentioned_by else None
                writes.append(Write(path=path, fields=fields, version=snapshot.version))
        return writes

    async def index_graphical(self, keys: Collection[str]) -> None:
        for piece in pieces(keys, DOCUMENTS_AT_ONCE):
            await self._database.compare_and_set(partial(self._graphical_keys, piece))
            self._forget(piece)

    async def _graphical_keys(self, keys: Collection[str]) -> list[Write]:
        found = await self._database.get(list(map(word_path, keys)), ("key", "graphical"))
        return [
            Write(
                path=snapshot.path,
                fields={"graphical": graphical} if graphical else {},
                only=("graphical",),
                version=snapshot.version,
            )
            for snapshot in found.values()
            if (graphical := stored_graphical_key(snapshot.fields["key"])) != snapshot.fields.get("graphical")
        ]


def _learned(word: Snapshot | None, entry: Snapshot | None) -> LearnedWord | None:
    if word is None or word.fields["state"] != "known":
        return None
    return LearnedWord(
        **dict(known_word(word.fields)), entry=read_document(Entry, entry.fields) if entry else None
    )


def _kept(merge: Merge, states: Mapping[str, WordState], entries: Mapping[str, Snapshot]) -> list[Write]:
    kept, key = merge.kept, merge.kept.definition.key
    state = states.get(key) or WordState(key=key)
    before = WordState(key=key, claim=state.claim, version=state.version)
    _, write = before.learned(kept.definition, rank(kept.depth), kept.learned_at)
    if kept.entry is None:
        return [write]
    stored = entries.get(entry_path(key))
    fields = entry_fields(kept.entry)
    return [write, Write(path=entry_path(key), fields=fields, version=stored.version if stored else None)]
