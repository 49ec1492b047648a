"""A model's answers as drafts, item by item: each word stands or falls alone.

Without a strict schema, models choose other names for the same fields, key the items by word, or send the
bare list. What is meant without doubt is taken; what is not, is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from flows.boundary import answers, terms
from flows.boundary.text import clean_text
from flows.core.prompts import Task
from flows.core.words import word_key
from flows.knowledge import Deepening, DefinitionDraft, Enrichment
from flows.models.base import MOST_WORDS, WORD_CHARACTERS
from flows.models.chat.names import IDS, LISTS, name_of, named, texts, wrapped
from flows.models.chat.schemas import ITEMS, DeepenedWord, DefinedWord, EnrichedWord

AnswerItem = DefinedWord | EnrichedWord | DeepenedWord

_NAMES: Mapping[str, Sequence[str]] = {
    "text": ("text", "definition", "explanation", "meaning", "gloss", "description"),
    "pos": ("pos", "part_of_speech", "partofspeech", "word_class", "type"),
    "related": ("related", "related_words", "related_concepts", "related_terms", "relatedwords", "synonyms"),
    "examples": ("examples", "example", "example_sentences", "sentences", "example_sentence"),
    "category": ("category", "categories", "domain", "semantic_field", "field"),
    "uses": ("uses", "applications", "use", "usage"),
    "myths": ("myths", "misconceptions", "common_misconceptions", "misconception"),
}
_DEEP_TEXT = ("text", "explanation", "description", "definition", "meaning")
"""A deeper text is no definition, which models may repeat beside it."""
_FIELDS: Mapping[Task, Sequence[str]] = {
    "define": ("text", "pos"),
    "enrich": ("related", "examples", "category"),
    "deepen": ("text", "uses", "myths"),
}
_TELLING: Mapping[str, frozenset[str]] = {
    "text": frozenset("definition definitions explanation meaning meanings gloss".split()),
    "pos": frozenset({"pos", "speech"}),
    "related": frozenset({"related", "synonyms"}),
    "examples": frozenset({"example", "examples", "sentences"}),
    "category": frozenset({"category", "categories"}),
    "uses": frozenset({"uses", "applications"}),
    "myths": frozenset({"myths", "misconceptions"}),
}
"""Words of a longer name that tell which field is meant, as in "short_definition"."""
_AROUND = re.compile(r"(?i)\A(?:the|an?|to)\s+|\s*[(\[].*\Z")
_SENSES = ("senses", "meanings", "definitions")


@dataclass(frozen=True)
class _Items:
    """Some items of an answer with the words that it disputes; `is_whole` says that none is missing."""

    items: Sequence[Any]
    is_whole: bool
    disputed: frozenset[str] = frozenset()


def read_items(task: Task, text: str, keys: Sequence[str]) -> tuple[dict[str, Any], bool]:
    """The usable drafts of an answer by word key, and whether the answer was complete.

    An item counts if it has the right fields and names one of the keys; if a key comes twice with different
    words, neither counts, since one of them belongs to another word. From a text that was cut off, the items
    before the cut are read.
    """
    wanted = frozenset(keys)
    best = _best(task, answers.read_answer(text), wanted)
    for answer in answers.other_readings(text):
        if best.named >= len(wanted):
            break
        best = max(best, _best(task, answer, wanted), key=lambda found: found.named)
    return best.drafts, best.is_whole


@dataclass(frozen=True)
class _Found:
    drafts: dict[str, Any]
    named: int = -1
    is_whole: bool = False


def _best(task: Task, answer: answers.Answer, wanted: frozenset[str]) -> _Found:
    """The drafts of the part of an answer that names the most wanted keys."""
    best = _Found({})
    for part in _parts(answer, wanted):
        drafts, named = _drafts(task, part, wanted)
        if named >= best.named:
            best = _Found(drafts, named, part.is_whole)
    return best


def _drafts(task: Task, part: _Items, wanted: frozenset[str]) -> tuple[dict[str, Any], int]:
    """The drafts of some items, and how many of these name a wanted key."""
    found: dict[str, AnswerItem] = {}
    doubtful: set[str] = set()
    for fields in islice(_fields(part.items), MOST_WORDS):
        key = _key(fields, wanted)
        made = _item(task, key, fields) if key else None
        if made is not None and found.setdefault(key, made) != made:
            doubtful.add(key)
    drafts = {key: _draft(made, key in part.disputed) for key, made in found.items() if key not in doubtful}
    return drafts, len(found)


def _fields(items: Iterable[Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """The named fields of each item, out of lists in the list and of objects that hold one item each."""
    for raw in items:
        if isinstance(raw, list) and depth == 0:
            yield from _fields(raw, depth + 1)
        elif isinstance(raw, dict):
            fields = named(raw)
            if len(raw) == 1 and isinstance(inner := next(iter(raw.values())), dict):
                name = next(iter(raw))
                fields = named(inner) if name_of(name) in IDS else {"id": name, **named(inner)}
            for name in _SENSES:
                senses = fields.get(name)
                if isinstance(senses, list) and senses and isinstance(senses[0], dict):
                    fields = named(senses[0]) | {n: v for n, v in fields.items() if n != name}
            yield fields


def _item(task: Task, key: str, fields: Mapping[str, Any]) -> AnswerItem | None:
    values: dict[str, Any] = {"id": key}
    for field in _FIELDS[task]:
        name = _name_in(fields, field, task)
        value = fields.get(name)
        if field in {"text", "pos", "category"}:
            text = next(iter(texts(value)), "")
            if field == "text":
                values[field] = clean_text(text, keep_lines=task == "deepen")
            else:
                values[field] = (terms.part_of_speech if field == "pos" else terms.category)(text)
        elif name:
            values[field] = [
                word for part in texts(value, separated=field == "related") if (word := clean_text(part))
            ]
    try:
        return ITEMS[task].model_validate(values)
    except ValidationError:
        return None


def _name_in(fields: Mapping[str, Any], field: str, task: Task) -> str:
    """Under which name a field stands, a filled one first; nothing if it is not there."""
    names = _DEEP_TEXT if (task, field) == ("deepen", "text") else _NAMES[field]
    telling = [name for name in fields if not _TELLING[field].isdisjoint(name.split("_"))]
    there = [name for name in (*names, *telling) if name in fields]
    return next((name for name in there if fields[name] not in (None, "")), there[0] if there else "")


def _parts(answer: answers.Answer, wanted: frozenset[str]) -> Iterator[_Items]:
    """The places in an answer where its items may stand, the less likely ones first."""
    is_broken = bool(answer.inside or answer.closed)
    for value in (*answer.values, *answer.inside):
        for inner in wrapped(value):
            yield _Items(_listed(inner), not is_broken, _disputed(inner))
            if isinstance(inner, dict):
                yield _Items([inner], not is_broken, _disputed(inner))
                for part, holder in _containers(inner):
                    yield _Items(_listed(part), True, _disputed(holder))
    lone = [value for value in (*answer.values, *answer.inside) if isinstance(value, dict)]
    yield _Items(lone, is_whole=not is_broken and any(_key(named(value), wanted) for value in lone))
    for value in answer.closed:
        for part, _ in _containers(value):
            yield _Items(_listed(part)[: -1 if isinstance(part, dict) else None], is_whole=False)
    for value in (*answer.values, *answer.inside):
        if isinstance(value, list):
            yield _Items(value, is_whole=not is_broken and bool(value))
        else:
            yield _Items(_listed(value), is_whole=not is_broken and any(word_key(k) in wanted for k in value))
        for part, holder in _containers(value):
            yield _Items(_listed(part), True, _disputed(value) | _disputed(holder))


def _containers(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  any JSON
    """The lists or objects under a name for the list of words, each with the object that holds it."""
    if isinstance(value, dict):
        fields = named(value)
        for name in reversed(LISTS):
            if isinstance(inner := fields.get(name), list | dict):
                if depth < 2:
                    yield from _containers(inner, depth + 1)
                yield inner, value


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  any JSON
    """Items in a list, or in an object by their words."""
    if isinstance(value, list):
        return value
    return [{"id": key, **part} for key, part in value.items() if isinstance(part, dict)]


def _key(fields: Mapping[str, Any], wanted: frozenset[str]) -> str:
    """The wanted key that an item names, or nothing."""
    names = (text for name in IDS if name in fields for text in texts(fields[name])[:1])
    given = [clean_text(name, limit=WORD_CHARACTERS) for name in names]
    keys = (word_key(form(name)) for form in (str, terms.headword, _bare) for name in given)
    return next((key for key in keys if key in wanted), "")


def _bare(name: str) -> str:
    """A word without what is said of it in brackets, and without "the" or "to" before it."""
    return _AROUND.sub("", terms.headword(name))


def _disputed(value: Any) -> frozenset[str]:  # noqa: ANN401  any JSON
    """The words under "conflicts", in a list, a text or an object by their words."""
    told = named(value).get("conflicts") if isinstance(value, dict) else None
    if isinstance(told, list):
        told = [
            next((part[name] for name in IDS if name in part), part) if isinstance(part, dict) else part
            for part in told
        ]
    names = list(told) if isinstance(told, dict) else [*texts(told), *texts(told, separated=True)]
    given = [clean_text(text, limit=WORD_CHARACTERS) for text in names[:MOST_WORDS] if isinstance(text, str)]
    return frozenset(word_key(form(text)) for text in given for form in (str, terms.headword))


def _draft(item: AnswerItem, is_contradicted: bool) -> DefinitionDraft | Enrichment | Deepening:
    if isinstance(item, DefinedWord):
        return DefinitionDraft(text=item.text, part_of_speech=item.pos, is_contradicted=is_contradicted)
    if isinstance(item, EnrichedWord):
        return Enrichment(related_concepts=item.related, examples=item.examples, category=item.category.value)
    return Deepening(explanation=item.text, applications=item.uses, misconceptions=item.myths)
