"""The JSON in a language model's answer, whatever stands around it and however it broke.

First the whole text is read; then what it holds between thoughts, fences and prose; then what can be saved of
JSON that is damaged or was cut off. Only complete parts count: of an item that broke off, nothing is kept.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flows.boundary import thoughts

MAX_CHARACTERS = 150_000
"""Most characters read of one answer; the longest that we ask for has about 40,000."""
MAX_DEPTH = 32
"""Deepest nesting that is read; our answers need four levels."""
MAX_FAILURES = 200
"""Most brackets that begin nothing before the rest is left unread."""
MAX_REPAIRS = 60
"""Most damaged values that are mended; an answer of one object a word has twenty."""

_OTHER_SIGNS = (
    str.maketrans(dict.fromkeys("“”„‟″＂「」『』", '"')),
    str.maketrans("｛｝［］：，", "{}[]:,"),
)
_QUOTE = re.compile(r"&(?:quot|#34|#x22);", re.IGNORECASE)
_ARROW = re.compile(r'(?<=")\s*=>?\s*(?=["\[{])')
_ESCAPED = re.compile(r'\\(["\\/n])')
_OPENING = re.compile(r"[{\[]")
_IN_VALUE = re.compile(r'[{}\[\],"]')
_IN_STRING = re.compile(r'["\\]')
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class Answer:
    """The outermost JSON objects and lists of an answer, in order.

    If a bracket is never closed, `inside` holds the complete values after it, and `closed` the broken values
    themselves, without anything after their last complete item.
    """

    values: tuple[Any, ...] = ()
    inside: tuple[Any, ...] = ()
    closed: tuple[Any, ...] = ()


def read_answer(text: str) -> Answer:
    """Read an answer; never raises, whatever the text is."""
    text = text[:MAX_CHARACTERS].lstrip("\ufeff\u200b \t\r\n")
    if '"' not in text and _QUOTE.search(text) is not None:
        text = html.unescape(text)
    whole = _parsed(text)
    if isinstance(whole, str):
        text, whole = whole, _parsed(whole)  # JSON in a JSON string
    if isinstance(whole, dict | list):
        return Answer((whole,))
    return _scanned(answer_text(text))


def other_readings(text: str) -> Iterator[Answer]:
    """Other ways to read the text, if it is JSON in another notation: escaped once too often, with
    typographic quotes and brackets, or with arrows. For texts in which `read_answer` finds nothing wanted.
    """
    text = text[:MAX_CHARACTERS]
    printed = text
    for signs in _OTHER_SIGNS:
        printed = printed.translate(signs)
    others = (
        _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text),
        printed,
        _ARROW.sub(": ", text),
    )
    return (read_answer(other) for other in dict.fromkeys(others) if other != text)


def _scanned(text: str) -> Answer:
    values: list[Any] = []
    inside: list[Any] = []
    closed: list[Any] = []
    at, failures, repairs = 0, 0, 0
    while failures < MAX_FAILURES and (opening := _OPENING.search(text, at)) is not None:
        start = opening.start()
        value, end = _decoded(text, start)
        if end < 0 and repairs < MAX_REPAIRS:
            repairs += 1
            span = _span(text, start)
            if span.end > 0:
                value, end = _repaired(text[start : span.end]), span.end
                # prose in brackets around JSON is mended into nonsense
                values += _complete(text[start + 1 : span.end])
            elif (saved := _closed(text, start, span)) is not None:
                closed.append(saved)
        if isinstance(value, dict | list):
            (inside if failures else values).append(value)
            at = end
        else:
            failures, at = failures + 1, start + 1
    return Answer(tuple(values), tuple(inside), tuple(closed))


def _complete(text: str) -> Iterator[Any]:
    at, failures = 0, 0
    while failures < MAX_DEPTH and (at := text.find("{", at)) >= 0:
        value, end = _decoded(text, at)
        if isinstance(value, dict):
            yield value
        failures, at = (failures, end) if end > 0 else (failures + 1, at + 1)


def answer_text(text: str) -> str:
    """The text of an answer without its thoughts; see `thoughts.spoken`."""
    return thoughts.spoken(text, lambda inside, start: _decoded(inside, start)[1])


def _parsed(text: str) -> Any:  # noqa: ANN401  any JSON
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None
    return value if _depth(value) <= MAX_DEPTH else None


def _decoded(text: str, start: int) -> tuple[Any, int]:
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_object).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, -1
    return (value, end) if _depth(value) <= MAX_DEPTH else (None, -1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; if a list appears twice under one name, the two are parts of one list."""
    made = dict(pairs)
    if len(made) < len(pairs):
        parts: dict[str, Any] = {}
        for name, value in pairs:
            before = parts.get(name)
            if isinstance(before, list):
                parts[name] = before + value if isinstance(value, list) else before
            else:
                parts[name] = value
        return parts
    return made


def _depth(value: Any) -> int:  # noqa: ANN401  any JSON
    """How deeply a value is nested, up to one level more than is read."""
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        level = [
            part
            for outer in level
            if isinstance(outer, dict | list)
            for part in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth


def _repaired(text: str) -> Any:  # noqa: ANN401  any JSON
    import json_repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError):
        return None
    return value if value and _depth(value) <= MAX_DEPTH else None


@dataclass(frozen=True)
class _Span:
    """The text from an opening bracket to its closing one (`end`, -1 if there is none).

    `whole_until` is the end of the last complete item; `open` holds the brackets still open at that point.
    """

    end: int
    whole_until: int = 0
    open: str = ""


def _span(text: str, start: int) -> _Span:
    brackets: list[str] = []
    whole_until, is_open = 0, ""
    for at, c in _structure(text, start):
        if c in "{[":
            if len(brackets) > MAX_DEPTH:
                return _Span(-1)
            brackets.append(c)
            continue
        if c in "}]":
            if _CLOSING[brackets[-1]] != c:
                return _Span(-1, whole_until, is_open)
            brackets.pop()
            if not brackets:
                return _Span(at + 1)
        # inside an item nothing is whole: it may break off
        if "{" not in "".join(brackets).lstrip("{") and (c not in ',"' or brackets[-1] == "["):
            whole_until, is_open = (at if c == "," else at + 1), "".join(brackets)
    return _Span(-1, whole_until, is_open)


def _structure(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The brackets and commas of JSON outside strings, and the closing quote of each string."""
    at = start
    while (found := _IN_VALUE.search(text, at)) is not None:
        at = found.end()
        if found.group() != '"':
            yield found.start(), found.group()
            continue
        while True:
            inner = _IN_STRING.search(text, at)
            if inner is None:
                return
            at = inner.end()
            if inner.group() == '"':
                yield inner.start(), '"'
                break
            at += 1  # whatever is escaped


def _closed(text: str, start: int, span: _Span) -> Any:  # noqa: ANN401  any JSON
    """A truncated value, closed after its last complete item; None if it has none."""
    if not span.whole_until:
        return None
    whole = text[start : span.whole_until] + "".join(_CLOSING[c] for c in reversed(span.open))
    value = _parsed(whole)
    return value if value is not None else _repaired(whole)
