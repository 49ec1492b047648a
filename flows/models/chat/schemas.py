"""The shapes of Groq's answers: the strict schemas that are sent, and the item-by-item parsing of the
answers.

Groq's strict mode requires every property to be required and no others to be allowed, and rejects bounds
(https://console.groq.com/docs/structured-outputs). We check bounds ourselves, and the whole answer too:
strict mode is no guarantee. Without a strict schema, models sometimes choose a longer field name, which is
accepted too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from flows.core.prompts import Task
from flows.core.words import word_key
from flows.knowledge import Category, Deepening, DefinitionDraft, Enrichment
from flows.knowledge.base import PartOfSpeech

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Draft = TypeVar("Draft")


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DefinedWord(_Item):
    """One word of a `define` answer."""

    id: Filled
    text: Filled = Field(validation_alias=AliasChoices("text", "definition"))
    pos: PartOfSpeech = Field(validation_alias=AliasChoices("pos", "part_of_speech"))


class EnrichedWord(_Item):
    """One word of an `enrich` answer."""

    id: Filled
    related: tuple[str, ...] = Field(max_length=20)
    examples: tuple[str, ...] = Field(max_length=20)
    category: Category


class DeepenedWord(_Item):
    """One word of a `deepen` answer."""

    id: Filled
    text: Filled = Field(validation_alias=AliasChoices("text", "explanation"))
    uses: tuple[str, ...] = Field(max_length=20, validation_alias=AliasChoices("uses", "applications"))
    myths: tuple[str, ...] = Field(max_length=20, validation_alias=AliasChoices("myths", "misconceptions"))


class ProposedWords(_Item):
    """A whole `propose` answer."""

    words: tuple[str, ...]


class DefinedWords(_Item):
    """A whole `define` answer."""

    words: tuple[DefinedWord, ...]
    conflicts: tuple[str, ...]


class EnrichedWords(_Item):
    """A whole `enrich` answer."""

    words: tuple[EnrichedWord, ...]


class DeepenedWords(_Item):
    """A whole `deepen` answer."""

    words: tuple[DeepenedWord, ...]


_ANSWERS: Mapping[Task, type[_Item]] = {
    "propose": ProposedWords,
    "define": DefinedWords,
    "enrich": EnrichedWords,
    "deepen": DeepenedWords,
}
_ITEMS: Mapping[Task, type[DefinedWord | EnrichedWord | DeepenedWord]] = {
    "define": DefinedWord,
    "enrich": EnrichedWord,
    "deepen": DeepenedWord,
}
_UNSUPPORTED = frozenset(
    re.findall(
        r"\w+",
        "title description default minItems maxItems minLength maxLength minimum maximum pattern format"
        " uniqueItems prefixItems",
    )
)
_OBJECT = re.compile(r'\{\s*"')


def strictify(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A pydantic schema as strict mode requires: references inlined, everything required, no additional
    properties, no bounds.
    """
    definitions = schema.get("$defs", {})

    def strict(node: Any) -> Any:  # noqa: ANN401  any JSON
        if isinstance(node, list):
            return [strict(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return strict(definitions[node["$ref"].rpartition("/")[2]])
        if node.get("type") == "object":
            properties = {name: strict(part) for name, part in node.get("properties", {}).items()}
            return {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        return {
            name: strict(part) for name, part in node.items() if name not in _UNSUPPORTED and name != "$defs"
        }

    made: dict[str, Any] = strict(schema)
    return made


SCHEMAS: Mapping[Task, dict[str, Any]] = {
    task: strictify(answer.model_json_schema()) for task, answer in _ANSWERS.items()
}
"""The schema sent with each task."""


def read_proposals(text: str) -> tuple[str, ...]:
    """The words of a `propose` answer; if it was cut off, those before the cut.

    Raises ValueError if there is no list of words.
    """
    opening = re.search(r"\[", text)
    if opening is None:
        raise ValueError("contains no list")
    return tuple(word for word in _values(text, opening.end()) if isinstance(word, str) and word.strip())


def read_items(task: Task, text: str, keys: Sequence[str]) -> tuple[dict[str, Any], bool]:
    """The usable drafts of an answer by word key, and whether the answer was complete.

    An item counts if it has the right shape and echoes one of the keys; if a key comes twice with different
    words, neither counts, since one of them belongs to another word. From a text that was cut off, the items
    before the cut are read.
    """
    try:
        whole = json.loads(text)
    except ValueError:
        raw, conflicts, is_whole = list(_objects(text)), frozenset[str](), False
    else:
        body = whole if isinstance(whole, dict) else {}
        listed = body.get("words")
        raw, is_whole = (listed, True) if isinstance(listed, list) else ([], False)
        disputed = body.get("conflicts")
        conflicts = (
            frozenset(word_key(key) for key in disputed if isinstance(key, str))
            if isinstance(disputed, list)
            else frozenset()
        )
    found: dict[str, Any] = {}
    doubtful: set[str] = set()
    for item in raw:
        try:
            made = _ITEMS[task].model_validate(item)
        except ValidationError:
            continue
        key = word_key(made.id)
        if key in keys and found.setdefault(key, made) != made:
            doubtful.add(key)
    return {
        key: _draft(made, key in conflicts) for key, made in found.items() if key not in doubtful
    }, is_whole


def _draft(
    item: DefinedWord | EnrichedWord | DeepenedWord, is_contradicted: bool
) -> DefinitionDraft | Enrichment | Deepening:
    if isinstance(item, DefinedWord):
        return DefinitionDraft(
            text=" ".join(item.text.split()), part_of_speech=item.pos, is_contradicted=is_contradicted
        )
    if isinstance(item, EnrichedWord):
        return Enrichment(related_concepts=item.related, examples=item.examples, category=item.category.value)
    return Deepening(explanation=item.text, applications=item.uses, misconceptions=item.myths)


def _objects(text: str) -> Iterator[Any]:
    """The complete JSON objects in a broken text, without their enclosing ones."""
    decoder, at = json.JSONDecoder(), 0
    while (opening := _OBJECT.search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, opening.start())
        except ValueError:
            at = opening.start() + 1
        else:
            yield value


def _values(text: str, at: int) -> Iterator[Any]:
    """The values of a list that starts at a position, until its end or the cut."""
    decoder = json.JSONDecoder()
    while (start := re.compile(r"[\s,]*").match(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, start.end())
        except ValueError:
            return
        yield value
