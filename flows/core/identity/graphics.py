"""Whether two written forms are one word: by what they look like, and by what a lexicon says of both.

Two keys with the same `graphical_key` differ in accents, hyphens, spaces, apostrophes, full stops or
ligatures only. They are one word, unless a lexicon or a rule here tells them apart, or
`flows.core.identity.doublets` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from flows.core.identity.doublets import DOUBLETS
from flows.core.identity.inflection import regular_bases
from flows.core.words import word_key
from flows.knowledge import PartOfSpeech

PartsOf = Callable[[str], frozenset[PartOfSpeech]]
"""The parts of speech of a headword; empty for a key that the lexicon does not list."""
SharesMeaning = Callable[[str, str], bool]
"""Whether a lexicon lists both keys, with a meaning in common."""

_PLAIN = re.compile("[a-z0-9]+")
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ß": "ss", "ð": "d", "þ": "th"}
    | {"ŋ": "ng", "ŧ": "t", "ə": "e", "&": "and"}
)
_LOOK_ALIKE = str.maketrans("аеорсухіјѕһԁԛԝѵοανιρκτυχ", "aeopcyxijshdqwvoavipktux")
_LATIN = re.compile("[a-z]")
_BETWEEN = str.maketrans(dict.fromkeys(" -'.·‧‐/", ""))
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_CONTRACTED = re.compile(r"'|.*(?:'(?:s|re|ll|d|ve|m)|n't)")
"""A left-out beginning ("'hood"), or a contraction ("we'll")."""
_PRONOUN_CONTRACTED = re.compile(
    r"(?:i|you|he|she|it|we|they|who|that|what|there|here|let|where|how)'(?:s|re|ll|d|ve|m)"
)
"""Never the word without the apostrophe, whether or not a lexicon lists such a word ("its", "were")."""
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the i me my you your he him his she her it its we us our they them their this that these those"
        " any every some no all each both about across ahead along apart around aside at away back by down"
        " for forth from in into of off on onto out over round through to together under up upon with without"
        " or but so if as am is are was were be been will would shall should can could may might must do does"
        " did have has had how ever never not what when where who whom here there now then more less",
    )
)
_PARTICLES = frozenset(
    re.findall(r"\w+", "about around away back by down forth in off on out over round through together up")
)


@lru_cache(maxsize=65536)
def graphical_key(key: str) -> str:
    """A word's key without accents, spaces, hyphens, apostrophes and full stops, and with ligatures and
    special letters resolved.

    Accents are removed from Latin letters only: elsewhere a mark makes another letter. A key that consists
    only of removed characters is its own graphical key. The graphical key of a graphical key is itself.
    """
    if _PLAIN.fullmatch(key):
        return key
    left, before = _stripped(key), key
    while left != before:
        left, before = _stripped(left), left
    return left or key


def _stripped(key: str) -> str:
    if _LATIN.search(key) is not None:
        key = key.translate(_LOOK_ALIKE)  # in one word with Latin letters they are taken for them
    # what stood apart may combine once the space between is gone
    return unaccented(word_key(key).translate(_BETWEEN))


def unaccented(key: str) -> str:
    """The key without accents on Latin letters, and with ligatures taken apart."""
    if key.isascii() and "&" not in key:
        return key
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", key))).translate(_LETTERS)


def is_same_word(
    one: str, other: str, *, parts_of: PartsOf, shares_meaning: SharesMeaning, language: str = "en"
) -> bool:
    """Whether two keys are spellings of one word that differ only in marks and spacing.

    In English an accent never makes another word, except for the doublets; in other languages it may.
    """
    if one == other:
        return True
    if graphical_key(one) != graphical_key(other) or are_doublets(one, other):
        return False
    if one.startswith(".") is not other.startswith("."):
        return False  # ".NET" and ".com" are names, and no "net"
    if shares_meaning(one, other):
        return True
    if language != "en" and _joined(one) != _joined(other):
        return False
    return not _told_apart(one, other, parts_of)


def are_doublets(one: str, other: str) -> bool:
    """Whether the table lists two keys with one graphical key as different words, or the words of which they
    are forms.
    """
    graphical = graphical_key(one)
    if graphical in DOUBLETS:
        return _number(one, graphical) != _number(other, graphical)
    for base in regular_bases(graphical) & DOUBLETS.keys():
        numbers, others = (
            {_number(key, base) for key in regular_bases(form) if graphical_key(key) == base}
            for form in (one, other)
        )
        if numbers and others and numbers.isdisjoint(others):
            return True
    return False


def _number(key: str, graphical: str) -> int:
    """Which of the doublets with this graphical key a key stands for."""
    words = DOUBLETS[graphical]
    return words.get(key, 0 if key == graphical else max(words.values()))


def _told_apart(one: str, other: str, parts_of: PartsOf) -> bool:
    """Whether spelling and parts of speech show that these are two words, though they share no meaning."""
    parts, others = parts_of(one), parts_of(other)
    if _PRONOUN_CONTRACTED.fullmatch(one) or _PRONOUN_CONTRACTED.fullmatch(other):
        return "'" not in one or "'" not in other
    if parts and others:
        return _differ_in(".'", one, other) or (
            parts.isdisjoint(others) and not _are_converted(one, other, parts | others)
        )
    # of "we'll" and "well", "fig." and "fig" the plain one is a word of its own
    for marked, plain, of_plain in ((one, other, others), (other, one, parts)):
        is_shortened = _is_shortened(marked) and not _is_shortened(plain)
        if (
            of_plain
            and is_shortened
            and not _differ_in(" -", marked, plain)
            and _bare(marked) == _bare(plain)
        ):
            return True
    return is_verb_or_phrase(one, other, parts_of=parts_of)


def is_verb_or_phrase(one: str, other: str, *, parts_of: PartsOf) -> bool:
    """Whether one of two keys is a verb with a particle or a phrase of function words, and the other the
    compound of its letters: "set up" and "setup", "in to" and "into".
    """
    return _is_phrase_of(one, other, parts_of(one)) or _is_phrase_of(other, one, parts_of(other))


def _are_converted(one: str, other: str, parts: frozenset[PartOfSpeech]) -> bool:
    """Whether a compound noun is also used as a verb, like "cellphone", and the lexicon spells the two
    differently. A verb with a particle does not count: "set up" is not the noun "setup".
    """
    words = {*re.split("[ -]", one), *re.split("[ -]", other)}
    return parts == {"noun", "verb"} and words.isdisjoint(FUNCTION_WORDS)


def _is_phrase_of(phrase: str, other: str, parts: frozenset[PartOfSpeech]) -> bool:
    """Whether a phrase of function words, or a verb with a particle, is not another spelling of the compound:
    "in to" of "into", "every day" of "everyday", "set up" of "setup".
    """
    words = phrase.split()
    if len(words) < 2 or " " in other:
        return False
    if "-" not in other:
        return not FUNCTION_WORDS.isdisjoint(words)
    return len(words) == 2 and words[1] in _PARTICLES and parts == {"verb"}


def _is_shortened(key: str) -> bool:
    return key.endswith(".") or _CONTRACTED.fullmatch(key) is not None


def _differ_in(marks: str, one: str, other: str) -> bool:
    return any(one.count(mark) != other.count(mark) for mark in marks)


def _bare(key: str) -> str:
    return key.translate(_BETWEEN)


def _joined(key: str) -> str:
    """The key with its accents, but without separators between letters."""
    return key.translate(_LETTERS).translate(_BETWEEN)
