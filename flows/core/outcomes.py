"""What became of the words that a job did not learn: counted by reason code, some by name, and worded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from flows.knowledge import (
    Batch,
    Candidate,
    Job,
    NamedOutcome,
    OutcomeCode,
    Round,
    Verdict,
)

NAMED = 3
"""How many words of each code are kept by name."""
LEXICON_NAME = "WordNet 3.1"
MODEL_HELPS = frozenset[OutcomeCode]({"not_in_lexicon"})
"""What a language model would learn and the lexicon cannot."""
_ONE_AND_MANY: dict[OutcomeCode, tuple[str, str]] = {
    "empty": ("empty", "empty"),
    "too_long": ("too long", "too long"),
    "too_many_words": ("too many words in it", "too many words in them"),
    "no_letter": ("without letters", "without letters"),
    "number": ("a number", "numbers"),
    "markup": ("not plain text", "not plain text"),
    "sentence": ("a sentence", "sentences"),
    "repeated": ("named twice", "named twice"),
    "inflection": ("a form of another word", "forms of other words"),
    "spelling_variant": ("another spelling of a word", "other spellings of words"),
    "processed": ("already handled by this job", "already handled by this job"),
    "known": ("already known", "already known"),
    "claimed_elsewhere": ("in progress in another job", "in progress in another job"),
    "no_answer": ("not answered by the model", "not answered by the model"),
    "not_accepted": ("rejected by the checks", "rejected by the checks"),
    "malformed": ("an unusable answer from the model", "unusable answers from the model"),
    "unreadable": ("an unreadable answer", "unreadable answers"),
    "refused": ("refused by the model", "refused by the model"),
    "too_large": ("too large for one request", "too large for one request"),
    "unavailable": ("lost to an outage", "lost to an outage"),
    "timed_out": ("timed out", "timed out"),
    "quota_used_up": ("unfinished when the quota ran out", "unfinished when the quota ran out"),
    "time_limit": ("unfinished when time ran out", "unfinished when time ran out"),
    "taken_elsewhere": ("taken by another job", "taken by another job"),
    "not_in_lexicon": (
        f"not in the offline lexicon ({LEXICON_NAME})",
        f"not in the offline lexicon ({LEXICON_NAME})",
    ),
    "not_done": ("not finished", "not finished"),
}
_OF = {"inflection": "a form of", "spelling_variant": "another spelling of", "repeated": "the same as"}


@dataclass(frozen=True)
class OutcomeLine:
    """All words of one reason code: how many, why, and the first few of them."""

    code: OutcomeCode
    count: int
    text: str
    """What follows the number: "already known"."""
    names: tuple[str, ...]
    """For example "harpsichord", or "bite (another spelling of bit)"."""

    @property
    def sentence(self) -> str:
        """The whole line, such as "12 already known: cello, viola, lute …"."""
        more = " …" if self.count > len(self.names) else ""
        return f"{self.count:,} {self.text}" + (f": {', '.join(self.names)}{more}" if self.names else "")


def rejected(round_: Round) -> list[NamedOutcome]:
    """The candidates of a round that were rejected for good."""
    return [
        NamedOutcome(word=c.text, code=code_of(c), variant_of=c.variant_of)
        for c in round_.candidates
        if c.verdict not in {Verdict.ACCEPTED, Verdict.POSTPONED}
    ]


def code_of(candidate: Candidate) -> OutcomeCode:
    """The code of a rejected candidate: the name of its verdict."""
    return cast(OutcomeCode, candidate.verdict.name.lower())


def given_up(batch: Batch) -> list[NamedOutcome]:
    """The words of a batch about which nothing was learned."""
    return [
        NamedOutcome(word=o.word, code=o.reason_code or "not_done")
        for o in batch.outcomes
        if o.stored is None
    ]


def with_outcomes(job: Job, news: Sequence[NamedOutcome]) -> Job:
    """The document after some more words that were not learned."""
    if not news:
        return job
    counts: Counter[OutcomeCode] = Counter(outcome.code for outcome in news)
    named = Counter(outcome.code for outcome in job.named_outcomes)
    kept = list(job.named_outcomes)
    for outcome in news:
        if named[outcome.code] < NAMED and outcome not in kept:
            named[outcome.code] += 1
            kept.append(outcome)
    return job.model_copy(
        update={
            "outcomes": {code: job.outcomes.get(code, 0) + counts[code] for code in (*job.outcomes, *counts)},
            "named_outcomes": tuple(kept),
        }
    )


def lines(job: Job) -> list[OutcomeLine]:
    """Why words were not learned, the commonest reason first."""
    names: Mapping[OutcomeCode, list[str]] = {code: [] for code in job.outcomes}
    for outcome in job.named_outcomes:
        if outcome.code in names:
            names[outcome.code].append(_name(outcome))
    ordered = sorted(job.outcomes.items(), key=lambda item: (-item[1], item[0]))
    return [
        OutcomeLine(code, count, _ONE_AND_MANY[code][count != 1], tuple(names[code]))
        for code, count in ordered
        if count
    ]


def in_short(job: Job, *, most: int = NAMED) -> str:
    """Why words were not learned, in one phrase; empty if there are none: "2 already known, 1 a number"."""
    found = lines(job)
    parts = [f"{line.count:,} {line.text}" for line in found[:most]]
    if len(found) > most:
        parts.append(f"{sum(line.count for line in found[most:]):,} for other reasons")
    return ", ".join(parts)


def helps(job: Job) -> str | None:
    """What would help with the words that were not learned, or if none were new."""
    if MODEL_HELPS & job.outcomes.keys():
        return "A language model can learn words that the lexicon lacks: set GROQ_API_KEY."
    if job.end_reason == "nothing new" and not job.counts.stored:
        if topic := job.parameters.get("topic"):
            return f"No new words near “{topic}” were found. Choose another topic, or leave it out."
        return "No new words were found. Name words yourself, or choose a topic."
    return None


def _name(outcome: NamedOutcome) -> str:
    relation = _OF.get(outcome.code)
    return (
        f"{outcome.word} ({relation} {outcome.variant_of})"
        if relation and outcome.variant_of not in {None, outcome.word}
        else outcome.word
    )
