"""Which proposed words a round takes: screen them, judge them by what is taken already, with_claims them by
the claim.

Every proposed text gets exactly one candidate, in the order given. Only a word's form, its round and its job
are needed to screen; only a look-up of `Screening.keys_to_look_up` to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flows.core.spelling import spelling_variants
from flows.core.words import display_form, form_problem, printable, word_key
from flows.knowledge import Candidate, ClaimResult, Counts, Origin, Verdict

__all__ = ["Screened", "Screening", "counts_of", "judge", "screen", "spelling_variants", "with_claims"]

BaseForms = Callable[[str], Sequence[str]]
"""The keys that a key is an inflection of; empty, or holding the key itself, when the key is a headword of
its own.
"""
AreVariants = Callable[[str, str], bool]
"""Whether two keys are spellings of one word: the lexicon says that they share a meaning."""

MALFORMED = frozenset(
    {
        Verdict.EMPTY,
        Verdict.TOO_LONG,
        Verdict.TOO_MANY_WORDS,
        Verdict.NO_LETTER,
        Verdict.NUMBER,
        Verdict.MARKUP,
        Verdict.SENTENCE,
    }
)
UNSEEN = frozenset({Verdict.ACCEPTED, Verdict.POSTPONED, Verdict.CLAIMED_ELSEWHERE})
_RELATION = {Verdict.INFLECTION: "An inflection of", Verdict.SPELLING_VARIANT: "Another spelling of"}


class Rejection(NamedTuple):
    """Why a word is not taken, and the word that stands instead."""

    verdict: Verdict
    reason: str
    variant_of: str | None = None


@dataclass(frozen=True)
class Screened:
    """A proposed word: rejected with a reason, or still open.

    `relatives` are keys that would make it an inflection or a variant.
    """

    text: str
    key: str
    origin: Origin
    rejection: Rejection | None = None
    relatives: Mapping[str, Verdict] = field(default_factory=dict)


@dataclass(frozen=True)
class Screening:
    """What screening left of a round, in the order proposed."""

    words: tuple[Screened, ...]

    @property
    def keys_to_look_up(self) -> frozenset[str]:
        """The keys of open words, of their base forms and of their other spellings."""
        return frozenset(
            key for word in self.words if word.rejection is None for key in (word.key, *word.relatives)
        )


def screen(
    proposed: Sequence[tuple[str, Origin]],
    *,
    processed: Collection[str],
    base_forms: BaseForms,
    are_variants: AreVariants,
) -> Screening:
    """Reject what cannot be a word, what stands twice in the round, and what the job has processed.

    Of a base form and its inflection in one round the base form stands, wherever it is, since it is what a
    dictionary lists; of two spellings, and of two words that call each other inflections, the first. A
    leftover word is in the store already, so it is no one's inflection or variant.
    """
    done, open_words = frozenset(processed), dict[str, Screened]()
    words = [_screen_form(text, origin) for text, origin in proposed]
    for at, word in enumerate(words):
        if word.rejection is None and word.key in open_words:
            other = open_words[word.key].text
            rejection = Rejection(Verdict.REPEATED, f"The same as “{other}” in this round", other)
            words[at] = replace(word, rejection=rejection)
        elif word.rejection is None and word.key in done:
            rejection = Rejection(Verdict.PROCESSED, "This job has dealt with it before")
            words[at] = replace(word, rejection=rejection)
        elif word.rejection is None:
            words[at] = open_words[word.key] = _with_relatives(word, base_forms, are_variants)
    weeded = _weed(open_words, done)
    return Screening(tuple(weeded[word.key] if word is open_words.get(word.key) else word for word in words))


def judge(screening: Screening, *, taken: Mapping[str, bool], limit: int) -> tuple[Candidate, ...]:
    """Give every word its verdict: the first `limit` new ones are accepted, further ones postponed.

    `taken` maps keys to True when known and to False when claimed by another job; free keys are absent.
    """
    room, candidates = limit, list[Candidate]()
    for word in screening.words:
        rejection = word.rejection or _taken(word, taken)
        if rejection is None:
            if room <= 0:
                rejection = Rejection(Verdict.POSTPONED, "The round is full; kept for the next")
            room -= 1
        verdict, reason, other = rejection or (Verdict.ACCEPTED, None, None)
        candidates.append(
            Candidate(
                text=word.text,
                key=word.key,
                origin=word.origin,
                verdict=verdict,
                reason=reason,
                variant_of=other,
            )
        )
    return tuple(candidates)


def with_claims(candidates: Sequence[Candidate], claim: ClaimResult) -> tuple[Candidate, ...]:
    """Take back what was accepted and then not won: another job was faster."""
    known = frozenset(claim.known)

    def settled(candidate: Candidate) -> Candidate:
        if candidate.verdict is not Verdict.ACCEPTED or candidate.key in claim.held:
            return candidate
        verdict, reason = (
            (Verdict.KNOWN, _KNOWN) if candidate.key in known else (Verdict.CLAIMED_ELSEWHERE, _ELSEWHERE)
        )
        return candidate.model_copy(update={"verdict": verdict, "reason": reason})

    return tuple(settled(candidate) for candidate in candidates)


def counts_of(candidates: Sequence[Candidate]) -> Counts:
    """How many were proposed, of acceptable form, known to nobody (whether or not another job is learning
    them), and accepted.
    """
    verdicts = [candidate.verdict for candidate in candidates]
    return Counts(
        proposed=len(verdicts),
        valid=sum(verdict not in MALFORMED for verdict in verdicts),
        unseen=sum(verdict in UNSEEN for verdict in verdicts),
        accepted=verdicts.count(Verdict.ACCEPTED),
    )


_KNOWN = "It is known"
_ELSEWHERE = "Another job is learning it"


def _screen_form(text: str, origin: Origin) -> Screened:
    problem = form_problem(text)
    if problem:
        shown = printable(text)
        return Screened(shown, word_key(shown), origin, rejection=Rejection(*problem))
    return Screened(display_form(text), word_key(text), origin)


def _with_relatives(word: Screened, base_forms: BaseForms, are_variants: AreVariants) -> Screened:
    if word.origin == "leftover":
        return word
    spellings = dict.fromkeys(_spellings(word.key, are_variants), Verdict.SPELLING_VARIANT)
    bases = list(base_forms(word.key))
    if word.key in bases:
        bases = []
    inflections = {
        key: Verdict.INFLECTION for base in bases for key in (base, *_spellings(base, are_variants))
    }
    relatives = spellings | inflections
    relatives.pop(word.key, None)
    return replace(word, relatives=relatives)


def _spellings(key: str, are_variants: AreVariants) -> list[str]:
    return sorted(guess for guess in spelling_variants(key) if are_variants(key, guess))


def _rivals(words: Mapping[str, Screened]) -> dict[str, dict[str, Verdict]]:
    """The relatives of each word, spelling variants from both sides, since not every rule of spelling can be
    turned round.
    """
    rivals = {key: dict(word.relatives) for key, word in words.items()}
    for key, word in words.items():
        for relative, verdict in word.relatives.items():
            if (
                verdict is Verdict.SPELLING_VARIANT
                and relative in words
                and words[relative].origin != "leftover"
            ):
                rivals[relative].setdefault(key, verdict)
    return rivals


def _weed(words: Mapping[str, Screened], done: Collection[str]) -> dict[str, Screened]:
    """Each word, with a rejection where a relative of it was processed or stands in the round."""
    rivals = _rivals(words)
    inflected = {
        key
        for key in words
        if any(verdict is Verdict.INFLECTION and rival in words for rival, verdict in rivals[key].items())
    }
    weeded: dict[str, Screened] = {}

    def conflict(key: str) -> Rejection | None:
        for rival, verdict in rivals[key].items():
            if rival in done:
                return Rejection(
                    verdict, f"{_RELATION[verdict]} “{rival}”, which this job has dealt with", rival
                )
            stands_earlier = rival in weeded and weeded[rival].rejection is None
            stands_later = verdict is Verdict.INFLECTION and rival in words and rival not in inflected
            if stands_earlier or stands_later:
                other = words[rival].text
                return Rejection(verdict, f"{_RELATION[verdict]} “{other}” in this round", other)
        return None

    for key, word in words.items():
        weeded[key] = replace(word, rejection=conflict(key))
    return weeded


def _taken(word: Screened, taken: Mapping[str, bool]) -> Rejection | None:
    if word.key in taken:
        return (
            Rejection(Verdict.KNOWN, _KNOWN)
            if taken[word.key]
            else Rejection(Verdict.CLAIMED_ELSEWHERE, _ELSEWHERE)
        )
    for key, verdict in word.relatives.items():
        if key in taken:
            what = "is known" if taken[key] else "another job is learning"
            return Rejection(verdict, f"{_RELATION[verdict]} “{key}”, which {what}", key)
    return None
