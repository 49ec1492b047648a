"""Which words an answer says that their evidence contradicts, wherever and in whatever shape it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flows.boundary import terms
from flows.boundary.text import clean_text
from flows.core.words import word_key
from flows.models.chat.names import (
    DEEPEST,
    IDS,
    LOOKED_THROUGH,
    MOST_TEXTS,
    NOT_MEANT,
    in_text,
    name_of,
    named,
)
from flows.models.chat.wanted import Wanted

_TELLING = frozenset(
    "conflict conflicts conflicting conflicted contradict contradicts contradicted contradiction"
    " contradictions contradictory dispute disputes disputed".split()
)
_DENYING = frozenset("no not non without free resolved".split())
_NOT_MEANT = NOT_MEANT - LOOKED_THROUGH - {"meta", "metadata", "note", "notes", "comments", "warnings"}
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_OUTSIDE = re.compile(
    r"\bconflicts?\b[\\\"'”]*\s*(?P<sign>[:=>])\s*\[(?P<told>[^\[\]{}]*)(?P<end>\]|\Z)", re.IGNORECASE
)
_SEPARATED = re.compile(r"[,;\n]|\band\b")


def disputed(value: Any, wanted: Wanted) -> frozenset[str]:  # noqa: ANN401  any JSON
    """The wanted words under "conflicts" in a value: in a list, a text, an object by words, or a mark in a
    word's own item.
    """
    numbers = dict(_numbers(value, wanted))
    return frozenset(_told(value, wanted, numbers))


def disputed_outside(text: str, wanted: Wanted) -> frozenset[str]:
    """The wanted words in a list of conflicts that is no part of JSON, as "conflicts=['dog']", or that broke
    off: half a word means all words that begin with it.
    """
    found = set[str]()
    for told in _OUTSIDE.finditer(text):
        *whole, last = (part.strip("\\\"'“” \n") for part in told["told"].split(","))
        if not told["end"]:
            found.update(key for key in wanted.keys if last and key.startswith(word_key(last)))
        elif told["sign"] != ":":
            whole.append(last)
        else:
            continue
        found.update(filter(None, map(wanted.means, whole)))
    return frozenset(found)


def _told(
    value: Any,  # noqa: ANN401  any JSON
    wanted: Wanted,
    numbers: Mapping[int, str],
    own: str = "",
    depth: int = 0,
) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for part in value[:MOST_TEXTS]:
            yield from _told(part, wanted, numbers, own, depth + 1)
    elif isinstance(value, str):
        for inner in in_text(value):
            yield from _told(inner, wanted, numbers, own, depth + 1)
    elif isinstance(value, dict):
        own = _own(value, wanted) or own
        for name, part in value.items():
            words = set(name_of(name).split("_"))
            if (
                not words.isdisjoint(_TELLING)
                and words.isdisjoint(_DENYING)
                and not _is_item(name, part, wanted)
            ):
                yield from _meant(part, wanted, numbers, own)
            elif name_of(name) not in _NOT_MEANT:
                yield from _told(part, wanted, numbers, wanted.means(name) or own, depth + 1)


def _meant(
    told: Any,  # noqa: ANN401  any JSON
    wanted: Wanted,
    numbers: Mapping[int, str],
    own: str,
) -> Iterator[str]:
    """The words meant by a value under "conflicts": the words that it names; otherwise the word of the item
    that contains it. A bare yes outside any item means all words.
    """
    if _is_denied(told):
        return
    found = set(_named(told, wanted, {} if own else numbers))
    if found:
        yield from found
    elif own:
        yield own
    elif told is True or (isinstance(told, str) and told.strip().casefold() in _YES):
        yield from wanted.keys


def _named(
    told: Any,  # noqa: ANN401
    wanted: Wanted,
    numbers: Mapping[int, str],
    depth: int = 0,
) -> Iterator[str]:
    if isinstance(told, str):
        yield from _in_text(told, wanted)
    elif isinstance(told, int) and not isinstance(told, bool):
        yield from filter(None, (numbers.get(told),))
    elif isinstance(told, list) and depth <= DEEPEST:
        for part in told[:MOST_TEXTS]:
            yield from _named(part, wanted, numbers, depth + 1)
    elif isinstance(told, dict) and depth <= DEEPEST:
        if own := _own(told, wanted):
            if not any(part is False for part in told.values()):
                yield own
            return
        for name, part in told.items():
            if word := wanted.means(name):
                yield from () if _is_denied(part) else (word,)
            elif name_of(name) != "type":  # of a schema
                yield from _named(part, wanted, numbers, depth + 1)


def _in_text(text: str, wanted: Wanted) -> Iterator[str]:
    """The words that a text names: as the whole text, as parts of it, or within a sentence."""
    if terms.is_nothing(text):
        return
    parts = [text, *_SEPARATED.split(text)[:MOST_TEXTS]]
    words = {word for part in parts if (word := wanted.means(part))}
    if not words:
        key = word_key(clean_text(text))
        is_denial = key.split()[:1] in (["no"], ["none"], ["neither"])
        words = {word for word in wanted.keys if len(word) > 2 and not is_denial and _mentions(key, word)}
    yield from words


def _mentions(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _is_denied(told: Any) -> bool:  # noqa: ANN401  any JSON
    if isinstance(told, str):
        return not told.strip() or told.strip().casefold() in _NO or terms.is_nothing(told)
    if isinstance(told, list) and told:
        return all(_is_denied(part) for part in told)
    return not told


def _is_item(name: str, part: Any, wanted: Wanted) -> bool:  # noqa: ANN401  any JSON
    """Whether the name is a requested word, such as "conflict", and the value is an item about it."""
    return isinstance(part, dict) and word_key(name) in wanted.keys


def _own(value: Mapping[str, Any], wanted: Wanted) -> str:
    fields = named(value)
    return next((word for name in IDS if (word := wanted.means(fields.get(name)))), "")


def _numbers(value: Any, wanted: Wanted, depth: int = 0) -> Iterator[tuple[int, str]]:  # noqa: ANN401
    """The numbers by which an answer refers to its words."""
    if depth > DEEPEST or not isinstance(value, dict | list):
        return
    if (
        isinstance(value, dict)
        and isinstance(number := value.get("id"), int)
        and (own := _own(value, wanted))
    ):
        yield number, own
    for part in list(value.values() if isinstance(value, dict) else value)[:MOST_TEXTS]:
        yield from _numbers(part, wanted, depth + 1)
