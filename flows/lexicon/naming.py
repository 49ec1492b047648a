"""The other keys under which a word may be found: the words that it is a form of, and its other spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.core.identity.graphics import graphical_key
from flows.core.identity.spelling import spelling_variants
from flows.knowledge import Verdict
from flows.lexicon.morphology import Morphology

Stored = Mapping[str, Sequence[str]]
"""Stored keys by their graphical key, as `WordStore.spelled_alike` answers."""


class OtherNames:
    """The other keys of one word, likeliest first. Only certain ones, since they are reported as facts."""

    def __init__(self, key: str, morphology: Morphology | None, *, language: str = "en") -> None:
        self._key = key
        self._morphology = morphology
        self._language = language
        self._forms = morphology.words_of(key) if morphology is not None else ()

    @property
    def graphical_keys(self) -> frozenset[str]:
        """The graphical keys under which a store should look for other spellings of the word, and of the
        words of which it is a form.
        """
        return frozenset(map(graphical_key, (self._key, *self._forms)))

    def all(self, stored: Stored) -> dict[str, Verdict]:
        """Every key to try, in order, and how the word relates to it: as an inflection or another
        spelling.
        """
        found = dict.fromkeys(self._forms, Verdict.INFLECTION)
        for key, verdict in {self._key: Verdict.SPELLING_VARIANT, **found}.items():
            for other in self._spellings(key, stored):
                found.setdefault(other, verdict)
        found.pop(self._key, None)
        return found

    def _spellings(self, key: str, stored: Stored) -> list[str]:
        if self._morphology is None:
            return []
        plain = graphical_key(key)
        alike = [
            other
            for other in (plain, *stored.get(plain, ()))
            if other != key and self._morphology.are_one_word(key, other, language=self._language)
        ]
        listed = self._morphology.parts_of(key) and sorted(spelling_variants(key))
        return [*alike, *(other for other in listed or () if self._morphology.are_variants(key, other))]
