"""What the lexicon knows of the forms of single words: its dictionary, and the rules of spelling."""

from __future__ import annotations

import re
from collections.abc import Collection

from flows.core.identity.graphics import FUNCTION_WORDS
from flows.core.identity.inflection import comparative_bases, regular_bases
from flows.core.identity.irregular import has_regular_past
from flows.knowledge import PartOfSpeech
from flows.lexicon.misread import MISREAD, NO_FORMS
from flows.lexicon.reader import HEARD_OF, Lexicon
from flows.lexicon.written import gradable, parts

_COMPARED = frozenset({"adjective", "adverb"})
_UNRANKED = 10**6
_NEARLY_AS_COMMON = 3
"""How many times rarer a word may be than its plural that is a headword, too."""
_SHORT = 2
_SHORT_ADJECTIVE = re.compile(r"[^aeiouy]*(?:qu)?[aeiouy]+[^aeiouy]*e?y?")
"""One syllable, or two with -y: others are compared by "more"."""


class Forms:
    """What the lexicon knows of some tokens, read at once."""

    def __init__(self, lexicon: Lexicon, tokens: Collection[str]) -> None:
        self._spellings = lexicon.spellings
        self._bases = lexicon.bases(tokens)
        regular = {token: found for token in tokens if (found := _regular(token))}
        asked = {*regular, *(base for found in regular.values() for base in found)}
        listed = lexicon.find(asked.union(self._bases, *self._bases.values()))
        self._capitalised = {key for key, lemma in listed.items() if not lemma.text[:1].islower()}
        self._ranks = {key: lemma.rank for key, lemma in listed.items()}
        known = asked & listed.keys()
        self._parts = parts(lexicon, known) if known else {}
        compared = {
            base
            for token in regular
            if token.endswith(("er", "est")) and token not in self._bases
            for base in comparative_bases(token)
            if "adjective" in self._parts.get(base, ()) and _SHORT_ADJECTIVE.fullmatch(base)
        }
        self._gradable = gradable(lexicon, compared) if compared else frozenset[str]()
        # a comparative is told as a fact of listed words only, whose parts of speech are known
        self._regular = {
            token: found
            if token in listed
            else regular_bases(token) | (comparative_bases(token) & self._gradable)
            for token, found in regular.items()
        }

    def words(self, token: str) -> tuple[str, ...]:
        """The words that the token is a form of: irregular ones first, then the commonest."""
        if token in NO_FORMS:
            return ()
        bases = [
            base
            for base in self._bases.get(token, ())
            if not token.endswith("ly") and self._may_have(base, token)
        ]
        regular = [base for base in self._regular.get(token, ()) if not self._is_rare_and_short(base)]
        if token in self._ranks:
            regular = [base for base in regular if self._is_regular(token, base)]
        elif bases:
            regular = [base for base in regular if self._inflects(base, token)]
        else:
            regular = [base for base in regular if base not in self._ranks or self._inflects(base, token)]
            if token.endswith(("ed", "ing", "er", "est")) and not self._ranks.keys().isdisjoint(regular):
                regular = [base for base in regular if base in self._ranks]
        if bases or token in self._ranks:
            # "was" is no plural of "WA", and "wolves" none of "Wolfe"
            regular = [base for base in regular if base not in self._capitalised]
        found = sorted({*bases, *regular}, key=lambda base: self._place(token, base))
        return tuple(base for base in found if f"{token}:{base}" not in MISREAD)

    def bases(self, token: str) -> tuple[str, ...]:
        """The words that the token is a form of, and the adjectives that it is the adverb of."""
        adverbs = self._bases.get(token, ()) if token.endswith("ly") else ()
        return tuple(dict.fromkeys((*self.words(token), *sorted(adverbs))))

    def _place(self, token: str, base: str) -> tuple[bool, int, str]:
        """Sort key: an irregular form belongs to the word that the dictionary names, any other to the
        commonest word.
        """
        is_irregular = base in self._bases.get(token, ()) and (
            base not in _regular(token) or (token.endswith("ves") and base.endswith(("f", "fe")))
        )
        return not is_irregular, self._ranks.get(base, len(base) * _UNRANKED), base

    def _may_have(self, base: str, form: str) -> bool:
        """Whether a dictionary word may have this form: "homy", an adjective, has no plural "homies"."""
        if base not in regular_bases(form):
            return True
        return not self._is_rare_and_short(base) and (base not in self._parts or self._inflects(base, form))

    def _is_rare_and_short(self, base: str) -> bool:
        """Whether a listed word is so short and rare that its form is more likely a name: "iOS" of "io"."""
        return len(base) <= _SHORT and base not in FUNCTION_WORDS and self._ranks.get(base, 0) > HEARD_OF

    def candidates(self, token: str) -> frozenset[str]:
        """The words that the token may be a form of, and itself."""
        is_listed = token in self._ranks or token in self._bases
        guesses: Collection[str] = () if is_listed else self._regular.get(token, ())
        if token in self._ranks and token.endswith("s"):
            guesses = [base for base in self._regular.get(token, ()) if self._may_be_plural(token, base)]
        if token.endswith(("ed", "ing")):
            guesses = [base for base in guesses if base not in self._ranks or self._inflects(base, token)]
        if token.endswith(("er", "est")) and token not in self._bases:
            compared = (base for base in comparative_bases(token) if self._may_compare(token, base))
            guesses = (*guesses, *compared)
        adverbs = self._bases.get(token, ()) if token.endswith("ly") else ()
        found = {token, *self.words(token), *guesses, *adverbs}
        return frozenset(found.union(*(self._spellings[key] for key in found & self._spellings.keys())))

    def _is_regular(self, headword: str, base: str) -> bool:
        """Whether a headword is also a regular form: "building" of the verb "build", "bigger" of the
        adjective "big", "sales" of the commoner "sale"; but not "morning" of the noun "morn", nor "species"
        of "specie".
        """
        if headword.endswith(("er", "est")):
            is_compared = not self._parts.get(headword, frozenset()).isdisjoint(_COMPARED)
            return is_compared and "adjective" in self._parts.get(base, ())
        is_verbal = headword.endswith(("ed", "ing"))
        return self._inflects(base, headword) and (is_verbal or self._is_commoner(base, headword))

    def _inflects(self, base: str, form: str) -> bool:
        kinds = self._parts.get(base, frozenset[PartOfSpeech]())
        if form.endswith(("er", "est")):
            return base in self._gradable
        if form.endswith("ed") and not has_regular_past(base):
            return False
        return not kinds.isdisjoint({"verb"} if form.endswith(("ed", "ing")) else {"noun", "verb"})

    def _may_compare(self, token: str, base: str) -> bool:
        """Whether a token may be a comparative: "cooler" may, though it also names a thing; "number" may not,
        since "numb" is rarer.
        """
        if token not in self._ranks:
            return True
        return base in self._gradable and self._is_commoner(base, token) and f"{token}:{base}" not in MISREAD

    def _may_be_plural(self, headword: str, base: str) -> bool:
        """Whether a headword may also be the plural of a noun that is nearly as common: "mechanics"."""
        is_near = self._ranks.get(base, _UNRANKED) < _NEARLY_AS_COMMON * self._ranks[headword]
        return (
            is_near
            and "noun" in self._parts.get(base, ())
            and base not in self._capitalised
            and (f"{headword}:{base}" not in MISREAD and headword not in NO_FORMS)
        )

    def _is_commoner(self, base: str, form: str) -> bool:
        return self._ranks.get(base, self._ranks[form]) < self._ranks[form]


def _regular(token: str) -> frozenset[str]:
    return regular_bases(token) | comparative_bases(token)
