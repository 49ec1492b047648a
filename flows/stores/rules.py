"""Decisions that all stores share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from flows.core.entries import unlearned
from flows.core.identity.graphics import graphical_key
from flows.core.identity.relatives import Rivals, by_graphical_key
from flows.core.words import word_key
from flows.errors import InvalidInput, StaleAttempt
from flows.knowledge import (
    DEPTHS,
    Category,
    ClaimResult,
    Definition,
    Depth,
    Entry,
    Job,
    JobEvent,
    LearnedWord,
    Merge,
    Support,
    Word,
)
from flows.knowledge.limits import MAX_PAGE

MOST_MENTIONS = 20
ROWS_AT_ONCE = 500
"""Rows that are read or checked at a time where all of a kind are gone through."""

T = TypeVar("T", Entry, Definition)


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
        aliases=entry.aliases,
    )


def with_aliases(item: T, names: Iterable[str]) -> T:
    """The entry or definition with these names among its aliases, in order of their keys."""
    found = {word_key(name): name for name in (*names, *item.aliases)}
    aliases = tuple(found[key] for key in sorted(found) if key != item.key)
    return item if aliases == item.aliases else item.model_copy(update={"aliases": aliases})


def concepts_of(word: LearnedWord) -> frozenset[str]:
    """The keys of the concepts that a word's entry mentions: where it may stand in the frontier."""
    return frozenset(concept.key for concept in unlearned([word.entry])) if word.entry else frozenset()


def concepts_seen(merge: Merge) -> list[str]:
    """The concepts whose rows in the frontier may name a word of the merge."""
    return sorted(frozenset[str]().union(*map(concepts_of, (*merge.seen, merge.kept))))


def mentions_after(merge: Merge, concept: str, mentioned_by: Sequence[str]) -> tuple[str, ...]:
    """Who mentions a concept once the words are one: the word that stays, if its entry does."""
    kept, merged = merge.kept.definition.key, {word.definition.key for word in merge.seen}
    stays = concept in concepts_of(merge.kept)
    return tuple(
        dict.fromkeys(kept if key in merged else key for key in mentioned_by if key not in merged or stays)
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


def lost_to_rivals(
    keys: Iterable[str], stored: Mapping[str, bool], looked_under: Mapping[str, Iterable[str]], rivals: Rivals
) -> dict[str, str]:
    """The keys among these that a stored word refuses, with that word.

    `stored` maps the words that may refuse to whether they are known; the others are under a live claim of
    another job. `looked_under` are the graphical keys of what may refuse each of the keys.
    """
    alike = by_graphical_key(sorted(stored))
    found: dict[str, str] = {}
    for key in keys:
        others = (other for graphical in looked_under[key] for other in alike.get(graphical, ()))
        refusing = [other for other in others if rivals.refuses(key, other, is_known=stored[other])]
        if refusing:
            found[key] = min(refusing, key=lambda other: (not stored[other], other))
    return found


def claim_result(
    verdicts: Mapping[str, str], lost: Mapping[str, str], stored: Mapping[str, bool]
) -> ClaimResult:
    """What a claim found for each key: a verdict of its own, or the word that refused it."""
    settled = {
        key: ("known" if stored[lost[key]] else "elsewhere") if key in lost else verdict
        for key, verdict in verdicts.items()
    }
    return ClaimResult(
        **{
            kind: tuple(key for key, verdict in settled.items() if verdict == kind)
            for kind in ("new", "own", "known", "elsewhere")
        },
        variants=dict(lost),
    )


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
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput("limit", f"must be 1 to {MAX_PAGE} (is {limit})")


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
