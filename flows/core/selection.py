"""Which proposed words a round takes: `screen` them by form, `judge` them by what is taken, settle them
`with_claims`.

Every proposed text yields exactly one candidate, in the order given. Screening needs only a word's form, its
round and its job; judging needs only a look-up of `Screening.keys_to_look_up`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.core.identity.graphics import graphical_key
from flows.core.screening import RELATION, Rejection, Screened, Screening, screen
from flows.knowledge import Candidate, ClaimResult, Counts, Verdict

__all__ = [
    "Screened",
    "Screening",
    "counts_of",
    "held_elsewhere",
    "is_dry",
    "judge",
    "judge_again",
    "keys_of_postponed",
    "screen",
    "with_claims",
]

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

_KNOWN = "Already known"
_ELSEWHERE = "Another job is learning it"


def judge(screening: Screening, *, taken: Mapping[str, bool], limit: int) -> tuple[Candidate, ...]:
    """Give every word its verdict: the first `limit` new ones are accepted, the rest postponed.

    `taken` maps keys to True if known and to False if claimed by another job; free keys are absent.
    """
    room, candidates = limit, list[Candidate]()
    for word in screening.words:
        found = _judged(word, taken, has_room=room > 0)
        room -= found.verdict is Verdict.ACCEPTED
        candidates.append(found)
    return tuple(candidates)


def judge_again(
    screening: Screening, candidates: Sequence[Candidate], *, taken: Mapping[str, bool], limit: int
) -> tuple[Candidate, ...]:
    """The candidates of a screening, with postponed words moved into places that became free because another
    job claimed accepted words.

    Earlier decisions stay. `taken` and `limit` are as in `judge`.
    """
    room = limit - sum(candidate.verdict is Verdict.ACCEPTED for candidate in candidates)
    settled = list[Candidate]()
    for word, candidate in zip(screening.words, candidates, strict=True):
        found = candidate
        if candidate.verdict is Verdict.POSTPONED:
            found = _judged(word, taken, has_room=room > 0)
            room -= found.verdict is Verdict.ACCEPTED
        settled.append(found)
    return tuple(settled)


def keys_of_postponed(screening: Screening, candidates: Sequence[Candidate]) -> frozenset[str]:
    """The keys to look up before the postponed words are judged again, as in `Screening.keys_to_look_up`."""
    return frozenset(
        key
        for word, candidate in zip(screening.words, candidates, strict=True)
        if candidate.verdict is Verdict.POSTPONED
        for key in (word.key, *word.relatives)
    )


def held_elsewhere(candidates: Sequence[Candidate]) -> frozenset[str]:
    """The keys that other jobs are learning."""
    return frozenset(c.key for c in candidates if c.verdict is Verdict.CLAIMED_ELSEWHERE)


def is_dry(candidates: Sequence[Candidate]) -> bool:
    """Whether a round brought no new word at all. Words that another job is learning count as new: while
    others hold them, there may be more to come.
    """
    return all(candidate.verdict not in UNSEEN for candidate in candidates)


def with_claims(candidates: Sequence[Candidate], claim: ClaimResult) -> tuple[Candidate, ...]:
    """Revoke accepted candidates whose claim was lost to another job, or to another word of it."""
    known = frozenset(claim.known)

    def settled(candidate: Candidate) -> Candidate:
        if candidate.verdict is not Verdict.ACCEPTED or candidate.key in claim.held:
            return candidate
        if other := claim.variants.get(candidate.key):
            lost = _variant(candidate.key, other, is_known=candidate.key in known)
            return candidate.model_copy(update=lost._asdict())
        verdict, reason = (
            (Verdict.KNOWN, _KNOWN) if candidate.key in known else (Verdict.CLAIMED_ELSEWHERE, _ELSEWHERE)
        )
        return candidate.model_copy(update={"verdict": verdict, "reason": reason})

    return tuple(settled(candidate) for candidate in candidates)


def _variant(key: str, other: str, *, is_known: bool) -> Rejection:
    is_alike = graphical_key(key) == graphical_key(other)
    return _stands_for(Verdict.SPELLING_VARIANT if is_alike else Verdict.INFLECTION, other, is_known=is_known)


def counts_of(candidates: Sequence[Candidate]) -> Counts:
    """How many were proposed, valid, unseen (even if another job is learning them), and accepted."""
    verdicts = [candidate.verdict for candidate in candidates]
    return Counts(
        proposed=len(verdicts),
        valid=sum(verdict not in MALFORMED for verdict in verdicts),
        unseen=sum(verdict in UNSEEN for verdict in verdicts),
        accepted=verdicts.count(Verdict.ACCEPTED),
    )


def _judged(word: Screened, taken: Mapping[str, bool], *, has_room: bool) -> Candidate:
    rejection = word.rejection or _taken(word, taken)
    if rejection is None and not has_room:
        rejection = Rejection(Verdict.POSTPONED, "Round full; kept for the next one")
    verdict, reason, other = rejection or (Verdict.ACCEPTED, None, None)
    return Candidate(
        text=word.text, key=word.key, origin=word.origin, verdict=verdict, reason=reason, variant_of=other
    )


def _taken(word: Screened, taken: Mapping[str, bool]) -> Rejection | None:
    if word.key in taken:
        return (
            Rejection(Verdict.KNOWN, _KNOWN)
            if taken[word.key]
            else Rejection(Verdict.CLAIMED_ELSEWHERE, _ELSEWHERE)
        )
    for key, verdict in word.relatives.items():
        if key in taken:
            return _stands_for(verdict, key, is_known=taken[key])
    return None


def _stands_for(verdict: Verdict, key: str, *, is_known: bool) -> Rejection:
    what = "is already known" if is_known else "another job is learning"
    return Rejection(verdict, f"{RELATION[verdict]} “{key}”, which {what}", key)
