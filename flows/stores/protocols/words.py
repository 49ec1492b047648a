"""Words: claimed, known, learned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flows.knowledge import Batch, ClaimResult, Definition, Depth, Entry, KnownWord, Word


class WordStore(Protocol):
    """Claims on words, and what is known of them."""

    async def claim(
        self,
        words: Sequence[Word],
        *,
        job_id: UUID,
        attempt: int,
        until: datetime,
        below: Depth | None = None,
    ) -> ClaimResult:
        """Claim each word for the job, atomically a word and across processes, until a moment in time.

        A word is *known* when someone has learned it; with `below`, only when it is known at that depth or
        deeper, so that shallower words can be claimed for more work (readers go on seeing them as known).
        Else a live claim of another job makes it *elsewhere*; a claim past its time, whoever's, is taken over
        as *new*. A live claim of the same job is *own* and is renewed for this attempt. The four lists are
        disjoint and together hold every key once, in the order given. A claim is live before its moment in
        time, by the store's clock.
        """
        ...

    async def release(self, keys: Collection[str], *, job_id: UUID, attempt: int) -> None:
        """Give up the job's claims on these keys, of any of its attempts.

        What is known of the words stays; claims of other jobs stay.

        Words that were left known, at whatever depth, leave the frontier.
        """
        ...

    async def release_all(self, job_id: UUID) -> int:
        """Give up every claim of a job that has ended, as `release` does; says how many there were, live or
        past their time.
        """
        ...

    async def claims(self, job_id: UUID) -> tuple[Word, ...]:
        """The words that the job holds at this moment, by key: those under a live claim."""
        ...

    async def taken(
        self, keys: Collection[str], *, job_id: UUID, below: Depth | None = None
    ) -> Mapping[str, bool]:
        """Of these keys, those that a claim by the job would not get now: True when known, False when claimed
        elsewhere.
        """
        ...

    async def save_definitions(
        self, definitions: Sequence[Definition], *, job_id: UUID, attempt: int
    ) -> None:
        """Make words known at depth `defined`; claims on them stay.

        A word known deeper keeps its depth and its definition.

        A word that was `defined` gets the new definition. `learned_at` is when the first definition was
        created, or the entry, and then stays.
        """
        ...

    async def commit_batch(
        self, batch: Batch, *, entries: Sequence[Entry] = (), definitions: Sequence[Definition] = ()
    ) -> bool:
        """Store a batch's results and its row in one commit, give up the job's claims on all its words, drop
        learned words from the frontier.

        Entries make their words known at the entry's depth, with the definition in the entry. An entry that
        is already stored is replaced only by one of a higher `revision`; else what is known of its word stays
        as it is. `definitions` are those of words left at depth `defined`, as for `save_definitions`. The
        batch's words are those of its outcomes: those that nobody knows vanish with the claim. False, and
        nothing changes, when the batch's row is there already.
        """
        ...

    async def known(self, keys: Collection[str]) -> Mapping[str, KnownWord]:
        """The known words among these keys; words that are only claimed are absent."""
        ...

    async def left_defined(self, *, limit: int) -> tuple[Word, ...]:
        """Known words that were left at depth `defined` and that nobody holds a live claim on, oldest first
        (by `learned_at`, then key).
        """
        ...
