"""A model's answers as drafts, item by item: each word stands or falls alone.

Without a strict schema, models choose other names for the same fields, key the items by word, or send the
bare list. What is meant without doubt is taken; what is not, is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flows.boundary import answers, terms
from flows.core.prompts import Task
from flows.core.words import word_key
from flows.knowledge import Deepening, DefinitionDraft, Enrichment
from flows.models.base import MOST_WORDS
from flows.models.chat.disputes import disputed, disputed_outside
from flows.models.chat.items import AnswerItem, is_about_a_word, item_of
from flows.models.chat.names import IDS, LISTS, name_of, named, texts, wrapped
from flows.models.chat.schemas import DefinedWord, EnrichedWord
from flows.models.chat.wanted import Wanted

_SENSES = ("senses", "meanings", "definitions")
_HOLDERS = frozenset("definition entry meaning sense attributes node data details info value content".split())
"""The names under which an item may hold its fields once more."""


def read_items(task: Task, text: str, keys: Sequence[str]) -> tuple[dict[str, Any], bool]:
    """The usable drafts of an answer by word key, and whether the answer was complete.

    An item counts if it has the right fields and names one of the keys. Of several senses of a word the first
    counts; but if a key comes twice as one part of speech while another is missing, neither counts, since one
    of them may belong to that. From a text that was cut off, the items before the cut are read.
    """
    wanted = Wanted(keys)
    outside = disputed_outside(answers.answer_text(text[: answers.MAX_CHARACTERS]), wanted)
    best = _best(task, answers.read_answer(text), wanted, outside)
    for answer in answers.other_readings(text):
        if best.named >= len(wanted):
            break
        best = max(best, _best(task, answer, wanted, outside), key=lambda found: found.named)
    return best.drafts, best.is_whole


@dataclass(frozen=True)
class _Found:
    drafts: dict[str, Any]
    named: int = -1
    is_whole: bool = False


@dataclass(frozen=True)
class _Items:
    """Some items of an answer. `is_whole` says that none is missing; `value` is the index of the outermost
    value that contains them, -1 if there are several.
    """

    items: Sequence[Any]
    is_whole: bool
    value: int = -1


@dataclass
class _Read:
    """The result of reading some items: by key, the item, or None if it is in doubt."""

    part: _Items
    items: dict[str, AnswerItem | None] = field(default_factory=dict)


def _best(task: Task, answer: answers.Answer, wanted: Wanted, outside: frozenset[str]) -> _Found:
    """The drafts of an answer: from the part that names the most wanted keys, the last one of equals; then
    those found only in other parts, which belong to the same answer.
    """
    read = [_Read(part, _items(task, part.items, wanted)) for part in _parts(answer, wanted)]
    most = max((len(one.items) for one in read), default=-1)
    base = next((one for one in reversed(read) if len(one.items) == most), None)
    if base is None:
        return _Found({})
    disputes = _Disputes(answer, wanted, read)
    drafts: dict[str, Any] = {}
    taken, is_whole = set[str](), base.part.is_whole
    for one in (base, *(other for other in reversed(read) if other is not base)):
        for key, item in one.items.items():
            if key not in taken:
                taken.add(key)
                is_whole = is_whole and one.part.is_whole
                if item is not None:
                    drafts[key] = _draft(item, key in outside or disputes.about(key, one.part.value))
    return _Found(drafts, len(taken), is_whole)


class _Disputes:
    """The words that an answer disputes. A dispute in one value does not apply to a word's draft in another,
    if the first value has its own draft of the word.
    """

    def __init__(self, answer: answers.Answer, wanted: Wanted, read: Iterable[_Read]) -> None:
        broken = (*answer.inside, *answer.closed)
        values = [*answer.values, list(broken)]
        self._told = [disputed(value, wanted) for value in values]
        self._items: list[set[str]] = [set() for _ in values]
        for one in read:
            if one.part.value >= 0:
                self._items[one.part.value].update(one.items)

    def about(self, key: str, value: int) -> bool:
        """Whether a draft of the key in this value is disputed."""
        return any(
            key in told and (value in {at, -1} or key not in self._items[at])
            for at, told in enumerate(self._told)
        )


def _items(task: Task, raw: Iterable[Any], wanted: Wanted) -> dict[str, AnswerItem | None]:
    """The items for wanted keys; None for an item in doubt."""
    ranks: dict[str, int] = {}
    found: dict[str, AnswerItem] = {}
    called: dict[str, Any] = {}
    doubtful: set[str] = set()
    for fields in islice(_fields(raw, wanted), MOST_WORDS):
        key, rank = _key(fields, wanted)
        made = item_of(task, key, fields) if key else None
        if made is None:
            continue
        if key not in found or rank < ranks[key]:
            found[key], ranks[key], called[key] = made, rank, _names(fields)
            doubtful.discard(key)
        elif rank == ranks[key] and called[key] == _names(fields) and _are_rivals(found[key], made):
            doubtful.add(key)
    if len(found) == len(wanted):
        doubtful.clear()
    return {key: None if key in doubtful else made for key, made in found.items()}


def _are_rivals(one: AnswerItem, other: AnswerItem) -> bool:
    """Whether two items with one name differ and are not two parts of speech of one word."""
    if isinstance(one, DefinedWord) and isinstance(other, DefinedWord) and one.pos != other.pos:
        return False
    return one != other


def _fields(items: Iterable[Any], wanted: Wanted, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The named fields of each item, including items in nested lists and in objects that hold one
    item each.
    """
    for raw in items:
        if isinstance(raw, str) and raw.lstrip()[:1] == "{" and depth == 0:
            yield from _fields(answers.read_answer(raw).values, wanted, depth + 1)
        elif isinstance(raw, list) and depth == 0:
            yield from _fields(raw, wanted, depth + 1)
        elif isinstance(raw, dict):
            fields = named(raw)
            if len(raw) == 1 and (inner := _first(next(iter(raw.values())))) is not None:
                name = next(iter(raw))
                is_id = name_of(name) in IDS and not (
                    wanted.means(name) and not _key(named(inner), wanted)[0]
                )
                fields = named(inner) if is_id else {"id": name, **named(inner)}
            yield _opened(fields)


