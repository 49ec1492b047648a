"""One item of an answer, out of the fields that a model gave it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from flows.boundary import prose, terms, thoughts
from flows.boundary.text import clean_text
from flows.core.prompts import Task
from flows.models.chat.names import DEEPEST, MOST_TEXTS, name_of, named, texts
from flows.models.chat.schemas import ITEMS, DeepenedWord, DefinedWord, EnrichedWord

AnswerItem = DefinedWord | EnrichedWord | DeepenedWord

_NAMES: Mapping[str, Sequence[str]] = {
    "text": (
        *("text", "definition", "explanation", "meaning", "gloss", "description", "def", "summary"),
        *("content", "sense", "value"),
    ),
    "pos": (
        *("pos", "part_of_speech", "partofspeech", "word_class", "lexical_category", "word_type"),
        *("grammatical_category", "type"),
    ),
    "related": (
        *("related", "related_words", "related_concepts", "related_terms", "relatedwords", "synonyms"),
        *("associations", "relations", "see_also", "similar"),
    ),
    "examples": (
        *("examples", "example", "example_sentences", "sentences", "example_sentence", "samples"),
        *("usages", "sentence"),
    ),
    "category": (
        "category",
        "categories",
        "domain",
        "semantic_field",
        "field",
        "supersense",
        "topic",
        "class",
    ),
    "uses": ("uses", "applications", "use", "usage"),
    "myths": ("myths", "misconceptions", "common_misconceptions", "misconception", "misunderstandings"),
}
_DEEP_TEXT = (
    *("text", "explanation", "description", "definition", "meaning", "body", "content", "details"),
    *("summary", "overview"),
)
"""A deeper text is no definition, which models may repeat beside it."""
_FIELDS: Mapping[Task, Sequence[str]] = {
    "define": ("text", "pos"),
    "enrich": ("related", "examples", "category"),
    "deepen": ("text", "uses", "myths"),
}
_TELLING: Mapping[str, frozenset[str]] = {
    "text": frozenset("definition definitions explanation meaning meanings gloss summary".split()),
    "pos": frozenset({"pos", "speech"}),
    "related": frozenset({"related", "synonyms", "associated", "similar"}),
    "examples": frozenset({"example", "examples", "sentence", "sentences"}),
    "category": frozenset({"category", "categories"}),
    "uses": frozenset({"uses", "use", "used", "applications"}),
    "myths": frozenset({"myths", "misconceptions", "beliefs"}),
}
"""Words of a longer name that tell which field is meant, as in "short_definition"."""
_NOT_TELLING = frozenset({"lexical_category", "grammatical_category"})
_TARGETS = tuple(
    "target word text related related_word concept term headword name lemma to label title value id".split()
)
"""The names under which an object about a related word has the word itself."""
_RELATIONS = frozenset(
    "synonym antonym hypernym hyponym meronym holonym troponym entailment cause part whole kind broader"
    " narrower related similar opposite other derived associated association coordinate see_also".split()
)
_ABOUT = frozenset("id number no index type kind relation source lang language pos score".split())
"""Names of what an object says beside its point."""
_SENTENCE_ENDS = (".", "!", "?", "…", ":", ";")
_LABEL_WORDS = 4


def item_of(task: Task, key: str, fields: Mapping[str, Any]) -> AnswerItem | None:
    """The item about a key that these fields make; None if one is missing or invalid."""
    values: dict[str, Any] = {"id": key}
    for field in _FIELDS[task]:
        name = _name_in(fields, field, task)
        value = fields.get(name)
        if field == "text":
            values[field] = _text(value, key, is_long=task == "deepen")
        elif field in {"pos", "category"}:
            text = next(iter(texts(value)), "")
            values[field] = (terms.word_class if field == "pos" else terms.category)(text)
        elif name:
            values[field] = _LISTED[field](value, key)
    try:
        return ITEMS[task].model_validate(values)
    except ValidationError:
        return None


def is_about_a_word(fields: Mapping[str, Any]) -> bool:
    """Whether fields are those of an item."""
    return any(name in fields for field in ("text", "related", "uses") for name in _NAMES[field])


def _name_in(fields: Mapping[str, Any], field: str, task: Task) -> str:
    """The name under which a field is given, preferring one with a value; empty if the field is missing."""
    names = _DEEP_TEXT if (task, field) == ("deepen", "text") else _NAMES[field]
    telling = [
        name
        for name in fields
        if not _TELLING[field].isdisjoint(name.split("_")) and name not in _NOT_TELLING
    ]
    there = [name for name in (*names, *telling) if name in fields]
    return next((name for name in there if fields[name] not in (None, "")), there[0] if there else "")


def _text(value: Any, key: str, *, is_long: bool) -> str:  # noqa: ANN401  any JSON
    """A text: the first of several definitions, but all paragraphs of a longer text."""
    if not is_long:
        return prose.undressed(clean_text(next(iter(texts(value)), "")), key)
    parts = texts(value) if not isinstance(value, list) else [t for part in value for t in texts(part)]
    return "\n\n".join(prose.undressed(clean_text(part, keep_lines=True), key) for part in parts)


def _related(value: Any, _key: str) -> list[str]:  # noqa: ANN401  any JSON
    words = [terms.headword(clean_text(thoughts.without_thoughts(word))) for word in _targets(value)]
    return terms.without_placeholders([word for word in words if word])


def _targets(value: Any, depth: int = 0) -> Iterator[str]:  # noqa: ANN401  any JSON
    """The related words in a text, a list or an object: under their own name, by relation, or as the object's
    own names.
    """
    if isinstance(value, str):
        yield from re.split("[,;\n•]", value) if depth == 0 else (value,)
    elif isinstance(value, list) and depth <= DEEPEST:
        if len(value) == 1 and isinstance(value[0], str):
            yield from _targets(value[0], depth)
            return
        for part in value[:MOST_TEXTS]:
            inner = part[:1] if isinstance(part, list) and all(isinstance(p, str) for p in part) else part
            yield from _targets(inner, depth + 1)
    elif isinstance(value, dict) and depth <= DEEPEST:
        fields = named(value)
        own = next((fields[name] for name in _TARGETS if isinstance(fields.get(name), str)), None)
        if own is not None:
            yield own
        elif all(_is_relation(name) for name in fields):
            for part in value.values():
                yield from _targets(part, depth)
        else:
            yield from (name for name in value if name_of(name) not in _ABOUT)


def _is_relation(name: str) -> bool:
    """Whether a normalised name is a relation, such as "hypernyms", or only a number."""
    return not name or not _RELATIONS.isdisjoint(word.removesuffix("s") for word in (name, *name.split("_")))


def _examples(value: Any, key: str) -> list[str]:  # noqa: ANN401  any JSON
    parts = value.splitlines() if isinstance(value, str) else list(_sentences(value))
    return _filled(prose.undressed(clean_text(part), key) for part in parts)


def _sentences(value: Any, depth: int = 0) -> Iterator[str]:  # noqa: ANN401  any JSON
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list) and depth < DEEPEST and any(isinstance(part, dict | list) for part in inner):
        for part in inner[:MOST_TEXTS]:
            yield from _sentences(part, depth + 1)
    else:
        yield from texts(value)[:1] if isinstance(value, dict) and depth else texts(value)


def _points(value: Any, _key: str) -> list[str]:  # noqa: ANN401  any JSON
    """Uses or misconceptions, each with everything said about it."""
    parts: list[Any] = []
    if isinstance(value, str):
        parts = value.splitlines()
    elif isinstance(value, list):
        parts = [_point(part) if isinstance(part, dict) else part for part in value[:MOST_TEXTS]]
    elif isinstance(value, dict):
        is_one = any(name in {"myth", "misconception", "use", "application"} for name in named(value))
        parts = [_point(value)] if is_one else _points_by_name(value)
    return _filled(prose.undressed(clean_text(part), "") for part in parts if isinstance(part, str))


def _points_by_name(value: Mapping[str, Any]) -> list[str]:
    """The points of an object: its texts, with their names if these are sentences."""
    found = []
    for name, part in value.items():
        text = _point(part) if isinstance(part, dict) else part
        if isinstance(text, str):
            found.append(_joined([name, text]) if len(name.split()) > 2 else text)
    return found


def _point(value: Mapping[str, Any]) -> str:
    """The content of an object as one text: a myth with its correction, a use with its description."""
    return _joined(
        [part for name, part in value.items() if isinstance(part, str) and name_of(name) not in _ABOUT]
    )


def _joined(parts: Sequence[str]) -> str:
    joined = ""
    for part in map(str.strip, parts):
        if joined and not joined.endswith(_SENTENCE_ENDS):
            joined += ":" if len(joined.split()) <= _LABEL_WORDS else "."
        joined = f"{joined} {part}".strip()
    return joined


def _filled(parts: Iterator[str]) -> list[str]:
    return [part for part in parts if part and not terms.is_nothing(part)]


_LISTED = {"related": _related, "examples": _examples, "uses": _points, "myths": _points}
