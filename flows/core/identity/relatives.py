"""The relatives of a word: the keys that would make it an inflection or another spelling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flows.core.identity.graphics import PartsOf, graphical_key, is_same_word, is_verb_or_phrase
from flows.core.identity.inflection import regular_bases, regular_forms
from flows.core.identity.spelling import spelling_variants
from flows.knowledge import PartOfSpeech, Verdict

BaseForms = Callable[[str], Sequence[str]]
"""The keys that a key is an inflection of; empty, or including the key itself, if the key is a headword."""
AreVariants = Callable[[str, str], bool]
"""Whether two keys are spellings of one word: in the lexicon they share a meaning."""
Relatives = Mapping[str, Verdict]
"""By key: whether it would make the word an inflection or another spelling."""


def _no_bases(_key: str) -> Sequence[str]:
    return ()


def _no_variants(_one: str, _other: str) -> bool:
    return False


def no_parts(_key: str) -> frozenset[PartOfSpeech]:
    """The answer of a lexicon that lists no words."""
    return frozenset()


@dataclass(frozen=True, kw_only=True)
class WordFacts:
    """What a lexicon knows about words; by default nothing."""

    base_forms: BaseForms = _no_bases
    are_variants: AreVariants = _no_variants
    parts_of: PartsOf = no_parts
    language: str = "en"

    def are_one_word(self, one: str, other: str) -> bool:
        """Whether two keys are spellings of one word, of which only marks and spacing differ."""
        return is_same_word(
            one, other, parts_of=self.parts_of, shares_meaning=self.are_variants, language=self.language
        )

    def relatives(self, key: str) -> dict[str, Verdict]:
        """The keys of which the word may be a form or a spelling. Some are guesses, which count only if such
        a word exists.
        """
        found = dict.fromkeys(self._spellings(key), Verdict.SPELLING_VARIANT)
        for base in self._bases(key):
            for other in (base, *self._spellings(base)):
                found[other] = Verdict.INFLECTION
        found.pop(key, None)
        return found

    def guesses(self, key: str) -> frozenset[str]:
        """Every key that `relatives` may return for a key, by spelling alone, and more. A caller with few
        words can first check which of these it has.
        """
        words = {key, *self._bases(key)}
        words |= set(map(graphical_key, words))
        return frozenset(words.union(*map(spelling_variants, words)) - {key})

    def among(self, present: Collection[str]) -> WordFacts:
        """The same facts, but with other spellings searched only among these keys."""

        def are_variants(one: str, other: str) -> bool:
            is_possible = other in present or graphical_key(one) == graphical_key(other)
            return is_possible and self.are_variants(one, other)

        return replace(self, are_variants=are_variants)

    def _bases(self, key: str) -> Collection[str]:
        bases = self.base_forms(key)
        if key in bases:
            return ()
        if self.language != "en" or self.parts_of(key):
            return bases
        guesses = sorted(regular_bases(key))
        # a plural may be that of a word that the lexicon lacks, too: "homies" not only of "homy"
        return dict.fromkeys((*bases, *guesses)) if not bases or key.endswith("s") else bases

    def _spellings(self, key: str) -> list[str]:
        found = {guess for guess in spelling_variants(key) if self.are_variants(key, guess)}
        plain = graphical_key(key)
        if plain != key and self.are_one_word(key, plain):
            found |= {
                plain,
                *(guess for guess in spelling_variants(plain) if self.are_variants(plain, guess)),
            }
        return sorted(found - {key})

    def spelled_alike(
        self, key: str, relatives: Relatives, others: Mapping[str, Iterable[str]]
    ) -> dict[str, Verdict]:
        """Those of `others`, keys by their graphical key, that are another spelling of the word or of a
        relative of it.
        """
        found: dict[str, Verdict] = {}
        first: dict[str, str] = {}
        for target, verdict in {key: Verdict.SPELLING_VARIANT, **relatives}.items():
            alike = graphical_key(target)
            itself = first.setdefault(alike, target)
            for other in others.get(alike, ()):
                # "log in" is "log-in", which is "login", yet "log in" is no "login"
                if itself != target and is_verb_or_phrase(itself, other, parts_of=self.parts_of):
                    continue
                if other != key and other not in relatives and self.are_one_word(target, other):
                    found.setdefault(other, verdict)
        return found


@dataclass(frozen=True, kw_only=True)
class Rivals:
    """Which stored words prevent a claim: another spelling of the word, or a word of which it is a form.

    `relatives` are those of words that were looked up before.
    """

    facts: WordFacts = field(default_factory=WordFacts)
    relatives: Mapping[str, Relatives] = field(default_factory=dict)

    def looked_under(self, key: str) -> frozenset[str]:
        """The graphical keys of every word that may prevent a claim on this one."""
        forms = regular_forms(key) if self.facts.language == "en" else ()
        return frozenset(map(graphical_key, (key, *self._relatives(key), *forms)))

    def refuses(self, key: str, other: str, *, is_known: bool) -> bool:
        """Whether the other word, known or claimed, prevents a claim on this one.

        A form that is being learned also prevents a claim on its word, so that one of two claims is the
        first; a form that is known does not.
        """
        if other == key:
            return False
        relatives = self._relatives(key)
        alike = {graphical_key(other): (other,)}
        if other in relatives or other in self.facts.spelled_alike(key, relatives, alike):
            return True
        return not is_known and key in self._relatives(other)

    def _relatives(self, key: str) -> Relatives:
        found = self.relatives.get(key)
        return self.facts.relatives(key) if found is None else found


def by_graphical_key(keys: Iterable[str]) -> dict[str, list[str]]:
    """Keys by their graphical key."""
    found: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        found[graphical_key(key)].append(key)
    return found
