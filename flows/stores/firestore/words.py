"""The Firestore store's known words: claims, definitions and reading; `word_changes` writes them."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from flows.core.identity.relatives import Rivals
from flows.core.words import LAST_CHARACTER
from flows.knowledge import ClaimResult, Definition, Depth, KnownWord, Word
from flows.knowledge.limits import MAX_PAGE
from flows.stores.firestore.driver.queries import Condition, Query
from flows.stores.firestore.driver.writes import Write, pieces
from flows.stores.firestore.fencing import storable, word_path
from flows.stores.firestore.word_changes import Changes, WordChanges, defined, freed
from flows.stores.firestore.word_states import STATE_FIELDS, Claim, WordState, known_word
from flows.stores.rules import ROWS_AT_ONCE, by_key, claim_result, lost_to_rivals

AT_ONCE = 400
"""Words per commit of claims."""
DEFINED_AT_ONCE = 100
ALIKE_AT_ONCE = 30
"""Values of one `in` condition: Firestore's limit."""
QUERIES_AT_ONCE = 8


class FirestoreWords(WordChanges):
    """See WordStore."""

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
        stored: dict[str, bool] = {}
        lost: dict[str, str] = {}
        held = [key for key in unique if verdicts[key] in {"new", "own"}]
        if rivals is not None and held:
            stored, lost = await self._yielded(held, rivals, job_id)
            if lost:
                await self.release(lost, job_id=job_id, attempt=attempt)
        return claim_result({key: verdicts[key] for key in unique}, lost, stored)

    async def _yielded(
        self, held: Sequence[str], rivals: Rivals, job_id: UUID
    ) -> tuple[dict[str, bool], dict[str, str]]:
        """Which of the claims just made must yield to another word, and the words that others have.

        Each job looks after it has claimed, so the later of two claims sees the earlier one. The order of the
        commits decides, and both jobs see the same order.
        """
        looked_under = {key: rivals.looked_under(key) for key in held}
        states = await self._alike({each for some in looked_under.values() for each in some})
        now, stored, lost = self._clock(), dict[str, bool](), dict[str, str]()
        for key, state in states.items():
            if state.is_taken or (state.is_live(now) and not state.is_of(job_id)):
                stored[key] = state.is_taken
        for key in held:
            mine = states.get(key)
            if mine is None or mine.rank:
                continue
            earlier = {
                other: is_known
                for other, is_known in stored.items()
                if is_known or states[other].claimed_before(mine)
            }
            lost |= lost_to_rivals([key], earlier, looked_under, rivals)
        return stored, lost

    async def _alike(self, graphical_keys: Collection[str]) -> dict[str, WordState]:
        fields = ("key", "graphical")
        queries = [
            Query(collection="known_words", where=[(field, "in", list(piece))], fields=STATE_FIELDS)
            for piece in pieces(sorted(graphical_keys), ALIKE_AT_ONCE)
            for field in fields
        ]
        found: dict[str, WordState] = {}
        for some in pieces(queries, QUERIES_AT_ONCE):
            for snapshots in await asyncio.gather(*map(self._database.find, some)):
                found |= {state.key: state for state in map(WordState.read, snapshots)}
        return found

    async def release(self, keys: Collection[str], *, job_id: UUID, attempt: int) -> None:
        for piece in pieces(dict.fromkeys(keys), AT_ONCE) if keys else [[]]:
            await self._change(
                piece, partial(freed, job_id=job_id), job_id=job_id, attempt=attempt, leaves_frontier=True
            )

    async def release_all(self, job_id: UUID) -> int:
        keys = [state.key for state in await self._claimed_by(job_id)]
        count = 0
        for piece in pieces(keys, AT_ONCE):
            count += await self._change(
                piece, partial(freed, job_id=job_id), job_id=job_id, leaves_frontier=True
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
        """Sorted by key; a job's claims are its words in progress, so they fit into memory."""
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

    async def spelled_alike(self, graphical_keys: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for piece in pieces(sorted(set(graphical_keys)), ALIKE_AT_ONCE):
            query = Query(
                collection="known_words",
                where=[("graphical", "in", list(piece))],
                fields=("key", "graphical"),
            )
            for snapshot in await self._database.find(query):
                found.setdefault(snapshot.fields["graphical"], []).append(snapshot.fields["key"])
        return {graphical: tuple(sorted(keys)) for graphical, keys in found.items()}

    async def save_definitions(
        self, definitions: Sequence[Definition], *, job_id: UUID, attempt: int
    ) -> None:
        for piece in pieces(definitions, DEFINED_AT_ONCE) if definitions else [[]]:
            await self._change(
                [d.key for d in piece], partial(defined, definitions=piece), job_id=job_id, attempt=attempt
            )

    async def known(self, keys: Collection[str]) -> Mapping[str, KnownWord]:
        found: dict[str, KnownWord] = {}
        for piece in pieces(storable(keys), ROWS_AT_ONCE):
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

    async def defined_words(
        self, *, prefix: str = "", after: str = "", limit: int = MAX_PAGE
    ) -> tuple[KnownWord, ...]:
        if prefix != prefix.encode("utf-8", "ignore").decode():
            return ()  # a lone surrogate, which no key contains
        where: list[Condition] = [("depth", "==", "defined")]
        if prefix:
            where += [("key", ">=", prefix), ("key", "<", prefix + LAST_CHARACTER)]
        query = Query(
            collection="known_words", where=where, order=[("key", "ASC")], after=(after,), limit=limit
        )
        return tuple(known_word(snapshot.fields) for snapshot in await self._database.find(query))
