"""The first look at proposed words: by form, within their round, by what they are spellings or forms of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flows.core.identity.graphics import PartsOf, graphical_key
from flows.core.identity.relatives import (
    AreVariants,
    BaseForms,
    WordFacts,
    by_graphical_key,
    no_parts,
)
from flows.core.words import display_form, form_problem, printable, word_key
from flows.knowledge import Origin, Verdict

RELATION = {Verdict.INFLECTION: "An inflection of", Verdict.SPELLING_VARIANT: "Another spelling of"}
"""How a rejected word stands to the one that takes its place."""


class Rejection(NamedTuple):
    """Why a word is rejected, and the word that it duplicates."""

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
    """The result of screening a round, in the order proposed."""

    words: tuple[Screened, ...]
    facts: WordFacts = field(default_factory=WordFacts)

    @property
    def graphical_keys(self) -> frozenset[str]:
        """The graphical keys under which a store should look for stored spellings of open words and of their
        base forms.
        """
        return frozenset(
            graphical_key(key)
            for word in self.words
            if word.rejection is None and word.origin != "leftover"
            for key in (word.key, *word.relatives)
        )

    def with_stored(
        self, stored: Mapping[str, Iterable[str]], *, processed: Collection[str] = ()
    ) -> Screening:
        """The screening with stored spellings, keys by their graphical key, as relatives of the words."""
        return replace(self, words=tuple(self._related(word, stored, processed) for word in self.words))

    def _related(
        self, word: Screened, stored: Mapping[str, Iterable[str]], processed: Collection[str]
    ) -> Screened:
        if word.rejection is not None or word.origin == "leftover":
            return word
        found = self.facts.spelled_alike(word.key, word.relatives, stored)
        rejection = next((_handled(key, verdict) for key, verdict in found.items() if key in processed), None)
        return replace(word, relatives={**word.relatives, **found}, rejection=rejection) if found else word

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
    parts_of: PartsOf = no_parts,
    language: str = "en",
    written: Mapping[str, str] | None = None,
) -> Screening:
    """Reject invalid words, duplicates within the round, and words that the job has processed.

    `written` maps proposed texts to how the lexicon writes the word.

    If a base form and its inflection meet in one round, the base form wins wherever it stands, as in a
    dictionary; of two spellings, or two words that are each other's inflections, the first wins. A leftover
    word is already in the store, so it is never rejected as an inflection or variant.
    """
    facts = WordFacts(base_forms=base_forms, are_variants=are_variants, parts_of=parts_of, language=language)
    done, open_words, given = frozenset(processed), dict[str, Screened](), dict[str, str]()
    words = [_screen_form(text, origin, written or {}) for text, origin in proposed]
    for at, word in enumerate(words):
        if word.rejection is None and word.key in open_words:
            words[at] = _repeated(word, open_words[word.key], text=proposed[at][0], first=given[word.key])
        elif word.rejection is None and word.key in done:
            rejection = Rejection(Verdict.PROCESSED, "Already handled by this job")
            words[at] = replace(word, rejection=rejection)
        elif word.rejection is None:
            relatives = {} if word.origin == "leftover" else facts.relatives(word.key)
            words[at] = open_words[word.key] = replace(word, relatives=relatives)
            given[word.key] = proposed[at][0]
    judged = _reject_rivals(open_words, done, facts)
    return Screening(
        tuple(judged[word.key] if word is open_words.get(word.key) else word for word in words), facts
    )


def _screen_form(text: str, origin: Origin, written: Mapping[str, str]) -> Screened:
    problem = form_problem(text)
    if problem:
        shown = printable(text)
        return Screened(shown, word_key(shown), origin, rejection=Rejection(*problem))
    word = written.get(text, text)
    return Screened(display_form(word), word_key(word), origin)


def _repeated(word: Screened, other: Screened, *, text: str, first: str) -> Screened:
    """The word, rejected because it came earlier in the round, perhaps in another spelling that the lexicon
    writes the same way.
    """
    if word_key(text) == word_key(first):
        reason = f"Same as “{other.text}” in this round"
        return replace(word, rejection=Rejection(Verdict.REPEATED, reason, other.text))
    reason = f"{RELATION[Verdict.SPELLING_VARIANT]} “{display_form(first)}” in this round"
    rejection = Rejection(Verdict.SPELLING_VARIANT, reason, other.text)
    return replace(word, text=display_form(text), key=word_key(text), rejection=rejection)


def _handled(key: str, verdict: Verdict) -> Rejection:
    return Rejection(verdict, f"{RELATION[verdict]} “{key}”, which this job already handled", key)


def _rivals(words: Mapping[str, Screened], facts: WordFacts) -> dict[str, dict[str, Verdict]]:
    """The relatives of each word. Spelling variants count in both directions, since not every spelling rule
    is reversible.
    """
    alike = by_graphical_key(words)
    rivals = {key: dict(word.relatives) for key, word in words.items()}
    for key, word in words.items():
        if word.origin != "leftover":
            rivals[key] |= facts.spelled_alike(key, word.relatives, alike)
        for relative, verdict in word.relatives.items():
            if (
                verdict is Verdict.SPELLING_VARIANT
                and relative in words
                and words[relative].origin != "leftover"
            ):
                rivals[relative].setdefault(key, verdict)
    return rivals


def _reject_rivals(
    words: Mapping[str, Screened], done: Collection[str], facts: WordFacts
) -> dict[str, Screened]:
    rivals = _rivals(words, facts)
    inflected = {
        key
        for key in words
        if any(verdict is Verdict.INFLECTION and rival in words for rival, verdict in rivals[key].items())
    }
    judged: dict[str, Screened] = {}

    def conflict(key: str) -> Rejection | None:
        for rival, verdict in rivals[key].items():
            if rival in done:
                return _handled(rival, verdict)
            stands_earlier = rival in judged and judged[rival].rejection is None
            stands_later = verdict is Verdict.INFLECTION and rival in words and rival not in inflected
            if stands_earlier or stands_later:
                other = words[rival].text
                return Rejection(verdict, f"{RELATION[verdict]} “{other}” in this round", other)
        return None

    for key, word in words.items():
        judged[key] = replace(word, rejection=conflict(key))
    return judged
