"""Evidence from sources: cut to the relevant part and compared with the definition.

Evidence is data; no instruction in it is followed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from flows.core.words import is_abbreviation, tokens
from flows.knowledge import Citation, Evidence, Support

MAX_CITATIONS = 5
MIN_SHARE = 1 / 3
"""Least share of a definition's content words that supporting evidence must contain."""
MIN_WORDS = 2
"""Least number of shared content words, unless the definition has fewer."""
MISPLACED_SHARE = 1 / 2
"""If another word's evidence holds this share of a definition's content words, the definition is taken to be
that word's.
"""
READ_CHARACTERS = 4000
"""Most characters of a piece of evidence that are read; otherwise a long one would support anything."""

_BREAK = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？।؟])|\n+")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a about above after again against all also although an and another any are as at be because been"
        " before being below between both but by can cannot could did do does done during each either"
        " especially etc every few for from further had has have having he her here hers him his how however"
        " i if in into is it its itself just kind less made make makes many may me might more most much must"
        " my no nor not of often on once one ones only or other others our out over own part per rather same"
        " several she should since so some someone something sort such than that the their them themselves"
        " then there these they thing things this those through to too type typically under until up upon us"
        " use used uses using usually various very was we were what when where whether which while who whom"
        " whose why will with within without would yet you your",
    )
)
_ENDINGS = (
    "isations",
    "izations",
    "isation",
    "ization",
    "ations",
    "ation",
    "ings",
    "ness",
    "ment",
    "ing",
    "ies",
    "ied",
    "ely",
    "ed",
    "es",
    "ly",
    "s",
    "e",
    "y",
)


def trim(text: str, *, word: str, limit: int) -> str:
    """The sentences that mention the word, in order, as many as fit into `limit` characters.

    A text that never mentions it, such as a gloss, keeps its first sentences. If not even one sentence fits,
    it is cut between words. White space becomes single; control and invisible characters are dropped.
    """
    sentences = list(_sentences(text))
    wanted = frozenset(map(stem, tokens(word)))
    chosen = [
        sentence for sentence in sentences if wanted <= frozenset(map(stem, tokens(sentence)))
    ] or sentences
    kept, room = list[str](), limit
    for sentence in chosen:
        if len(sentence) > room:
            break
        kept.append(sentence)
        room -= len(sentence) + 1
    return " ".join(kept) or _cut("".join(chosen[:1]), limit)


def support_of(definition: str, evidence: Sequence[Evidence], *, is_contradicted: bool) -> Support:
    """How well the evidence supports the definition.

    `conflict` if there is evidence and the model says that it disagrees; `supported` if at least one piece
    backs the definition (see `backing`); else `model_only`.
    """
    if is_contradicted and evidence:
        return "conflict"
    return "supported" if backing(definition, evidence) else "model_only"


def backing(definition: str, evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Citations of the evidence that backs a definition, strongest first, each once, at most five.

    A piece backs a definition if it shares a third of its content words, and at least two unless the
    definition has only one. Content words are compared by stem; function words and single letters do not
    count.
    """
    strengths = [(_strength(definition, piece.text), piece.citation) for piece in evidence]
    strongest: dict[tuple[str, str, str | None], Citation] = {}
    for strength, citation in sorted(strengths, key=lambda pair: -pair[0]):
        if strength > 0:
            strongest.setdefault((citation.source, citation.url, citation.revision), citation)
    return tuple(strongest.values())[:MAX_CITATIONS]


def is_misplaced(
    definition: str, evidence: Sequence[Evidence], elsewhere: Iterable[Sequence[Evidence]]
) -> bool:
    """Whether a definition belongs to another word of its batch: its own evidence shares nothing with it, and
    another word's shares half.
    """
    if not evidence or any(_strength(definition, piece.text) > 0 for piece in evidence):
        return False
    return any(
        _strength(definition, piece.text) >= MISPLACED_SHARE for pieces in elsewhere for piece in pieces
    )


def stem(token: str) -> str:
    """A token without common English endings: good for comparison, but not a word itself."""
    token = token.removesuffix("'s")
    for ending in _ENDINGS:
        root = token.removesuffix(ending)
        if root != token and len(root) > 2:
            return root[:-1] if len(root) > 3 and root[-1] == root[-2] else root
    return token


def _strength(definition: str, text: str) -> float:
    wanted = _content(definition)
    shared = wanted & _content(text[:READ_CHARACTERS])
    if len(shared) < max(1, min(MIN_WORDS, len(wanted))) or len(shared) < MIN_SHARE * len(wanted):
        return 0.0
    return len(shared) / len(wanted)


def _content(text: str) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens(text) if len(token) > 1 and token not in _STOP_WORDS)


def _sentences(text: str) -> Iterator[str]:
    """Sentences with single spaces; the full stop of an abbreviation does not end a sentence."""
    plain = "".join(
        c if c in "\n\u200c\u200d" or unicodedata.category(c)[0] != "C" else " " if c.isspace() else ""
        for c in text
    )
    start = 0
    for found in _BREAK.finditer(plain):
        so_far = plain[start : found.start()].split()
        if (
            found.group().startswith("\n")
            or not so_far
            or not (so_far[-1].endswith(".") and is_abbreviation(so_far[-1]))
        ):
            yield from _squeezed(plain[start : found.end()])
            start = found.end()
    yield from _squeezed(plain[start:])


def _squeezed(text: str) -> Iterator[str]:
    sentence = " ".join(text.split())
    if sentence:
        yield sentence


def _cut(text: str, limit: int) -> str:
    """The beginning of a text, cut between words; `limit` includes the ellipsis."""
    if limit <= 1:
        return ""
    head = text[: limit - 1]
    whole_words = head.rpartition(" ")[0] if " " in head and not text[limit - 1 : limit].isspace() else head
    return f"{whole_words.rstrip()}…" if text else ""
