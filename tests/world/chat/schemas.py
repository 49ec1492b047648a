"""The rules that a strict JSON schema must keep, and how Groq tells that one is broken
(shared/facts/providers.md, 1.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
KEYWORDS = frozenset(
    {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "anyOf",
        "$ref",
        "$defs",
        "title",
        "description",
    }
)


@dataclass(frozen=True)
class Problem:
    """`path` leads to the part of the schema, such as /properties/x; `code` is there for the few rules that
    have one.
    """

    path: str
    text: str
    code: str | None = None


def problem(schema: Any) -> Problem | None:
    """The first rule that a strict schema breaks."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return Problem(
            "",
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top"
            " level",
        )
    return next(_problems(schema, schema, ""), None)


def _problems(schema: Any, root: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not isinstance(schema, dict):
        yield Problem(path, "schema must be an object")
        return
    for keyword in schema:
        if keyword not in KEYWORDS:
            yield Problem(path, f"{keyword} is not supported")
    if "$ref" in schema and not _leads_somewhere(schema["$ref"], root):
        yield Problem(path, f"$ref {schema['$ref']!r} cannot be resolved")
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in TYPES:
            yield Problem(f"{path}/type", f"{kind!r} is not a supported type")
    if not {"type", "anyOf", "$ref", "enum", "const"} & set(schema):
        yield Problem(path, "schema must have a 'type' key")
    if kinds == "object" or "properties" in schema:
        yield from _of_object(schema, path)
    if (kinds == "array" or (isinstance(kinds, list) and "array" in kinds)) and "items" not in schema:
        yield Problem(path, "array schema missing items")
    if "anyOf" in schema:
        yield from _of_choice(schema["anyOf"], f"{path}/anyOf")
        for at, choice in enumerate(schema["anyOf"]):
            yield from _problems(choice, root, f"{path}/anyOf/{at}")
    if "items" in schema:
        yield from _problems(schema["items"], root, f"{path}/items")
    for group in ("properties", "$defs"):
        for name, inner in schema.get(group, {}).items():
            yield from _problems(inner, root, f"{path}/{group}/{name}")


def _of_object(schema: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if schema.get("additionalProperties") is not False:
        yield Problem(path, "additionalProperties:false must be set on every object")
    names, required = list(schema.get("properties", {})), schema.get("required", [])
    missing = [name for name in names if name not in required]
    unknown = [name for name in required if name not in names]
    if missing:
        yield Problem(
            f"{path}/required",
            "'required' is required to be supplied and to be an array including every key in properties."
            f" Missing '{missing[0]}'",
        )
    if unknown:
        yield Problem(f"{path}/required", f"'{unknown[0]}' is not among the properties")


def _of_choice(choices: Any, path: str) -> Iterator[Problem]:
    objects = [
        set(choice.get("properties", {}))
        for choice in choices
        if isinstance(choice, dict) and choice.get("type") == "object"
    ]
    for at, one in enumerate(objects):
        if any(one & other for other in objects[:at]):
            yield Problem(
                path, "objects within anyOf must not share required keys", "keyset_required_overlap"
            )


def _leads_somewhere(reference: Any, root: Mapping[str, Any]) -> bool:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return False
    target: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            if not isinstance(target, dict) or part not in target:
                return False
            target = target[part]
    return True
