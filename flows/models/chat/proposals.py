"""The words of a model's proposal, in whatever list they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flows.boundary import answers, terms
from flows.boundary.text import clean_text
from flows.core.words import tokens, word_key
from flows.models.base import MOST_WORDS, WORD_CHARACTERS
from flows.models.chat.names import DEEPEST, LISTS, NOT_MEANT, WORD_LISTS, name_of, named, texts

_MOST_PARTS = 4
"""Most words of a line that is taken for a word; more are a sentence."""
_FEWEST_LINES = 2
_IN_SERIES = re.compile(r", (?:and|or) ")
"""A phrase such as "lock, stock, and barrel"."""

_OF_WORDS = frozenset({"words", "headwords", "terms", "vocabulary", "proposals", "candidates", "proposed"})
_WORD = ("word", "headword", "term", "lemma", "name", "phrase", "expression", "text", "value")
"""What the word is called in an object about one; "id" may be a number."""
_NUMBERED = re.compile(r"(?:word|item|term|entry)?[\s_]*\d+", re.IGNORECASE)
_MARKED = re.compile(r"\s*(?:\(?\d{1,4}(?:[.):]|\s[-–—])|[-*•+–—‣▪◦·])\s+(\S.*)")
_TAGGED = re.compile(r"<(?P<tag>li|word|item|term|headword)>([^<>]{1,200})</(?P=tag)>", re.IGNORECASE)
_CELL = re.compile(r"\s*\|\s*([^|]*?)\s*\|.*")
_RULE = re.compile(r"[\s|:\-=+]*")
_SPOKEN = frozenset(
    "i i'm i'll i've you your you're we we're my me please sorry here's later again retry sure unavailable"
    " error cannot can't couldn't unable failed denied exceeded unauthorized forbidden timed requests request"
    " server gateway is are was were".split()
)
"""Words of a message to somebody, in a line of several words that nothing marks as an item."""
_GREETINGS = frozenset({"yes", "sure", "of course", "okay", "ok", "certainly", "hello", "hi", "absolutely"})
_END = re.compile(r"[.!?…:]$")


def read_proposals(text: str, *, is_cut: bool = False) -> tuple[str, ...]:
    """The words of a `propose` answer; if it was cut off, those before the cut. Of a list without JSON
    only `is_cut` tells that: its last line may be half a word.

    Raises ValueError if there is no list of words.
    """
    answer = answers.read_answer(text)
    for reading in (answer, *answers.other_readings(text)):
        words = _in_json(reading)
        if words is not None:
            return words
    if answer == answers.Answer() and (
        words := _in_lines(_whole_lines(text[: answers.MAX_CHARACTERS], is_cut=is_cut))
    ):
        return words
    raise ValueError("contains no list")


def _in_json(answer: answers.Answer) -> tuple[str, ...] | None:
    """The words of an answer: from lists with a name for words, otherwise from its other lists."""
    objects = [value for value in answer.inside if isinstance(value, dict)]
    places = (answer.values, objects, answer.closed, answer.inside)
    for values in places:
        found = [words for value in values if (words := _under_a_name(value)) is not None]
        if any(found):
            return _together(found)
        lone = [word for value in values if isinstance(value, dict) and (word := _lone(value))]
        if lone:
            return tuple(lone[:MOST_WORDS])
        lists = [words for value in values if (words := _by_kind(value)) is not None]
        if found or lists:
            return _together(lists or found)
    return None


def _together(found: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Lists that share no word are parts of one list; otherwise the longest list counts, the last one of
    equals.
    """
    apart = len({word for words in found for word in words}) == sum(len(set(words)) for words in found)
    if apart:
        return tuple(word for words in found for word in words)[:MOST_WORDS]
    return max(reversed(found), key=len)[:MOST_WORDS]


def _under_a_name(value: Any, depth: int = 0) -> tuple[str, ...] | None:  # noqa: ANN401  any JSON
    """The words under a name for their list, in this object or, if it has none, in the objects inside it."""
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        inside: Iterable[Any] = answers.read_answer(value).values if value.lstrip()[:1] in {"{", "["} else ()
    elif isinstance(value, dict):
        if words := _numbered(value):
            return words
        own = _own(value)
        if own:
            return own
        inside = [part for name, part in value.items() if name_of(str(name)) not in NOT_MEANT - {"cells"}]
        found = [own] if own is not None else []
        found += [words for part in inside if (words := _under_a_name(part, depth + 1)) is not None]
        return _together(found) if found else None
    else:
        inside = value if isinstance(value, list) else ()
    found = [words for part in inside if (words := _under_a_name(part, depth + 1)) is not None]
    return _together(found) if found else None


def _own(value: dict[Any, Any]) -> tuple[str, ...] | None:
    """The words under an object's own name for their list: empty if the list is empty, None if there is no
    such name.
    """
    fields = named(value)
    others = [name for name in fields if name not in LISTS and not _OF_WORDS.isdisjoint(name.split("_"))]
    empty = None
    for name in (*LISTS, *others):
        if name in fields and not NOT_MEANT & set(name.split("_")):
            words = _listed(fields[name], is_named=name in WORD_LISTS or name in others)
            if words:
                return words
            empty = words if empty is None else empty
    return empty


