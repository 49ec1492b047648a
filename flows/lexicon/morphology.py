"""Which words a form belongs to: "went" to "go", "mice" to "mouse", "took off" to "take off".

The pairs are stored in the lexicon's file, built from simplemma's dictionary: the dictionary itself would
cost each process 20 MB and 100 ms.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product

from flows.core.mentions import LemmasOf
from flows.core.words import tokens, word_key
from flows.lexicon.reader import Lemma, Lexicon

_SEPARATOR = re.compile(r"([ -])")
_COMBINATIONS = 24


class Morphology:
    """Inflections from the lexicon. It holds only the lexicon, which the caller closes."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def base_forms(self, key: str) -> tuple[str, ...]:
        """The headwords that the form is an inflection of, likeliest first; none for a headword ("left",
        "glasses").
        """
        return self.base_forms_of((key,)).get(key, ())

    def base_forms_of(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """`base_forms` of many keys at once; keys without any are absent."""
        unknown = set(keys) - self._lexicon.contains(keys)
        pieces = {key: _SEPARATOR.split(key) for key in unknown}
        known = self._lexicon.bases({piece for found in pieces.values() for piece in found})
        guesses = {key: list(_combinations(found, known)) for key, found in pieces.items()}
        headwords = self._lexicon.contains({guess for found in guesses.values() for guess in found})
        answers = {
            key: tuple(dict.fromkeys(guess for guess in found if guess in headwords))
            for key, found in guesses.items()
        }
        return {key: found for key, found in answers.items() if found}

    def lemma_candidates(self, token: str) -> frozenset[str]:
        """Every word that the token may be a form of, including itself; generous, for checking whether a text
        mentions a word.
        """
        key = word_key(token)
        return _candidates(key, self._lexicon.bases((key,)))

    def lemmas_in(self, texts: Iterable[str]) -> LemmasOf:
        """`lemma_candidates` for all tokens of some texts, in one look-up."""
        found = {token for text in texts for token in tokens(text)}
        bases = self._lexicon.bases(found | {token.removesuffix("'s") for token in found})
        return lambda token: _candidates(token, bases)

    def headwords(self, words: Collection[str]) -> dict[str, Lemma]:
        """The headword that each token stands for, the most common of itself and its base forms; tokens
        without any are absent.
        """
        choices = {word: {word} for word in words}
        for word, bases in self._lexicon.bases(words).items():
            choices[word] |= bases
        known = self._lexicon.find(key for keys in choices.values() for key in keys)
        found = {word: [known[key] for key in keys if key in known] for word, keys in choices.items()}
        return {word: min(lemmas, key=lambda lemma: lemma.rank) for word, lemmas in found.items() if lemmas}

    def are_variants(self, a: str, b: str) -> bool:
        """Whether both keys are headwords that share a meaning, as spelling variants do ("colour",
        "color").
        """
        return self._lexicon.share_sense(a, b)


def regular_bases(form: str) -> frozenset[str]:
    """Possible bases of a regular plural, possessive, past or participle; the guesses need not be words."""
    found: set[str] = set()
    stem = form.removesuffix("'s").removesuffix("'")
    if stem != form:
        found.add(stem)
    if stem.endswith("s") and not stem.endswith("ss"):
        found.add(stem[:-1])
        found.update(_endings(stem, {"ies": ("y",), "es": ("",), "ves": ("f", "fe")}))
    found.update(_endings(stem, {"ied": ("y",), "ed": ("", "e"), "ing": ("", "e")}))
    if stem.endswith("ying"):
        found.add(f"{stem[:-4]}ie")
    return frozenset(base for base in found if len(base) > 1 and base != form)


def _candidates(key: str, bases: Mapping[str, Collection[str]]) -> frozenset[str]:
    return frozenset({key, *bases.get(key, ()), *regular_bases(key), *_comparative_bases(key)})


def _comparative_bases(form: str) -> frozenset[str]:
    return frozenset(_endings(form, {"er": ("", "e"), "est": ("", "e"), "ier": ("y",), "iest": ("y",)}))


def _endings(form: str, endings: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for ending, replacements in endings.items():
        stem = form.removesuffix(ending)
        if stem != form and len(stem) > 1:
            yield from (stem + replacement for replacement in replacements)
            if len(stem) > 2 and stem[-1] == stem[-2] and ending[0] != "s":
                yield stem[:-1]


def _combinations(pieces: list[str], known: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The form with some of its words reduced to their bases, known bases before guessed ones."""
    choices = [(*sorted(known.get(piece, ())), *sorted(regular_bases(piece)), piece) for piece in pieces]
    form = "".join(pieces)
    for at, chosen in enumerate(product(*choices)):
        if at == _COMBINATIONS:
            return
        guess = "".join(chosen)
        if guess != form:
            yield guess
