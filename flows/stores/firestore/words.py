"""The Firestore store's known words: claims, definitions, and the commit of a batch.

Each change is a compare-and-set: it names the version of every document that it replaces. Versions are
remembered from the read or write before, so that in the usual course a batch is written without reading
anything; after a conflict everything is read anew.
"""

# ruff: noqa: D102  the protocols in base.py say what each method does

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from flows.knowledge import Batch, ClaimResult, Definition, Depth, Entry, KnownWord, Word
from flows.stores.firestore.document_cache import DocumentCache
from flows.stores.firestore.documents import batch_fields, batch_path, entry_fields
from flows.stores.firestore.driver.database import WriteConflict
from flows.stores.firestore.driver.queries import Query
from flows.stores.firestore.driver.writes import Version, Write, pieces
from flows.stores.firestore.fencing import FirestorePart, entry_path, frontier_path, storable, word_path
from flows.stores.firestore.word_states import STATE_FIELDS, Claim, WordState, known_word
from flows.stores.rules import by_key, definition_of, rank

AT_ONCE = 400
"""Words in one commit of claims."""
DEFINED_AT_ONCE = 100
READ_AT_ONCE = 500

Changes = Mapping[str, tuple[WordState, Write]]
"""By key: the state of a word after a write."""
Revisions = dict[str, tuple[int, Version]]
"""By key: an entry's stored revision, 0 where there is none, with its version."""