def _listed(
    value: Any,  # noqa: ANN401  any JSON
    depth: int = 0,
    *,
    is_named: bool = True,
) -> tuple[str, ...] | None:
    """The words of a list, of a text that is a list, or of an object that contains them; None for anything
    else.
    """
    if isinstance(value, str):
        if not is_named:
            return None
        inner = answers.read_answer(value).values
        return _listed(inner[0], depth + 1) if inner else _words(texts(value, separated=True))
    if isinstance(value, list):
        return _flat(value)
    if not isinstance(value, dict) or depth > DEEPEST or not value:
        return None
    if _are_kinds(value.values()):
        return _words(value)
    if (words := _numbered(value)) or (words := _by_kind(value)):
        return words
    is_schema = not NOT_MEANT.isdisjoint(map(name_of, value))
    if is_named and not is_schema and all(isinstance(part, str | dict | None) for part in value.values()):
        return _words(value)
    return None


def _are_kinds(values: Iterable[Any]) -> bool:
    """Whether the values of an object are lists of parts of speech for the words that name them."""
    kinds = [value for value in values if isinstance(value, list) and value]
    return bool(kinds) and all(
        isinstance(kind, str) and terms.part_of_speech(kind) is not None for some in kinds for kind in some
    )


def _flat(parts: Sequence[Any]) -> tuple[str, ...]:
    """The words of a list of words, of objects with one word each, of lists by kind, or of pairs with the
    part of speech.
    """
    found: list[str] = []
    for part in parts[:MOST_WORDS]:
        if isinstance(part, list):
            inner = [text for text in part if isinstance(text, str)]
            is_pair = len(inner) == 2 and terms.part_of_speech(inner[1]) is not None
            found += inner[:1] if is_pair else inner
        elif isinstance(part, dict):
            found += (_own(part) if _is_group(part) else None) or [_lone(part)]
        elif isinstance(part, str):
            found.append(part)
    return _words(_apart(found))


def _apart(found: Sequence[str]) -> list[str]:
    """The words of a text that holds several: always split at semicolons and line breaks, at commas only if
    it is the only text.
    """
    signs = r"[,;\n]" if len(found) == 1 and not _IN_SERIES.search(found[0]) else r"[;\n]"
    parts = [part for text in found for part in (re.split(signs, text) if text else [text])]
    is_list = all(len(part.split()) <= _MOST_PARTS for part in parts)
    return parts if is_list else list(found)


def _is_group(part: dict[Any, Any]) -> bool:
    return any(isinstance(inner, list) and name_of(str(name)) in LISTS for name, inner in part.items())


def _by_kind(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401  any JSON
    """The words of a bare list, or of lists by their kind."""
    if isinstance(value, list):
        return _flat(value)
    if not isinstance(value, dict):
        return None
    if words := _numbered(value):
        return words
    lists = [
        part
        for name, part in value.items()
        if isinstance(part, list) and not NOT_MEANT & {name_of(str(name)), *name_of(str(name)).split("_")}
    ]
    return _words(text for part in lists for text in _flat(part)) if lists else None


def _numbered(value: dict[Any, Any]) -> tuple[str, ...] | None:
    """The words of {"1": "bread", "2": "cheese"}."""
    if len(value) > 1 and all(isinstance(name, str) and _NUMBERED.fullmatch(name) for name in value):
        return _words(text for part in value.values() for text in texts(part)[:1])
    return None


def _lone(value: dict[Any, Any]) -> str:
    fields = named(value)
    return next((_word(fields[name]) for name in _WORD if isinstance(fields.get(name), str)), "")


def _whole_lines(text: str, *, is_cut: bool) -> str:
    """The text of an answer, without an end that may be half a word."""
    said = answers.answer_text(text)
    if not is_cut or said.endswith("\n"):
        return said
    return said[: max(said.rfind(sign) for sign in "\n,;•|") + 1]


def _is_spoken(words: Sequence[str]) -> bool:
    """Whether what looks like a list addresses the reader: an apology, or a server's message."""
    said = [word for text in words if len(parts := tokens(text)) > 1 for word in parts]
    return not _SPOKEN.isdisjoint(said)


def _in_lines(text: str) -> tuple[str, ...]:
    """The words of a list without JSON: marked lines, a table, tags, or one word per line."""
    if tagged := _TAGGED.findall(text):
        return _words(word for _, word in tagged)
    lines = [line for line in text.splitlines() if not _RULE.fullmatch(line)]
    marked = [found[1] for line in lines if (found := _MARKED.fullmatch(line))]
    cells = [found[1] for line in lines if (found := _CELL.fullmatch(line))][1:]
    listed = next((some for some in (cells, marked) if len(some) >= _FEWEST_LINES), None)
    is_marked = listed is not None
    if listed is None:
        listed = re.split(r"[,;•]", lines[0].strip("()[]{}\"' ")) if len(lines) == 1 else lines
    words = [word for line in listed if (word := _word(line).strip("\"'"))]
    if len(lines) == 1 and len(words) > _FEWEST_LINES and word_key(words[0]) in _GREETINGS:
        words = [word for word in words[1:] if word_key(word) not in _GREETINGS]
    short = [
        word
        for word in words
        if len(word.split()) <= _MOST_PARTS and any(map(str.isalpha, word)) and not _END.search(word)
    ]
    is_list = len(short) >= _FEWEST_LINES and 5 * len(short) >= 4 * len(words)
    if not is_marked and _is_spoken(words):
        return ()
    return tuple(short[:MOST_WORDS]) if is_list else ()


def _words(found: Iterable[Any]) -> tuple[str, ...]:
    return tuple(filter(None, (_word(text) for text in found if isinstance(text, str))))


def _word(text: str) -> str:
    return terms.headword(clean_text(text, limit=WORD_CHARACTERS))
