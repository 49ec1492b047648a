"""Words before they are learned: candidates, rounds, claims, the frontier."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from flows.knowledge.base import Document, Key, Origin, Usage, Word


class Verdict(StrEnum):
    """What selection decided about a candidate."""

    ACCEPTED = "accepted"
    POSTPONED = "postponed"
    """New, but beyond the round's number of words; kept for the next round."""
    EMPTY = "empty"
    TOO_LONG = "too long"
    TOO_MANY_WORDS = "too many words"
    NO_LETTER = "no letter"
    NUMBER = "number"
    MARKUP = "markup"
    SENTENCE = "sentence"
    REPEATED = "repeated"
    """The same key occurs earlier in the same round."""
    INFLECTION = "inflection"
    SPELLING_VARIANT = "spelling variant"
    PROCESSED = "already processed"
    """This job has already handled the word."""
    KNOWN = "known"
    CLAIMED_ELSEWHERE = "claimed elsewhere"


class Candidate(Document):
    """A proposed word with its verdict and, if rejected, the reason in words."""

    text: str
    key: str
    origin: Origin = "model"
    verdict: Verdict
    reason: str | None = None
    variant_of: str | None = None
    """The word that takes its place: the known, earlier or more common one that this is a form or another
    spelling of.
    """
    cell: str | None = None
    """The kind of words that the model was asked for when it listed this one, as named by
    flows.core.diversity.
    """


class Round(Document):
    """One proposal of candidates: immutable, id = (job, number from 1).

    The accepted candidates, split in order into groups of `batch_size`, are the round's batches, numbered
    from 1.
    """

    job_id: UUID
    number: int = Field(ge=1)
    attempt: int
    model: str
    prompt_version: str
    candidates: tuple[Candidate, ...]
    batch_size: int = Field(ge=1)
    usage: Usage = Usage()
    created_at: AwareDatetime

    @property
    def accepted(self) -> tuple[Word, ...]:
        """The words of this round, in order."""
        return tuple(Word(text=c.text, key=c.key) for c in self.candidates if c.verdict is Verdict.ACCEPTED)

    @property
    def batches(self) -> tuple[tuple[Word, ...], ...]:
        """The words of this round by batch; batch number n is at index n - 1."""
        words = self.accepted
        return tuple(words[i : i + self.batch_size] for i in range(0, len(words), self.batch_size))


class ClaimResult(Document):
    """The result of a claim, by key: newly claimed, already held by this job, already known, held by another
    job.

    `variants` names the stored word for those that are known or held elsewhere as another word.
    """

    new: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    variants: Mapping[str, str] = {}

    @property
    def held(self) -> frozenset[str]:
        """The keys that this job may work on."""
        return frozenset(self.new) | frozenset(self.own)

    def __add__(self, other: ClaimResult) -> ClaimResult:
        """The result of both claims, of different words."""
        return ClaimResult(
            new=self.new + other.new,
            own=self.own + other.own,
            known=self.known + other.known,
            elsewhere=self.elsewhere + other.elsewhere,
            variants={**self.variants, **other.variants},
        )


class FrontierWord(Document):
    """A concept that entries mention and that is not yet learned.

    `mentioned_by` holds at most 20 keys of entries.
    """

    word: str
    key: Key
    mentioned_by: tuple[str, ...]
    first_seen: AwareDatetime