class FirestoreWords(FirestorePart):
    """See KnowledgeStore."""

    _words: DocumentCache[str, WordState]
    _revisions: DocumentCache[str, tuple[int, Version]]

    async def claim(
        self,
        words: Sequence[Word],
        *,
        job_id: UUID,
        attempt: int,
        until: datetime,
        below: Depth | None = None,
    ) -> ClaimResult:
        unique = by_key(words)
        claim = Claim(job_id=str(job_id), attempt=attempt, token=uuid4().hex, until=until)
        verdicts: dict[str, str] = {}

        def decide(states: Mapping[str, WordState]) -> Changes:
            changes: dict[str, tuple[WordState, Write]] = {}
            now = self._clock()
            for key, state in states.items():
                is_done = state.claim is not None and state.claim.token == claim.token
                if not is_done:
                    verdicts[key] = state.verdict(job_id, now, below=below)
                    is_renewed = state.claim is not None and replace(state.claim, token=claim.token) == claim
                    if verdicts[key] == "new" or (verdicts[key] == "own" and not is_renewed):
                        changes[key] = state.claimed(unique[key].text, claim)
            return changes

        for piece in pieces(unique, AT_ONCE) if unique else [[]]:
            await self._change(piece, decide, job_id=job_id, attempt=attempt)
        return ClaimResult(
            **{
                kind: tuple(key for key in unique if verdicts[key] == kind)
                for kind in ("new", "own", "known", "elsewhere")
            }
        )

    async def release(self, keys: Collection[str], *, job_id: UUID, attempt: int) -> None:
        for piece in pieces(dict.fromkeys(keys), AT_ONCE) if keys else [[]]:
            await self._change(
                piece, partial(_freed, job_id=job_id), job_id=job_id, attempt=attempt, leaves_frontier=True
            )

    async def release_all(self, job_id: UUID) -> int:
        keys = [state.key for state in await self._claimed_by(job_id)]
        count = 0
        for piece in pieces(keys, AT_ONCE):
            count += await self._change(
                piece, partial(_freed, job_id=job_id), job_id=job_id, leaves_frontier=True
            )
        return count

    async def claims(self, job_id: UUID) -> tuple[Word, ...]:
        now = self._clock()
        return tuple(
            Word(text=state.word, key=state.key)
            for state in await self._claimed_by(job_id)
            if state.is_live(now)
        )

    async def _claimed_by(self, job_id: UUID) -> list[WordState]:
        """By key; the job's own claims are as many as its words in work, so they fit into memory."""
        found = await self._database.find(
            Query(collection="known_words", where=[("claimed_by", "==", str(job_id))], fields=STATE_FIELDS)
        )
        return sorted(map(WordState.read, found), key=lambda state: state.key)

    async def taken(
        self, keys: Collection[str], *, job_id: UUID, below: Depth | None = None
    ) -> Mapping[str, bool]:
        now = self._clock()
        states = await self._read_states(keys)
        verdicts = {key: states[key].verdict(job_id, now, below=below) for key in keys}
        return {
            key: verdict == "known" for key, verdict in verdicts.items() if verdict in {"known", "elsewhere"}
        }

    async def save_definitions(
        self, definitions: Sequence[Definition], *, job_id: UUID, attempt: int
    ) -> None:
        for piece in pieces(definitions, DEFINED_AT_ONCE) if definitions else [[]]:
            await self._change(
                [d.key for d in piece], partial(_defined, definitions=piece), job_id=job_id, attempt=attempt
            )

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
            changes = _committed(states, newer, definitions, freed, batch.job_id)
            if unsure := remembered - changes.keys():
                states |= await self._read_states(unsure)
                changes = _committed(states, newer, definitions, freed, batch.job_id)
            solid = [
                Write(path=entry_path(key), fields=entry_fields(entry), version=revisions[key][1])
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

    async def known(self, keys: Collection[str]) -> Mapping[str, KnownWord]:
        found: dict[str, KnownWord] = {}
        for piece in pieces(storable(keys), READ_AT_ONCE):
            for snapshot in (await self._database.get(list(map(word_path, piece)))).values():
                if snapshot.fields["state"] == "known":
                    found[snapshot.fields["key"]] = known_word(snapshot.fields)
        return {key: found[key] for key in keys if key in found}

    async def left_defined(self, *, limit: int) -> tuple[Word, ...]:
        left: list[Word] = []
        after: Sequence[object] = ()
        while len(left) < limit:
            query = Query(
                collection="known_words",
                where=[("depth", "==", "defined")],
                order=[("learned_at", "ASC"), ("key", "ASC")],
                after=after,
                limit=limit,
                fields=STATE_FIELDS,
            )
            found = [WordState.read(snapshot) for snapshot in await self._database.find(query)]
            now = self._clock()
            left += [Word(text=state.word, key=state.key) for state in found if not state.is_live(now)]
            if len(found) < limit:
                break
            after = (found[-1].learned_at, found[-1].key)
        return tuple(left[:limit])

    async def _change(
        self,
        keys: Collection[str],
        decide: Callable[[Mapping[str, WordState]], Changes],
        *,
        job_id: UUID,
        attempt: int | None = None,
        leaves_frontier: bool = False,
    ) -> int:
        """Write what `decide` makes of the words' states, all of it together; how many words that were.

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
                    Write(path=frontier_path(key), fields=None) for key, state in after.items() if state.rank
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
        """The states of words, and those keys among them that are only remembered: they may lead to a write
        and to nothing else.
        """
        remembered = (
            {} if is_fresh else {key: state for key in keys if (state := self._words.get(key)) is not None}
        )
        read = await self._read_states([key for key in keys if key not in remembered])
        return {key: remembered.get(key) or read[key] for key in keys}, set(remembered)

    async def _read_states(self, keys: Iterable[str]) -> dict[str, WordState]:
        states: dict[str, WordState] = {}
        for piece in pieces(dict.fromkeys(keys), READ_AT_ONCE):
            found = await self._database.get([word_path(key) for key in piece], STATE_FIELDS)
            for key in piece:
                snapshot = found.get(word_path(key))
                states[key] = WordState.read(snapshot) if snapshot else WordState(key=key)
                self._words.put(key, states[key])
        return states

    def _remember(self, changes: Changes, versions: Sequence[Version]) -> None:
        for (key, (state, write)), version in zip(changes.items(), versions, strict=False):
            self._words.put(key, replace(state, version=None if write.fields is None else version))

    async def _stored_revisions(
        self, entries: Sequence[Entry], states: Mapping[str, WordState], *, is_fresh: bool
    ) -> Revisions:
        """The stored revisions; that of a new entry, of a word that has none yet, is taken to be 0 without a
        look.
        """
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
        for piece in pieces(dict.fromkeys(unsure), READ_AT_ONCE):
            found = await self._database.get([entry_path(key) for key in piece], ["revision"])
            for key in piece:
                snapshot = found.get(entry_path(key))
                revisions[key] = (snapshot.fields["revision"], snapshot.version) if snapshot else (0, None)
        return revisions


def _freed(states: Mapping[str, WordState], job_id: UUID) -> Changes:
    return {key: state.freed() for key, state in states.items() if state.is_of(job_id)}


def _defined(states: Mapping[str, WordState], definitions: Iterable[Definition]) -> Changes:
    return _committed(states, {}, definitions, frozenset(), None)


def _committed(
    states: Mapping[str, WordState],
    newer: Mapping[str, Entry],
    definitions: Iterable[Definition],
    freed: Collection[str],
    job_id: UUID | None,
) -> Changes:
    """What a batch makes of its words, each written once: learned, and free where the job's claim on
    it ends.
    """
    changes: dict[str, tuple[WordState, Write]] = {}

    def learn(definition: Definition, rank_: int, at: datetime) -> None:
        state = changes[definition.key][0] if definition.key in changes else states[definition.key]
        is_freed = job_id is not None and definition.key in freed and state.is_of(job_id)
        changes[definition.key] = state.learned(definition, rank_, at, is_freed=is_freed)

    for definition in definitions:
        if states[definition.key].rank <= rank("defined"):
            learn(definition, rank("defined"), definition.provenance.created_at)
    for entry in newer.values():
        learn(definition_of(entry), rank(entry.depth), entry.created_at)
    if job_id is not None:
        changes |= _freed({key: states[key] for key in freed if key not in changes}, job_id)
    return changes


def _newer(entries: Iterable[Entry], revisions: Revisions) -> dict[str, Entry]:
    """The entries to be stored: those of a higher revision than the stored one; of two with one key the
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