def _opened(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item, including those inside its first sense or repeated under one name."""
    for name in (*_SENSES, *(name for name in fields if name in _HOLDERS)):
        inner = fields.get(name)
        if isinstance(inner, list) and name in _SENSES and inner and isinstance(inner[0], dict):
            inner = inner[0]
        if isinstance(inner, dict) and is_about_a_word(named(inner)):
            fields = named(inner) | {n: v for n, v in fields.items() if n != name}
    for name, inner in fields.items():
        first = _first(inner)
        if first is not None and (part := terms.part_of_speech(name)) is not None:
            # senses by their part of speech
            return {"pos": part, **named(first), **{n: v for n, v in fields.items() if n != name}}
    return fields


def _first(value: Any) -> dict[str, Any] | None:  # noqa: ANN401  any JSON
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else None


def _key(fields: Mapping[str, Any], wanted: Wanted) -> tuple[str, int]:
    """The wanted key that an item names, and how far the item's name is from it; an empty key if it names
    none.
    """
    found = [meant for name in _names(fields) if (meant := wanted.find(name)) is not None]
    return min(found, key=lambda meant: meant[1], default=("", 0))


def _names(fields: Mapping[str, Any]) -> list[str]:
    return [text for name in IDS if name in fields for text in texts(fields[name])[:1]]


def _parts(answer: answers.Answer, wanted: Wanted) -> Iterator[_Items]:
    """The places in an answer where its items may be, less likely ones first."""
    broken = len(answer.values)
    is_broken = bool(answer.inside or answer.closed)
    outermost = [
        *((at, value) for at, value in enumerate(answer.values)),
        *((broken, value) for value in answer.inside),
    ]
    for at, value in outermost:
        for inner in wrapped(value):
            yield _Items(_listed(inner), not is_broken, at)
            if isinstance(inner, dict):
                yield _Items([inner], not is_broken, at)
                for part in _containers(inner):
                    yield _Items(_listed(part), True, at)
    lone = [value for _, value in outermost if isinstance(value, dict)]
    yield _Items(lone, is_whole=not is_broken and any(_key(named(value), wanted)[0] for value in lone))
    for value in answer.closed:
        for part in _containers(value):
            yield _Items(
                _listed(part)[: -1 if isinstance(part, dict) else None], is_whole=False, value=broken
            )
    for at, value in outermost:
        if isinstance(value, list):
            yield _Items(value, not is_broken and bool(value), at)
        else:
            is_keyed = any(word_key(name) in wanted.keys for name in value)
            yield _Items(_listed(value), not is_broken and is_keyed, at)
        for part in _containers(value):
            yield _Items(_listed(part), True, at)


def _containers(value: Any, depth: int = 0) -> Iterator[Any]:  # noqa: ANN401  any JSON
    """The lists or objects under a name for the list of words."""
    if isinstance(value, dict):
        fields = named(value)
        for name in reversed(LISTS):
            if isinstance(inner := fields.get(name), list | dict):
                if depth < 2:
                    yield from _containers(inner, depth + 1)
                yield inner


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  any JSON
    """Items in a list, or in an object keyed by word; of several senses, the first."""
    if isinstance(value, list):
        return value
    return [{"id": key, **first} for key, part in value.items() if (first := _first(part)) is not None]


def _draft(item: AnswerItem, is_contradicted: bool) -> DefinitionDraft | Enrichment | Deepening:
    if isinstance(item, DefinedWord):
        return DefinitionDraft(text=item.text, part_of_speech=item.pos, is_contradicted=is_contradicted)
    if isinstance(item, EnrichedWord):
        return Enrichment(related_concepts=item.related, examples=item.examples, category=item.category.value)
    return Deepening(explanation=item.text, applications=item.uses, misconceptions=item.myths)
