"""What every store can do. One contract suite (tests/flows/stores/test_contract.py) holds all of them to it.

All methods may raise StoreUnavailable (try again) and StoreFull (stop). Every write is idempotent: repeating
it with the same arguments changes nothing. Writes that carry `job_id` and `attempt`, by themselves or in a
document, raise StaleAttempt when a newer attempt of the job has begun; where there is no job document, and
for the log, there is no such fence. A cancelled write was done whole or not at all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self
from uuid import UUID

from flows.knowledge import (
    Batch,
    CachedEvidence,
    Category,
    ClaimResult,
    Definition,
    Depth,
    Entry,
    FrontierWord,
    Job,
    JobEvent,
    JobStatus,
    KnownWord,
    LearnedWord,
    Mode,
    Page,
    QuotaUsage,
    Round,
    StoreStats,
    Support,
    Word,
)


class Saved(NamedTuple):
    """A job's row as it is stored now, and the lines of its log that were new, with their numbers."""

    job: Job
    lines: tuple[JobEvent, ...]


class KnowledgeStore(Protocol):
    """Known words, entries and the frontier."""

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

    async def entry(self, key: str) -> Entry | None:
        """One entry."""
        ...

    async def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        """The entries among these keys."""
        ...

    async def left_defined(self, *, limit: int) -> tuple[Word, ...]:
        """Known words that were left at depth `defined` and that nobody holds a live claim on, oldest first
        (by `learned_at`, then key).
        """
        ...

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
        """Entries by text, or newest first (by `updated_at`, then key) where the query is empty; at most one
        of the four filters.

        `job_id` is the one in the entry's provenance. With full text, the headword itself comes first, then
        headwords that begin with the query, then the texts that hold all of its words; without, only
        headwords that begin with it. Raises InvalidInput for a bad cursor, a limit outside 1..200, or more
        than one filter.
        """
        ...

    def export(self) -> AsyncIterator[Entry]:
        """Every entry by key, in constant memory."""
        ...

    async def add_to_frontier(self, mentions: Mapping[Word, Collection[str]], *, at: datetime) -> None:
        """Add the keys of mentioning entries to each word; words that are known, or that nobody mentions, are
        left out.

        The first 20 keys stay; those that come in one call count in their alphabetical order.
        """
        ...

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Page[FrontierWord]:
        """Words that are mentioned and not learned, most mentioned first, then by key; words under a live
        claim are left out.

        Raises InvalidInput for a bad cursor or a limit outside 1..200.
        """
        ...

    async def stats(self) -> StoreStats:
        """Totals.

        `by_depth` counts the known words, `by_category` and `by_support` the entries; what there is none of
        is absent.
        """
        ...


class JobStore(Protocol):
    """Jobs with their log and control, rounds and batches, and what must outlive a process."""

    async def begin_attempt(self, job: Job) -> Job:
        """Create the job document, or take an existing one over: `attempt` is one higher, and the job runs.

        Committed before it returns. A new job begins with an attempt one higher than the given document says:
        1. From then on writes of older attempts raise StaleAttempt. See flows.core.status.begun.
        """
        ...

    async def save_job(self, job: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        """What a run's process writes: its fields of the job, and new lines of the log, in one commit.

        The projector's fields stay as they are stored; `status` follows from both (flows.core.status.saved).
        The lines get the numbers that follow in the job's attempt; a line whose id is stored already is left
        out. Answers the row as it is now and the lines that are new. Raises StaleAttempt when the stored
        attempt is higher. Creates the row where there is none.
        """
        ...

    async def project(self, seen: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        """What the projector writes: what it has seen of a run, and Prefect's states as lines, in one commit.

        The fields of the run's process stay as they are stored (flows.core.status.projected); `seen` becomes
        the row where there is none. Lines are numbered as in `save_job`, in the row's attempt.
        """
        ...

    async def job(self, job_id: UUID) -> Job | None:
        """One job document."""
        ...

    async def jobs(
        self,
        *,
        statuses: Collection[JobStatus] = (),
        mode: Mode | None = None,
        since: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """Jobs, newest first (by created_at, then job_id), created at `since` or later.

        No statuses mean any. Raises InvalidInput for a bad cursor or a limit outside 1..200.
        """
        ...

    async def append_log(self, job_id: UUID, events: Sequence[JobEvent]) -> None:
        """Take lines over under the numbers that they have; numbers that are stored already stay as
        they are.
        """
        ...

    async def log(
        self, job_id: UUID, *, after: tuple[int, int] = (0, 0), limit: int = 200
    ) -> tuple[JobEvent, ...]:
        """Events past (attempt, seq), oldest first."""
        ...

    async def request_stop(self, job_id: UUID) -> None:
        """Raise the drain flag of a job."""
        ...

    async def stop_requested(self, job_id: UUID) -> bool:
        """Whether the drain flag is up."""
        ...

    async def clear_stop(self, job_id: UUID) -> None:
        """Lower the drain flag, so that a job can be run again."""
        ...

    async def save_round(self, round_: Round) -> bool:
        """Store a round. False, and nothing changes, when it is there already."""
        ...

    async def round(self, job_id: UUID, number: int) -> Round | None:
        """One round."""
        ...

    async def rounds(self, job_id: UUID, *, after: int = 0, limit: int = 50) -> tuple[Round, ...]:
        """Rounds past a number, in order."""
        ...

    async def batches(self, job_id: UUID, round_number: int | None = None) -> tuple[Batch, ...]:
        """The recorded batches of a job or of one round, by (round, number)."""
        ...

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        """What is remembered of a model's windows: at most one a window."""
        ...

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        """Replace what is remembered of each model's window."""
        ...

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        """What the source is remembered to have said and that has not expired by the store's clock."""
        ...

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        """Remember what a source said, in place of what it said before, and drop what has expired by the
        store's clock.
        """
        ...


class Contents(Protocol):
    """What a store holds as a whole, for moving it elsewhere; in constant memory, in the order of keys.

    Claims stay behind with their jobs.
    """

    def all_words(self, *, after: str = "") -> AsyncIterator[LearnedWord]:
        """Every known word past a key."""
        ...

    async def put_words(self, words: Sequence[LearnedWord]) -> None:
        """Take words over as they are, in place of what was known of them."""
        ...

    async def put_job(self, job: Job) -> None:
        """Take a job's document over as it is, in place of the stored one.

        Raises StaleAttempt as `save_job`.
        """
        ...

    def all_frontier(self, *, after: str = "") -> AsyncIterator[FrontierWord]:
        """Every word of the frontier past a key, known or claimed ones among them."""
        ...

    async def put_frontier(self, words: Sequence[FrontierWord]) -> None:
        """Take words of the frontier over as they are."""
        ...

    def all_quota_usage(self) -> AsyncIterator[QuotaUsage]:
        """What is remembered of the windows of all models."""
        ...

    def all_evidence(
        self, *, at: datetime, after: tuple[str, str] = ("", "")
    ) -> AsyncIterator[CachedEvidence]:
        """All that sources are remembered to have said and that has not expired by a moment, past (source,
        key).
        """
        ...


class Store(KnowledgeStore, JobStore, Contents, Protocol):
    """A whole store, open between `async with` and its end; whoever opens it closes it."""

    url: str
    """Where it is, as in LEARN_STORE, without secrets."""
    has_full_text: bool

    def now(self) -> datetime:
        """The moment by the clock that this store goes by: claims and cached evidence are live or expired by
        it alone.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
