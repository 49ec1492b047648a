"""Possible other spellings of a word, by rule."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from flows.core.words import WORDS_CACHED

_INSIDE = (
    ("our", "or"),
    ("isat", "izat"),
    ("ise", "ize"),
    ("isi", "izi"),
    ("yse", "yze"),
    ("ysi", "yzi"),
    ("ae", "e"),
    ("oe", "e"),
    ("ence", "ense"),
    ("ogue", "og"),
    ("amme", "am"),
    ("ould", "old"),
    ("xion", "ction"),
    ("dge", "dg"),
    ("ph", "f"),
    ("sce", "ske"),
    ("isc", "isk"),
    ("ium", "um"),
    ("grey", "gray"),
    ("tyre", "tire"),
    ("ough", "ow"),
    ("and", "&"),
)
_ENDINGS = (
    ("re", "er"),
    ("res", "ers"),
    ("red", "ered"),
    ("ring", "ering"),
    ("ice", "ise"),
    ("eing", "ing"),
    ("ey", "y"),
    ("que", "ck"),
    ("e", ""),
)
_LETTERS = (
    ("s", "z"),
    ("y", "i"),
    ("c", "k"),
    ("ou", "u"),
    ("oul", "ol"),
    ("oa", "o"),
    ("au", "ou"),
    ("ei", "ai"),
    ("kh", "k"),
    ("gh", "g"),
    ("sch", "sh"),
    ("tch", "ch"),
    ("eable", "able"),
    ("ement", "ment"),
    ("cue", "que"),
    ("ced", "sed"),
    ("aero", "air"),
    ("ough", "up"),
    ("pyj", "paj"),
    ("ellery", "elry"),
    ("efact", "ifact"),
    ("oeuvre", "euver"),
    ("oeuvr", "euver"),
    ("enqu", "inqu"),
    ("ico", "iquo"),
    ("tepee", "teepee"),
    ("titi", "tici"),
    ("iance", "ience"),
    ("forgo", "forego"),
    ("gaol", "jail"),
    ("rrou", "rou"),
    ("errill", "erill"),
    ("breg", "berg"),
    ("trep", "terp"),
    ("cauld", "cald"),
    ("ts", "cz"),
    ("qa", "ka"),
    ("fj", "fi"),
    ("t-shirt", "tee shirt"),
)
"""Other letters for one sound, in loanwords and by habit: "cosy", "dyke", "mollusc", "moustache"."""
_LETTERS_AT_THE_END = (
    ("or", "er"),
    ("ah", "a"),
    ("oh", "o"),
    ("tte", "t"),
    ("ie", "y"),
    ("gne", "gna"),
    ("ant", "ent"),
)
_REGULAR = (
    ("our", "or"),
    ("ise", "ize"),
    ("isi", "izi"),
    ("isa", "iza"),
    ("yse", "yze"),
    ("ysi", "yzi"),
    ("ae", "e"),
    ("oe", "e"),
    ("sce", "ske"),
    ("ould", "old"),
    ("xion", "ction"),
    ("ough", "ow"),
    ("ll", "l"),
)
"""British and American by rule."""
_AMERICAN = {"our": "or", "is": "iz", "ys": "yz", "tre": "ter", "ogue": "og"}
_BRITISH = re.compile(
    r"(?<=[a-z]{2})(?P<end>(?<=[^aeiou])our(?=(?:|s|ed|ing|ful|less|able|ites?|er|ers|ists?)$)"
    r"|is(?=(?:e|es|ed|ers?|ing|ations?)$)|ys(?=(?:e|es|ed|ers?|ing)$)|tre(?=s?$)|ogue(?=s?$))(?P<rest>.*)$"
)
_FEWEST_REGULAR = 6
"""Letters that the longer spelling has at least: "prise" is not "prize"."""
_DOUBLED = "glmnpst"
_SOLID = range(4, 21)
"""Lengths of unhyphenated words that are tried with a hyphen or space inside."""


def spelling_variants(key: str) -> frozenset[str]:
    """Keys that may be other spellings of a key: British and American, hyphenated, spaced and solid, without
    accents.

    These are guesses, up to a hundred for common words; callers ask a lexicon which of them are words with a
    shared meaning. Accents and the hyphens of longer compounds are only removed, never added: check both
    directions if that matters.
    """
    inside = set(_inside(key))
    twice = {guess for other in inside for guess in _inside(other)}
    return frozenset(
        inside
        | twice
        | {*_inside(key, _LETTERS_BOTH), *_at_the_end(key), *_doubled(key), *_joined(key), _unaccented(key)}
    ) - {key}


def differ_by_rule(one: str, other: str) -> bool:
    """Whether two keys differ only as British and American spelling do by rule, as "honourable" and
    "honorable"; then one meaning in common tells that they are one word.
    """
    return max(len(one), len(other)) >= _FEWEST_REGULAR and _american(one) == _american(other)


@lru_cache(maxsize=WORDS_CACHED)
def american(key: str) -> str:
    """The word in American spelling, as far as its ending shows it beyond doubt."""
    return _BRITISH.sub(lambda found: _AMERICAN[found["end"]] + found["rest"], key)


def _american(key: str) -> str:
    for british, american in _REGULAR:
        key = key.replace(british, american)
    return key


def _both_ways(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(each for one, other in pairs for each in ((one, other), (other, one)))


_INSIDE_BOTH, _LETTERS_BOTH = _both_ways(_INSIDE), _both_ways(_LETTERS)


def _inside(key: str, pairs: Iterable[tuple[str, str]] = _INSIDE_BOTH) -> Iterator[str]:
    for one, other in pairs:
        if one in key:
            at = key.find(one)
            while at >= 0:
                yield key[:at] + other + key[at + len(one) :]
                at = key.find(one, at + len(one))


def _at_the_end(key: str) -> Iterator[str]:
    for pair in (*_ENDINGS, *_LETTERS_AT_THE_END):
        for one, other in (pair, pair[::-1]):
            stem = key.removesuffix(one)
            if key.endswith(one) and len(stem) > 1:
                yield stem + other


def _doubled(key: str) -> Iterator[str]:
    for at in range(1, len(key)):
        if key[at] in _DOUBLED and key[at - 1] != key[at]:
            is_double = key[at + 1 : at + 2] == key[at]
            yield key[:at] + key[at + 1 :] if is_double else key[:at] + key[at : at + 1] + key[at:]


def _joined(key: str) -> Iterator[str]:
    parts = re.split("[ -]", key)
    if len(parts) > 1:
        yield from ("".join(parts), "-".join(parts), " ".join(parts))
    elif key.isalpha() and len(key) in _SOLID:
        for at in range(1, len(key)):
            yield from (f"{key[:at]}-{key[at:]}", f"{key[:at]} {key[at:]}")


def _unaccented(key: str) -> str:
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", key)))
