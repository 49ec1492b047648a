"""Changes of known words in Firestore, each a compare-and-set.

A change names the version of every document that it replaces. Versions are cached from the previous read or
write, so that a write usually needs no read; after a conflict everything is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flows.knowledge import Definition, Entry
from flows.stores.firestore.driver.database import WriteConflict
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.writes import Version, Write, pieces
from flows.stores.firestore.fencing import FirestorePart, frontier_path, word_path
from flows.stores.firestore.word_states import STATE_FIELDS, WordState
from flows.stores.rules import ROWS_AT_ONCE, definition_of, rank

Changes = Mapping[str, tuple[WordState, Write]]
"""By key: the state of a word after a write."""


class WordChanges(FirestorePart):
    """Base of the parts that change words."""

    _words: DocumentCache[str, WordState]

    async def _change(
        self,
        keys: Collection[str],
        decide: Callable[[Mapping[str, WordState]], Changes],
        *,
        job_id: UUID,
        attempt: int | None = None,
        leaves_frontier: bool = False,
    ) -> int:
        """Write all changes that `decide` makes to the words' states in one commit; returns how many.

        Without an attempt there is no fence.
        """
        contention, is_fresh, count = self._database.contention(), False, 0
        while True:
            states, remembered = await self._states(keys, is_fresh=is_fresh)
            changes = decide(states)
            if unsure := remembered - changes.keys():
                states |= await self._read_states(unsure)
                changes = decide(states)
            writes = [write for _, write in changes.values()]
            if leaves_frontier:
                after = states | {key: state for key, (state, _) in changes.items()}
                writes += [
                    Write(path=frontier_path(key), fields=None)
                    for key, state in after.items()
                    if state.is_taken
                ]
            count = max(count, len(changes))
            try:
                if attempt is None:
                    versions = await self._database.commit(writes) if writes else []
                elif writes:
                    versions = await self._commit(job_id, attempt, writes)
                else:
                    await self._check_attempt(job_id, attempt)
                    versions = []
            except WriteConflict:
                if attempt is not None:
                    await self._check_attempt(job_id, attempt)
                await contention.pause()
                is_fresh = True
                continue
            self._remember(changes, versions)
            self._totals_changed()
            return count

    async def _states(
        self, keys: Collection[str], *, is_fresh: bool
    ) -> tuple[dict[str, WordState], set[str]]:
        """The states of words, and the keys whose state comes from the cache: such a state may only lead to a
        write, which checks it.
        """
        remembered = (
            {} if is_fresh else {key: state for key in keys if (state := self._words.get(key)) is not None}
        )
        read = await self._read_states([key for key in keys if key not in remembered])
        return {key: remembered.get(key) or read[key] for key in keys}, set(remembered)

    async def _read_states(self, keys: Iterable[str]) -> dict[str, WordState]:
        states: dict[str, WordState] = {}
        for piece in pieces(dict.fromkeys(keys), ROWS_AT_ONCE):
            found = await self._database.get([word_path(key) for key in piece], STATE_FIELDS)
            for key in piece:
                snapshot = found.get(word_path(key))
                states[key] = WordState.read(snapshot) if snapshot else WordState(key=key)
                self._words.put(key, states[key])
        return states

    def _remember(self, changes: Changes, versions: Sequence[Version]) -> None:
        for (key, (state, write)), version in zip(changes.items(), versions, strict=False):
            self._words.put(key, replace(state, version=None if write.fields is None else version))


def freed(states: Mapping[str, WordState], job_id: UUID) -> Changes:
    """The changes that end the job's claims."""
    return {key: state.freed() for key, state in states.items() if state.is_of(job_id)}


def defined(states: Mapping[str, WordState], definitions: Iterable[Definition]) -> Changes:
    """The changes that make words known at depth `defined`."""
    return committed(states, {}, definitions, frozenset(), None)


def committed(
    states: Mapping[str, WordState],
    newer: Mapping[str, Entry],
    definitions: Iterable[Definition],
    released: Collection[str],
    job_id: UUID | None,
) -> Changes:
    """How a batch changes its words, each written once: learned, and released if the job's claim on it
    ends.
    """
    changes: dict[str, tuple[WordState, Write]] = {}

    def learn(definition: Definition, rank_: int, at: datetime) -> None:
        state = changes[definition.key][0] if definition.key in changes else states[definition.key]
        is_freed = job_id is not None and definition.key in released and state.is_of(job_id)
        changes[definition.key] = state.learned(definition, rank_, at, is_freed=is_freed)

    for definition in definitions:
        if states[definition.key].rank <= rank("defined"):
            learn(definition, rank("defined"), definition.provenance.created_at)
    for entry in newer.values():
        learn(definition_of(entry), rank(entry.depth), entry.created_at)
    if job_id is not None:
        changes |= freed({key: states[key] for key in released if key not in changes}, job_id)
    return changes
