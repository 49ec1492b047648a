"""The shapes of Groq's answers, as the strict schemas that are sent.

Groq's strict mode requires every property to be required and no others to be allowed, and rejects bounds
(https://console.groq.com/docs/structured-outputs). We check bounds ourselves, and the whole answer too:
strict mode is no guarantee (see `reading`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from flows.core.prompts import Task
from flows.knowledge import Category
from flows.knowledge.base import PartOfSpeech

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
MOST_PARTS = 20
"""Most related words, examples or points read of one item; our rules keep fewer."""


def _bounded(value: Any) -> Any:  # noqa: ANN401  whatever is validated
    return value[:MOST_PARTS] if isinstance(value, list) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_bounded)]


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DefinedWord(_Item):
    """One word of a `define` answer."""

    id: Filled
    text: Filled
    pos: PartOfSpeech


class EnrichedWord(_Item):
    """One word of an `enrich` answer."""

    id: Filled
    related: Texts
    examples: Texts
    category: Category


class DeepenedWord(_Item):
    """One word of a `deepen` answer."""

    id: Filled
    text: Filled
    uses: Texts
    myths: Texts


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
ITEMS: Mapping[Task, type[DefinedWord | EnrichedWord | DeepenedWord]] = {
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
