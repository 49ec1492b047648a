"""Decisions that all stores share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from flows.core.identity.graphics import graphical_key
from flows.errors import InvalidInput, StaleAttempt
from flows.knowledge import DEPTHS, Category, Definition, Depth, Entry, Job, JobEvent, Support, Word
from flows.knowledge.limits import MAX_PAGE

MOST_ON_A_PAGE = MAX_PAGE
MOST_MENTIONS = 20


class Filter(NamedTuple):
    """One condition on entries: a property's name and its required value."""

    name: str
    value: str


def rank(depth: Depth | None) -> int:
    """A depth as a number: 0 for a word that is only claimed, then 1, 2, 3."""
    return 0 if depth is None else DEPTHS.index(depth) + 1


def depth_of(rank_: int) -> Depth:
    """The depth of a known word from its number."""
    return DEPTHS[rank_ - 1]


def is_known(rank_: int, below: Depth | None) -> bool:
    """Whether a word of this depth counts as known to a job that works on words below a given depth."""
    return rank_ >= max(1, rank(below))


def definition_of(entry: Entry) -> Definition:
    """The definition inside an entry."""
    return Definition(
        word=entry.word,
        key=entry.key,
        text=entry.definition,
        part_of_speech=entry.part_of_speech,
        support=entry.support,
        citations=entry.citations,
        provenance=entry.provenance,
    )


def stored_graphical_key(key: str) -> str | None:
    """What a word is stored to be found by when another spelling of it comes; None where that is its key."""
    graphical = graphical_key(key)
    return None if graphical == key else graphical


def by_key(words: Iterable[Word]) -> dict[str, Word]:
    """The words by key, in order; of two with the same key the first stays."""
    unique: dict[str, Word] = {}
    for word in words:
        unique.setdefault(word.key, word)
    return unique


def merge_mentions(stored: Sequence[str], added: Iterable[str]) -> tuple[str, ...]:
    """The oldest 20 keys of mentioning entries: those added together are sorted, so that the order of a set
    does not matter.
    """
    return (*stored, *sorted(set(added) - set(stored)))[:MOST_MENTIONS]


def is_over(job: Job) -> bool:
    """Whether nothing writes to a job any more: it has ended, and its counts are settled."""
    return job.is_final and job.is_settled


def check_attempt(job_id: UUID, attempt: int, stored: int | None) -> None:
    """Raise StaleAttempt if a newer attempt of the job has begun; `stored` is None if there is no job
    document.
    """
    if stored is not None and stored > attempt:
        raise StaleAttempt(
            f"Job {job_id}: attempt {attempt} can no longer write; attempt {stored} has taken over"
        )


def numbered(lines: Iterable[JobEvent], attempt: int, last: int) -> tuple[JobEvent, ...]:
    """New lines with the next numbers of their attempt; of two with the same id the first."""
    unique = {line.key: line for line in reversed(list(lines))}
    return tuple(
        line.model_copy(update={"attempt": attempt, "seq": last + place, "id": line.key})
        for place, line in enumerate(reversed(unique.values()), start=1)
    )


def check_limit(limit: int) -> None:
    """Raise InvalidInput for a page size outside 1..200."""
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise InvalidInput("limit", f"must be 1 to {MOST_ON_A_PAGE} (is {limit})")


def only_filter(
    *, category: Category | None, job_id: UUID | None, support: Support | None, depth: Depth | None
) -> Filter | None:
    """The one filter that is set, if any. Raises InvalidInput for more than one."""
    candidates = {"category": category, "job_id": job_id, "support": support, "depth": depth}
    chosen = [Filter(name, str(value)) for name, value in candidates.items() if value is not None]
    if len(chosen) > 1:
        raise InvalidInput(
            chosen[1].name,
            f"cannot be combined with {chosen[0].name}",
            "Filter by one of category, job_id, support and depth at a time",
        )
    return chosen[0] if chosen else None
