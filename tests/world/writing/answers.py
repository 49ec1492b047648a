"""Fills a request's own JSON schema with true answers, field by field, by the names of the fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.world.chat.asking import Asked
from tests.world.writing.truth import Truth

_IDS = frozenset({"id", "key", "wordid", "wordkey"})
_FIELDS: tuple[tuple[str, Callable[[Truth], Any]], ...] = (
    (r"word|lemma|headword|term", lambda t: t.word),
    (r"pos|partofspeech", lambda t: t.part_of_speech),
    (r"category|field|kindofword|topic", lambda t: t.category),
    (r"related|relatedconcepts|relatedwords|concepts", lambda t: list(t.related)),
    (r"relations|links", lambda t: [dict(relation) for relation in t.relations]),
    (r"examples|sentences|exampleSentences", lambda t: list(t.examples)),
    (r"example|sentence", lambda t: t.examples[0]),
    (r"senses|meanings", lambda t: [dict(sense) for sense in t.senses]),
    (r"explanation|details", lambda t: t.explanation),
    (r"applications|uses", lambda t: list(t.applications)),
    (r"misconceptions|myths", lambda t: list(t.misconceptions)),
    (r"synonyms", lambda t: list(t.sense.words[1:4]) if t.sense else []),
    (r"definition|text|gloss|meaning|summary|description", lambda t: t.definition),
)


class Filler:
    """Answers one request: `truths` by word, `proposed` for a request that asks for words."""

    def __init__(
        self,
        schema: Mapping[str, Any],
        asked: Asked,
        truths: Mapping[str, Truth],
        proposed: Sequence[str] = (),
    ) -> None:
        self._root = schema
        self._asked = asked
        self._truths = truths
        self._proposed = proposed

    def answer(self) -> Any:
        return self._value(self._root, "", None)

    def _value(self, schema: Mapping[str, Any], name: str, about: Truth | None) -> Any:
        schema = self._resolved(schema)
        plain = re.sub(r"[^a-z]", "", name.casefold())
        if _type(schema) == "object" and "properties" in schema:
            return {field: self._field(inner, field, about) for field, inner in schema["properties"].items()}
        if _type(schema) == "array":
            return self._items(schema, name, about)
        if about is not None:
            wanted = self._known(plain, about)
            return self._shaped(schema, wanted)
        return self._shaped(schema, None)

    def _field(self, schema: Mapping[str, Any], name: str, about: Truth | None) -> Any:
        if about is None:
            for word in self._asked.words:
                # An object with one field a word rather than a list.
                if str(word.id) == name:
                    return self._about(self._resolved(schema), word.id, self._truths[word.text])
        return self._value(schema, name, about)

    def _items(self, schema: Mapping[str, Any], name: str, about: Truth | None) -> list[Any]:
        inner = self._resolved(schema.get("items", {}))
        if about is not None:
            wanted = self._known(re.sub(r"[^a-z]", "", name.casefold()), about)
            return [self._shaped(inner, item) for item in (wanted if isinstance(wanted, list) else [])]
        if self._asked.task == "propose":
            return self._proposals(inner)
        if _type(inner) == "object":
            return [self._about(inner, word.id, self._truths[word.text]) for word in self._asked.words]
        # A list of plain values beside the items, such as the ids of words whose evidence disagrees: there
        # are none.
        return []

    def _proposals(self, inner: Mapping[str, Any]) -> list[Any]:
        if _type(inner) != "object":
            return [self._shaped(inner, word) for word in self._proposed]
        fields = inner.get("properties", {})
        if not any(_type(self._resolved(field)) == "array" for field in fields.values()):
            return [
                {name: self._shaped(self._resolved(field), word) for name, field in fields.items()}
                for word in self._proposed
            ]
        cells = self._asked.cells or (None,)
        pieces = [list(self._proposed[at :: len(cells)]) for at in range(len(cells))]
        return [
            {name: self._of_cell(self._resolved(field), name, cell, piece) for name, field in fields.items()}
            for cell, piece in zip(cells, pieces, strict=True)
        ]

    def _of_cell(self, schema: Mapping[str, Any], name: str, cell: Any, words: list[str]) -> Any:
        if _type(schema) == "array":
            return [self._shaped(self._resolved(schema["items"]), word) for word in words]
        return self._shaped(schema, cell.get(name) if isinstance(cell, dict) else cell)

    def _about(self, schema: Mapping[str, Any], id_: Any, truth: Truth) -> Any:
        fields = schema.get("properties", {})
        return {
            name: self._shaped(self._resolved(field), id_)
            if re.sub(r"[^a-z]", "", name.casefold()) in _IDS
            or (name == "word" and not _IDS.intersection(fields))
            else self._value(field, name, truth)
            for name, field in fields.items()
        }

    def _known(self, plain: str, about: Truth) -> Any:
        if plain == "text" and self._asked.task == "deepen":
            return about.explanation
        return next((tell(about) for pattern, tell in _FIELDS if re.fullmatch(pattern, plain)), None)

    def _shaped(self, schema: Mapping[str, Any], value: Any) -> Any:
        """The value in the schema's type; where there is none, the least that fits."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return next(
                (choice for choice in schema["enum"] if str(choice).casefold() == str(value).casefold()),
                schema["enum"][0],
            )
        match _type(schema):
            case "string":
                return (
                    value
                    if isinstance(value, str)
                    else ""
                    if value is None
                    else "; ".join(map(str, value))
                    if isinstance(value, list)
                    else str(value)
                )
            case "integer" | "number":
                return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
            case "boolean":
                return value is True
            case "array":
                return [
                    self._shaped(schema.get("items", {}), item)
                    for item in (value if isinstance(value, list) else [])
                ]
            case "object":
                known = value if isinstance(value, dict) else {}
                return {
                    name: self._shaped(field, known.get(name))
                    for name, field in schema.get("properties", {}).items()
                }
            case _:
                return value

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                target: Any = self._root
                for part in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
                    target = target[part] if part else target
                schema = target
            else:
                schema = next(
                    (choice for choice in schema["anyOf"] if choice.get("type") != "null"), schema["anyOf"][0]
                )
        return schema


def _type(schema: Mapping[str, Any]) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else None
