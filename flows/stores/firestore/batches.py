"""The commit of a batch in the Firestore store."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import uuid4

from flows.knowledge import Batch, Definition, Entry
from flows.stores.firestore.documents import batch_fields, batch_path, entry_fields
from flows.stores.firestore.driver.database import WriteConflict
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.writes import Version, Write, pieces
from flows.stores.firestore.fencing import entry_path, frontier_path
from flows.stores.firestore.word_changes import WordChanges, committed
from flows.stores.firestore.word_states import WordState
from flows.stores.rules import ROWS_AT_ONCE, rank, with_aliases

Revisions = dict[str, tuple[int, Version]]
"""By key: an entry's stored revision, 0 where there is none, with its version."""


class FirestoreBatches(WordChanges):
    """See WordStore.commit_batch."""

    _revisions: DocumentCache[str, tuple[int, Version]]

    async def commit_batch(
        self, batch: Batch, *, entries: Sequence[Entry] = (), definitions: Sequence[Definition] = ()
    ) -> bool:
        token = uuid4().hex
        row = Write(path=batch_path(batch), fields=batch_fields(batch) | {"token": token}, version=None)
        learned = dict.fromkeys(
            [entry.key for entry in entries] + [definition.key for definition in definitions]
        )
        keys = dict.fromkeys([*learned, *(outcome.key for outcome in batch.outcomes)])
        freed = {outcome.key for outcome in batch.outcomes}
        contention, is_fresh = self._database.contention(), False
        while True:
            states, remembered = await self._states(keys, is_fresh=is_fresh)
            revisions = await self._stored_revisions(entries, states, is_fresh=is_fresh)
            newer = _newer(entries, revisions)
            changes = committed(states, newer, definitions, freed, batch.job_id)
            if unsure := remembered - changes.keys():
                states |= await self._read_states(unsure)
                changes = committed(states, newer, definitions, freed, batch.job_id)
            solid = [
                Write(
                    path=entry_path(key),
                    fields=entry_fields(with_aliases(entry, states[key].aliases)),
                    version=revisions[key][1],
                )
                for key, entry in newer.items()
            ]
            gone = [Write(path=frontier_path(key), fields=None) for key in learned]
            try:
                versions = await self._commit(
                    batch.job_id, batch.attempt, [*(w for _, w in changes.values()), *solid, row, *gone]
                )
            except WriteConflict:
                await self._check_attempt(batch.job_id, batch.attempt)
                stored = await self._database.get_one(row.path, ["token"])
                if stored is not None:
                    self._forget(keys)
                    return bool(stored.fields["token"] == token)
                await contention.pause()
                is_fresh = True
                continue
            self._remember(changes, versions)
            for (key, entry), version in zip(newer.items(), versions[len(changes) :], strict=False):
                self._revisions.put(key, (entry.revision, version))
            self._totals_changed()
            return True

    async def _stored_revisions(
        self, entries: Sequence[Entry], states: Mapping[str, WordState], *, is_fresh: bool
    ) -> Revisions:
        """The stored revisions. For a new entry of a word without an entry, 0 is assumed without reading."""
        revisions: Revisions = {}
        unsure: list[str] = []
        for entry in entries:
            remembered = None if is_fresh else self._revisions.get(entry.key)
            if remembered is not None:
                revisions[entry.key] = remembered
            elif not is_fresh and entry.revision == 1 and states[entry.key].rank <= rank("defined"):
                revisions[entry.key] = (0, None)
            else:
                unsure.append(entry.key)
        for piece in pieces(dict.fromkeys(unsure), ROWS_AT_ONCE):
            found = await self._database.get([entry_path(key) for key in piece], ["revision"])
            for key in piece:
                snapshot = found.get(entry_path(key))
                revisions[key] = (snapshot.fields["revision"], snapshot.version) if snapshot else (0, None)
        return revisions


def _newer(entries: Iterable[Entry], revisions: Revisions) -> dict[str, Entry]:
    """The entries to store: those with a higher revision than the stored one; of two with one key, the
    highest.
    """
    newer: dict[str, Entry] = {}
    for entry in entries:
        revision, version = revisions[entry.key]
        is_first = version is None and entry.key not in newer
        if is_first or entry.revision > max(
            revision, newer[entry.key].revision if entry.key in newer else revision
        ):
            newer[entry.key] = entry
    return newer
