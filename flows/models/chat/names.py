"""The names that models give to the parts of an answer, and the texts that stand under them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flows.boundary import answers
from flows.boundary.terms import CAMEL_CASE

MOST_TEXTS = 1_000
"""Most texts read under one name."""
DEEPEST = 6
"""Wrappers around the list that are looked through, as `{"tool_calls": [{"function": {"arguments": …`."""

WORD_LISTS = ("words", "word_list", "wordlist", "headwords", "vocabulary", "terms", "items", "entries")
LISTS = (*WORD_LISTS, *"results list answers definitions data output result response answer".split())
"""What a list of words or of their items is called."""
NOT_MEANT = frozenset(
    (
        "avoid cells count topic task conflicts required enum type properties schema request input evidence"
        " thought thoughts thinking think reason reasoning analysis reflection scratchpad plan steps draft"
        " drafts notes note comments explanation error errors warnings example examples excluded rejected"
        " avoided metadata meta usage"
    ).split()
)
"""Names that hold no answer: those of our requests and their schemas, which some models repeat, and those of
remarks beside an answer.
"""
LOOKED_THROUGH = frozenset({"properties", "input"})
"""Names of that kind under which a model may also put its whole answer."""
IDS = tuple("id word key term headword lemma name word_id entry title token expression phrase".split())
_TEXTS = tuple(
    "text word headword term name sentence example value definition lemma expression phrase".split()
)


def name_of(name: str) -> str:
    """A field's name in our writing: "wordList", "Word-List" and "word list" are "word_list"."""
    return re.sub(r"[^a-z]+", "_", CAMEL_CASE.sub("_", name[:50]).casefold()).strip("_")


def named(value: Mapping[Any, Any]) -> dict[str, Any]:
    """An object's fields by their names in our writing; numbered ones, "example1" and "example2", as a list
    under their common name.
    """
    fields: dict[str, Any] = {}
    numbered: dict[str, list[Any]] = {}
    for given, part in value.items():
        if not isinstance(given, str):
            continue
        name = name_of(given)
        if name and any(map(str.isdigit, given)):
            numbered.setdefault(name, []).append(part)
        else:
            fields[name] = part
    for name, parts in numbered.items():
        fields.setdefault(name, parts if len(parts) > 1 else parts[0])
    return fields


def texts(value: Any, *, separated: bool = False) -> list[str]:  # noqa: ANN401  any JSON
    """The texts of a value that may be one text, an object with it, or a list of either."""
    if isinstance(value, str):
        return re.split("[,;\n]", value) if separated else [value]
    if isinstance(value, dict):
        fields = named(value)
        own = [part for part in (fields.get(name) for name in _TEXTS) if isinstance(part, str)][:1]
        return own or [part for part in value.values() if isinstance(part, str)][:MOST_TEXTS]
    if not isinstance(value, list):
        return []
    found = (texts(part)[:1] if isinstance(part, dict) else [part] for part in value[:MOST_TEXTS])
    return [text for part in found for text in part if isinstance(text, str)]


def in_text(text: str) -> tuple[Any, ...]:
    """The JSON in a text that begins with it."""
    return _read(text) if text.lstrip()[:1] in {"{", "["} else ()


@lru_cache(maxsize=16)  # a damaged one takes long, and is looked at more than once
def _read(text: str) -> tuple[Any, ...]:
    return answers.read_answer(text).values


def wrapped(value: Any, depth: int = 0) -> Iterator[Any]:  # noqa: ANN401  any JSON
    """The objects and lists inside a value, whatever they are called, and those in its JSON texts; the
    innermost first. What a schema or a tool's call holds is looked through: there may be items in it.
    """
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        for inner in in_text(value):
            yield from wrapped(inner, depth + 1)
            yield inner
        return
    inside = value if isinstance(value, list) else ()
    if isinstance(value, dict):
        inside = [
            part for name, part in value.items() if name_of(str(name)) not in NOT_MEANT - LOOKED_THROUGH
        ]
    for part in inside[:MOST_TEXTS]:
        if isinstance(part, dict | list | str):
            yield from wrapped(part, depth + 1)
            if not isinstance(part, str):
                yield part
