"""A model's answers as drafts, item by item: each word stands or falls alone.

Without a strict schema, models choose other names for the same fields, key the items by word, or send the
bare list. What is meant without doubt is taken; what is not, is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from flows.boundary import answers, terms
from flows.boundary.text import clean
from flows.core.prompts import Task
from flows.core.words import word_key
from flows.knowledge import Deepening, DefinitionDraft, Enrichment
from flows.models.chat.schemas import ITEMS, DeepenedWord, DefinedWord, EnrichedWord

Item = DefinedWord | EnrichedWord | DeepenedWord

MOST_WORDS = 1_000
"""Most words read of one proposal, and most items of one answer."""
WORD_CHARACTERS = 200

_WORD_LISTS = ("words", "word_list", "wordlist", "headwords", "vocabulary", "terms", "items", "entries")
_LISTS = (
    *_WORD_LISTS,
    "results",
    "list",
    "answers",
    "definitions",
    "data",
    "output",
    "result",
    "response",
    "answer",
)
_OURS = frozenset({"avoid", "cells", "count", "topic", "task", "conflicts", "required", "enum", "type"})
"""What our requests and their schemas hold, for models that repeat them."""
_IDS = ("id", "word", "key", "term", "headword", "lemma", "name")
_NAMES: Mapping[str, Sequence[str]] = {
    "text": ("text", "definition", "explanation", "meaning", "gloss", "description"),
    "pos": ("pos", "part_of_speech", "partofspeech", "word_class", "type"),
    "related": ("related", "related_words", "related_concepts", "related_terms", "relatedwords", "synonyms"),
    "examples": ("examples", "example", "example_sentences", "sentences", "example_sentence"),
    "category": ("category", "categories", "domain", "semantic_field", "field"),
    "uses": ("uses", "applications", "use", "usage"),
    "myths": ("myths", "misconceptions", "common_misconceptions", "misconception"),
}
_FIELDS: Mapping[Task, Sequence[str]] = {
    "define": ("text", "pos"),
    "enrich": ("related", "examples", "category"),
    "deepen": ("text", "uses", "myths"),
}
_TEXTS = ("text", "word", "term", "name", "sentence", "example", "value")
_LISTED = re.compile(r"^\s*(?:\d{1,4}[.)]|[-*•])\s+(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class _Items:
    """Some items of an answer with the words that it disputes; `is_whole` says that none is missing."""

    items: Sequence[Any]
    is_whole: bool
    disputed: frozenset[str] = frozenset()


def read_proposals(text: str) -> tuple[str, ...]:
    """The words of a `propose` answer; if it was cut off, those before the cut.

    Raises ValueError if there is no list of words.
    """
    answer = answers.read(text)
    objects = [value for value in answer.inside if isinstance(value, dict)]
    for values in (answer.values, objects, answer.closed, answer.inside):
        found = [words for value in values if (words := _word_list(value)) is not None]
        if found:
            return max(reversed(found), key=len)[:MOST_WORDS]
    if not answer.inside and not answer.closed and len(lines := _LISTED.findall(text)) > 1:
        return tuple(filter(None, map(_word, lines)))[:MOST_WORDS]
    raise ValueError("contains no list")


def read_items(task: Task, text: str, keys: Sequence[str]) -> tuple[dict[str, Any], bool]:
    """The usable drafts of an answer by word key, and whether the answer was complete.

    An item counts if it has the right fields and names one of the keys; if a key comes twice with different
    words, neither counts, since one of them belongs to another word. From a text that was cut off, the items
    before the cut are read.
    """
    wanted, best, most, is_whole = frozenset(keys), dict[str, Any](), -1, False
    for part in _parts(answers.read(text), wanted):
        drafts, named = _drafts(task, part, wanted)
        if named >= most:
            best, most, is_whole = drafts, named, part.is_whole
    return best, is_whole


def _drafts(task: Task, part: _Items, wanted: frozenset[str]) -> tuple[dict[str, Any], int]:
    """The drafts of some items, and how many of these name a wanted key."""
    found: dict[str, Item] = {}
    doubtful: set[str] = set()
    for raw in part.items[:MOST_WORDS]:
        if not isinstance(raw, dict):
            continue
        fields = {_name(name): value for name, value in raw.items() if isinstance(name, str)}
        key = _key(fields, wanted)
        made = _item(task, key, fields) if key else None
        if made is not None and found.setdefault(key, made) != made:
            doubtful.add(key)
    drafts = {key: _draft(made, key in part.disputed) for key, made in found.items() if key not in doubtful}
    return drafts, len(found)


def _item(task: Task, key: str, fields: Mapping[str, Any]) -> Item | None:
    values: dict[str, Any] = {"id": key}
    for field in _FIELDS[task]:
        value = next((fields[name] for name in _NAMES[field] if fields.get(name) not in (None, "")), None)
        if field in {"text", "pos", "category"}:
            text = next(iter(_texts(value)), "")
            if field == "text":
                values[field] = clean(text, keep_lines=task == "deepen")
            else:
                values[field] = (terms.part_of_speech if field == "pos" else terms.category)(text)
        elif value is not None or any(name in fields for name in _NAMES[field]):
            values[field] = [
                word for part in _texts(value, separated=field == "related") if (word := clean(part))
            ]
    try:
        return ITEMS[task].model_validate(values)
    except ValidationError:
        return None


def _texts(value: Any, *, separated: bool = False) -> list[str]:  # noqa: ANN401  any JSON
    """The texts of a value that may be one text, a list of them, or a list of objects that hold them."""
    if isinstance(value, str):
        return re.split("[,;\n]", value) if separated else [value]
    if not isinstance(value, list):
        return []
    found = (
        next((part[name] for name in _TEXTS if isinstance(part.get(name), str)), None)
        if isinstance(part, dict)
        else part
        for part in value[:MOST_WORDS]
    )
    return [text for text in found if isinstance(text, str)]


def _parts(answer: answers.Answer, wanted: frozenset[str]) -> Iterator[_Items]:
    """The places in an answer where its items may stand, the less likely ones first."""
    is_broken = bool(answer.inside or answer.closed)
    lone = [value for value in (*answer.values, *answer.inside) if isinstance(value, dict)]
    yield _Items(lone, is_whole=not is_broken and any(_key(_named(value), wanted) for value in lone))
    for value in answer.closed:
        for named in _containers(value):
            yield _Items(_listed(named)[: -1 if isinstance(named, dict) else None], is_whole=False)
    for value in (*answer.values, *answer.inside):
        if isinstance(value, list):
            yield _Items(value, is_whole=not is_broken and bool(value))
        else:
            yield _Items(_listed(value), is_whole=not is_broken and any(word_key(k) in wanted for k in value))
        for named in _containers(value):
            yield _Items(_listed(named), True, _disputed(value))


def _containers(value: Any, depth: int = 0) -> Iterator[Any]:  # noqa: ANN401  any JSON
    """The lists or objects under a name for the list of words."""
    if isinstance(value, dict):
        fields = _named(value)
        for name in reversed(_LISTS):
            if isinstance(inner := fields.get(name), list | dict):
                if depth < 2:
                    yield from _containers(inner, depth + 1)
                yield inner


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  any JSON
    """Items in a list, or in an object by their words."""
    if isinstance(value, list):
        return value
    return [{"id": key, **part} for key, part in value.items() if isinstance(part, dict)]


def _named(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {_name(name): part for name, part in value.items() if isinstance(name, str)}


def _name(name: str) -> str:
    return re.sub(r"[^a-z]+", "_", name[:50].casefold()).strip("_")


def _key(fields: Mapping[str, Any], wanted: frozenset[str]) -> str:
    """The wanted key that an item names, or nothing."""
    names = (fields.get(name) for name in _IDS)
    given = [clean(name, limit=WORD_CHARACTERS) for name in names if isinstance(name, str)]
    keys = (word_key(form(name)) for form in (str, terms.headword) for name in given)
    return next((key for key in keys if key in wanted), "")


def _disputed(value: Mapping[Any, Any] | Sequence[Any]) -> frozenset[str]:
    named = _named(value).get("conflicts") if isinstance(value, dict) else None
    texts = [clean(text, limit=WORD_CHARACTERS) for text in _texts(named)]
    return frozenset(word_key(form(text)) for text in texts for form in (str, terms.headword))


def _word_list(value: Any, depth: int = 0) -> tuple[str, ...] | None:  # noqa: ANN401  any JSON
    """The words under a name for their list, in a bare list, or in lists by kind."""
    if isinstance(value, list):
        return tuple(filter(None, map(_word, _texts(value))))
    if not isinstance(value, dict) or depth > 2:
        return None
    fields = _named(value)
    for name in _LISTS:
        inner = fields.get(name)
        if isinstance(inner, str) and name in _WORD_LISTS:
            return tuple(filter(None, map(_word, _texts(inner, separated=True))))
        if (words := _word_list(inner, depth + 1)) is not None:
            return words
    lists = [part for name, part in fields.items() if name not in _OURS and isinstance(part, list)]
    return tuple(filter(None, map(_word, _texts([t for part in lists for t in part])))) if lists else None


def _word(text: str) -> str:
    return terms.headword(clean(text, limit=WORD_CHARACTERS))


def _draft(item: Item, is_contradicted: bool) -> DefinitionDraft | Enrichment | Deepening:
    if isinstance(item, DefinedWord):
        return DefinitionDraft(text=item.text, part_of_speech=item.pos, is_contradicted=is_contradicted)
    if isinstance(item, EnrichedWord):
        return Enrichment(related_concepts=item.related, examples=item.examples, category=item.category.value)
    return Deepening(explanation=item.text, applications=item.uses, misconceptions=item.myths)
