"""Other spellings that a word may have, by rule."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_PAIRS = (
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
    ("dge", "dg"),
    ("ould", "old"),
    ("xion", "ction"),
    ("ph", "f"),
    ("sce", "ske"),
    ("grey", "gray"),
    ("tyre", "tire"),
    ("isc", "isk"),
    ("plough", "plow"),
    ("ight", "ite"),
)
_ENDINGS = (("re", "er"), ("res", "ers"), ("red", "ered"), ("ring", "ering"), ("ice", "ise"), ("eing", "ing"), ("ey", "y"), ("que", "ck"), ("e", ""))
_CONSONANTS = "bcdfgklmnprstz"
_SPLIT = range(4, 21)
"""Lengths of solid words for which an inner hyphen or space is tried."""


def spelling_variants(key: str) -> frozenset[str]:
    """Keys that may be other spellings of a key: British and American, hyphened, spaced and solid, with and without accents.

    Guesses by one rule, or one rule twice or two rules for differences inside words; whoever uses them asks a lexicon. A guess
    leads back: when b is a variant of a, then a is one of b.
    """
    near = set(_respelled(key))
    far = {guess for other in near for guess in _respelled(other)}
    return frozenset(near | far | set(_rejoined(key)) | set(_unaccented(key))) - {key}


def _respelled(key: str) -> Iterator[str]:
    for pair in _PAIRS:
        for one, other in (pair, pair[::-1]):
            for found in re.finditer(one, key):
                yield key[: found.start()] + other + key[found.end() :]
    for pair in _ENDINGS:
        for one, other in (pair, pair[::-1]):
            if key.endswith(one) and len(key) > len(one) + 2:
                yield key[: len(key) - len(one)] + other
    for at, letter in enumerate(key):
        if letter in _CONSONANTS:
            if key[at + 1 : at + 2] == letter:
                yield key[:at] + key[at + 1 :]
            elif at and key[at - 1] != letter:
                yield key[:at] + letter + key[at:]


def _rejoined(key: str) -> Iterator[str]:
    parts = re.split("[ -]", key)
    if len(parts) > 1:
        yield from ("".join(parts), "-".join(parts), " ".join(parts))
    elif key.isalpha() and len(key) in _SPLIT:
        for at in range(1, len(key)):
            yield from (f"{key[:at]}-{key[at:]}", f"{key[:at]} {key[at:]}")


def _unaccented(key: str) -> Iterator[str]:
    apart = unicodedata.normalize("NFD", key)
    yield unicodedata.normalize("NFC", "".join(c for c in apart if not "\u0300" <= c <= "\u036f"))
