"""Regular English inflection by spelling: the forms of a word, and the words that a form may be of.

The rules know endings and no words, so they hold for words that no dictionary lists ("selfies", "vlogging").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from flows.core.words import WORDS_CACHED

_SIBILANT = re.compile(r"(?:s|x|z|ch|sh)$")
_ONE_SYLLABLE = re.compile(r"(?:[^aeiouy]|qu|^y)*[aeiouy]+[^aeiouy]+$")
_DOUBLES = re.compile(r"(?:[^aeiou]|qu)[aeiouy][bdfgklmnprtvzs]$")
"""A single vowel and a single consonant at the end, as in "hop" and "refer"; w, x, y and h never double."""
_VOWEL = re.compile("[aeiouy]")
_HARD_C = re.compile(r"[aeiou]c$")
_MIN_BASE = 2


def regular_forms(base: str) -> frozenset[str]:
    """The regular plurals, possessives, past forms and participles of a word, by spelling alone.

    "hop" has "hopping" and not "hoping"; a word of several syllables may double its last consonant or not
    ("travelled", "traveled"), for the stress does not show.
    """
    if len(base) < _MIN_BASE:
        return frozenset()
    plurals = set(_plurals(base))
    possessives = {f"{base}'s", f"{base}'", *(f"{plural}'" for plural in plurals)}
    return frozenset(plurals | possessives | set(_verb_forms(base)) - {base})


@lru_cache(maxsize=WORDS_CACHED)
def regular_bases(form: str) -> frozenset[str]:
    """Words of which the form may be a regular inflection: those that have it among their `regular_forms`.

    The guesses need not be words.
    """
    if not form.endswith(("s", "d", "g", "'")):
        return frozenset()
    forms_of = _verb_forms if form.endswith(("d", "g")) else regular_forms
    return frozenset(
        base for base in _guesses(form) if len(base) >= _MIN_BASE and base != form and form in forms_of(base)
    )


@lru_cache(maxsize=WORDS_CACHED)
def comparative_bases(form: str) -> frozenset[str]:
    """Words of which the form may be a regular comparative or superlative. Such endings are ambiguous:
    "corner" is not a form of "corn". Ask only for forms that are not words themselves.
    """
    return frozenset(
        base
        for ending in ("er", "est")
        if form.endswith(ending)
        for base in _stems(form.removesuffix(ending))
        if f"{_before_vowel(base)}{ending}" == form or (base.endswith("e") and base[:-1] + ending == form)
    )


def _plurals(base: str) -> Iterator[str]:
    if _SIBILANT.search(base):
        yield f"{base}es"
        if base.endswith("ch"):
            yield f"{base}s"  # stomachs
        if base.endswith(("s", "z")):
            yield f"{base}{base[-1]}es"  # quizzes
    elif re.search(r"(?:[^aeiou]|qu)y$", base):
        yield f"{base[:-1]}ies"
    else:
        yield f"{base}s"
        if base.endswith("o"):
            yield f"{base}es"
        if base.endswith("f"):
            yield f"{base[:-1]}ves"
        if base.endswith("fe"):
            yield f"{base[:-2]}ves"


def _verb_forms(base: str) -> Iterator[str]:
    if base.endswith("e"):
        yield f"{base}d"
        if base.endswith("ie"):
            yield f"{base[:-2]}ying"
        if base.endswith(("ee", "oe", "ye", "ge", "ue")):
            yield f"{base}ing"  # seeing, dyeing, ageing
        if not base.endswith(("ee", "oe", "ye", "ie")) and _VOWEL.search(base[:-1]):  # "bing" is none of "be"
            yield f"{base[:-1]}ing"
    elif re.search(r"[^aeiou]y$", base):
        yield from (f"{base[:-1]}ied", f"{base}ing")
    else:
        for stem in _before_endings(base):
            yield from (f"{stem}ed", f"{stem}ing")


def _before_endings(base: str) -> Iterator[str]:
    """How the base is spelled before -ed and -ing."""
    if _HARD_C.search(base):
        yield f"{base}k"  # mimicked
    elif _DOUBLES.search(base):
        yield base + base[-1]
        if not _ONE_SYLLABLE.fullmatch(base) or base[-1] == "s":
            yield base  # visited, travelled and traveled, bused
    else:
        yield base
        if re.search(r"[aeiou][aeiou]l$", base):
            yield f"{base}l"  # fuelled


def _before_vowel(base: str) -> str:
    """How an adjective is spelled before -er and -est."""
    if re.search(r"[^aeiou]y$", base):
        return f"{base[:-1]}i"
    return base + base[-1] if _DOUBLES.search(base) and _ONE_SYLLABLE.fullmatch(base) else base


def _guesses(form: str) -> Iterator[str]:
    plain = form.removesuffix("'s").removesuffix("'")
    yield plain
    for ending in ("s", "es", "d", "ed", "ing"):
        if plain.endswith(ending):
            yield from _stems(plain.removesuffix(ending))
    if plain.endswith("ves"):
        yield from (f"{plain[:-3]}f", f"{plain[:-3]}fe")
    if plain.endswith("ying"):
        yield f"{plain[:-4]}ie"


def _stems(stem: str) -> Iterator[str]:
    """Possible bases before an ending that begins with a vowel: unchanged, with an e, with y, undoubled."""
    yield from (stem, f"{stem}e")
    if stem.endswith("i"):
        yield f"{stem[:-1]}y"
    if stem.endswith("k"):
        yield stem[:-1]
    if len(stem) > _MIN_BASE and stem[-1] == stem[-2]:
        yield stem[:-1]
