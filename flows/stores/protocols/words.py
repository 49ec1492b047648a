"""Words: claimed, known, learned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flows.core.identity.relatives import Rivals
from flows.knowledge import Batch, ClaimResult, Definition, Depth, Entry, KnownWord, Word
from flows.knowledge.limits import MAX_PAGE


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
        rivals: Rivals | None = None,
    ) -> ClaimResult:
        """Claim each word for the job until a given time, atomically per word and across processes.

        A word is *known* if it has been learned; with `below`, only if it is known at that depth or deeper,
        so that shallower words can be claimed for more work (readers still see them as known). Otherwise a
        live claim of another job makes it *elsewhere*; an expired claim of any job is taken over as *new*. A
        live claim of the same job is *own* and is renewed for this attempt. The four lists are disjoint and
        together contain every key once, in the order given. A claim is live before its expiry, by the store's
        clock.

        With `rivals`, a new word is refused, too, by another word that is one with it: known, or under a live
        claim of another job, even one of the same moment. Of two such claims exactly one is kept.
        """
        ...

    async def release(self, keys: Collection[str], *, job_id: UUID, attempt: int) -> None:
        """Release the job's claims on these keys, from any of its attempts.

        What is known about the words stays, as do claims of other jobs.

        Words that remain known, at whatever depth, leave the frontier.
        """
        ...

    async def release_all(self, job_id: UUID) -> int:
        """Release every claim of a job that has ended, as `release` does; returns how many there were, live
        or expired.
        """
        ...

    async def claims(self, job_id: UUID) -> tuple[Word, ...]:
        """The words that the job currently holds under a live claim, by key."""
        ...

    async def taken(
        self, keys: Collection[str], *, job_id: UUID, below: Depth | None = None
    ) -> Mapping[str, bool]:
        """The keys that the job could not claim right now: True if known, False if claimed elsewhere."""
        ...

    async def spelled_alike(self, graphical_keys: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The keys, known or claimed by any job, that are written with marks or spaces and whose graphical
        key is one of these: by graphical key, sorted. A word whose key is its graphical key is found by its
        key, and is absent here.
        """
        ...

    async def save_definitions(
        self, definitions: Sequence[Definition], *, job_id: UUID, attempt: int
    ) -> None:
        """Make words known at depth `defined`; claims on them stay.

        A word known at greater depth keeps its depth and its definition.

        A word that was `defined` gets the new definition. `learned_at` is the time of the first definition or
        entry and never changes.
        """
        ...

    async def commit_batch(
        self, batch: Batch, *, entries: Sequence[Entry] = (), definitions: Sequence[Definition] = ()
    ) -> bool:
        """Store a batch's results and its row in one commit, release the job's claims on all its words, and
        drop learned words from the frontier.

        Entries make their words known at the entry's depth, with the definition in the entry. A stored entry
        is replaced only by one with a higher `revision`; otherwise what is known about its word stays.
        `definitions` are for words left at depth `defined`, as in `save_definitions`. The batch's words are
        those of its outcomes: those that are not known vanish with the claim. If the batch's row is already
        there, returns False and changes nothing.
        """
        ...

    async def known(self, keys: Collection[str]) -> Mapping[str, KnownWord]:
        """The known words among these keys; words that are only claimed are absent."""
        ...

    async def left_defined(self, *, limit: int) -> tuple[Word, ...]:
        """Known words left at depth `defined` and not under a live claim, oldest first (by `learned_at`, then
        key).
        """
        ...

    async def defined_words(
        self, *, prefix: str = "", after: str = "", limit: int = MAX_PAGE
    ) -> tuple[KnownWord, ...]:
        """Known words left at depth `defined`, claimed or not, whose keys begin with a prefix, after a key,
        by key.
        """
        ...
