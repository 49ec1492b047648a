"""Whether a text mentions a word, itself or inflected, as whole words, phrases included."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from flows.core.identity.doublets import DOUBLETS
from flows.core.identity.graphics import FUNCTION_WORDS, are_doublets, graphical_key, unaccented
from flows.core.identity.spelling import american
from flows.core.words import tokens, word_key

LemmasOf = Callable[[str], Collection[str]]
"""The base forms that a token may have; the token itself may be among them."""

MAX_GAP = 4
"""Most words inside a phrasal verb, as in "she turned the old lamp off"."""

_PARTICLES = frozenset(
    re.findall(
        r"\w+",
        "about across ahead along apart around aside away back by down forth in off on out over round through"
        " together under up",
    )
)
_POSSESSIVES = frozenset(re.findall(r"\w+", "my your his her its our their whose"))
_ANYBODY_S = frozenset({"one's", "someone's", "somebody's"})
_REFLEXIVES = frozenset(
    re.findall(
        r"\w+", "myself yourself himself herself itself ourselves yourselves themselves themself oneself"
    )
)
_LINKS = _PARTICLES | {"with", "to", "for", "of", "at", "from", "upon", "against"}
_CONTRACTED = "'(?:t|ll|re|ve|d|m)\\b"
"""What makes a contraction of what stands before it: "don't" does not mention "don"."""
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,}(?!\w)")
""""A.I." and "U.S.", which are "AI" and "US"."""
_LETTER = re.compile(r"\w")
_AFTER = re.compile(rf"\w|{_CONTRACTED}")
_NO_ACRONYMS = frozenset({"OK"})
"""Also written small."""
_LONG_ACRONYM = 4
_SHORTEST_PART = 3
_SHORTEST_BY_RULE = 5
""""prise" is not "prize"."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han."""


def mentions(text: str, word: str, lemmas_of: LemmasOf) -> bool:
    """Whether the text contains the word or an inflection of it as whole words: "took off" mentions
    "take off", "category" does not mention "cat".

    In a phrase, "one's" and "someone's" match any possessive and "oneself" any reflexive, and a phrasal verb
    may enclose words. A word in capitals is mentioned in capitals: "us" is not "US". "colors" mentions
    "colour".
    """
    if "." in word or "." in text:
        word, text = (_DOTTED.sub(_undotted, each) for each in (word, text))
    if len(word) > 1 and word not in _NO_ACRONYMS and all(map(str.isupper, word)):
        text = _capitals(text, len(word))
    key, plain = word_key(word), word_key(text)
    if not key:
        return False
    if _stands_whole(key, plain) or (_UNSPACED.search(key) and key in plain):
        return True
    wanted, found = tokens(key), tokens(plain)
    if not wanted:
        return False
    if _stands_joined(key, plain, lemmas_of):
        return True
    starts = [at for at, token in enumerate(found) if _matches(token, wanted[0], lemmas_of)]
    return any(_follows(wanted, found[at:], lemmas_of) for at in starts)


def _undotted(abbreviation: re.Match[str]) -> str:
    return abbreviation[0].replace(".", "")


def _capitals(text: str, length: int) -> str:
    """The words of a text that may be an acronym of this length; a long one may be written "Nasa"."""
    capitals = 2 if length < _LONG_ACRONYM else 1
    return " ".join(word for word in text.split() if sum(map(str.isupper, word)) >= capitals)


def tokens_to_match(text: str) -> list[str]:
    """The tokens of a text, and what its hyphenated words are when written solid: "co-operated" too."""
    found = tokens(text)
    return [*found, *_solid(word_key(text))] if "-" in text or not text.isascii() else found


def _solid(key: str) -> list[str]:
    return ["".join(tokens(word)) for word in key.split() if "-" in word.strip("-")]


def _closed(plain: str, length: int) -> list[str]:
    """Two words of a text joined into one, unless they are a phrase of function words: "per cent" is joined,
    "every day" is not.
    """
    found = tokens(plain)
    return [
        one + other
        for one, other in pairwise(found)
        if len(one + other) == length
        and min(len(one), len(other)) >= _SHORTEST_PART
        and FUNCTION_WORDS.isdisjoint((one, other))
    ]


def _stands_joined(key: str, plain: str, lemmas_of: LemmasOf) -> bool:
    """Whether the word is solid where the text has a hyphen, or the other way round."""
    parts = tokens(key)
    if graphical_key(key) in DOUBLETS:
        return False  # "re-sign" is not "resign"
    if len(parts) == 1:
        joined = (*_solid(plain), *_closed(plain, len(parts[0])))
        return any(_matches(token, parts[0], lemmas_of) for token in joined)
    whole = "".join(parts)
    is_compound = "-" in key or _PARTICLES.isdisjoint(parts)
    return is_compound and any(
        _matches(token, whole, lemmas_of) for token in tokens(plain) if token[0] == whole[0]
    )


def _stands_whole(key: str, plain: str) -> bool:
    """Whether the key occurs without an adjoining letter, digit or mark."""
    at = plain.find(key)
    while at >= 0:
        end = at + len(key)
        edge = plain[max(at - 1, 0) : at] + plain[end : end + 1]
        is_whole = not _LETTER.match(plain[max(at - 1, 0) : at]) and not _AFTER.match(plain, end)
        if is_whole and all(unicodedata.category(c)[0] != "M" for c in edge):
            return True
        at = plain.find(key, at + 1)
    return False


def _follows(wanted: Sequence[str], found: Sequence[str], lemmas_of: LemmasOf) -> bool:
    if len(wanted) > 1 and wanted[1] in _PARTICLES and _LINKS.issuperset(wanted[1:]):
        rest = iter(found[1 : len(wanted) + MAX_GAP])
        return all(part in rest for part in wanted[1:])
    return len(found) >= len(wanted) and all(
        _matches(token, part, lemmas_of) for token, part in zip(found[1:], wanted[1:], strict=False)
    )


def _matches(token: str, part: str, lemmas_of: LemmasOf) -> bool:
    if part in _ANYBODY_S and (token in _POSSESSIVES or token.endswith("'s")):
        return True
    if part == "oneself" and token in _REFLEXIVES:
        return True
    forms = {token, *lemmas_of(token)}
    if token.endswith("'s"):
        forms |= {token[:-2], *lemmas_of(token[:-2])}
    return part in forms or _differs_in_accents(part, forms) or _differs_by_rule(part, forms)


def _differs_by_rule(part: str, forms: Collection[str]) -> bool:
    return any(
        form[0] == part[0]
        and max(len(form), len(part)) > _SHORTEST_BY_RULE
        and american(form) == american(part)
        for form in forms
        if form
    )


def _differs_in_accents(part: str, forms: Collection[str]) -> bool:
    """Whether a form is the word with other accents: "cafe" is "café", but "rose" is not "rosé"."""
    plain = unaccented(part)
    return any(
        unaccented(form) == plain and not are_doublets(part, form)
        for form in forms
        if not (form.isascii() and part.isascii())
    )
