"""The shape that a request asks its answer to have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.world.chat import refusals, schemas, tokens
from tests.world.chat.models import Model
from tests.world.chat.refusals import bad_request


def read_format(
    body: Mapping[str, Any], model: Model, messages: list[Any]
) -> tuple[Mapping[str, Any] | None, bool]:
    """The schema that is asked for, and whether JSON is. Raises Refused by the documented rules."""
    given = body.get("response_format") or {"type": "text"}
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in {"text", "json_object", "json_schema"}:
        raise bad_request(
            "'response_format.type' : value is not one of the allowed values"
            " ['text','json_object','json_schema']",
            param="response_format",
        )
    if body.get("stream"):
        if kind == "json_schema":
            raise bad_request(
                "response_format `json_schema` is not supported with streaming", param="response_format"
            )
        raise bad_request("this world does not stream", param="stream")
    if kind == "json_object" and not any(
        "json" in tokens.content_text(message).casefold() for message in messages
    ):
        raise bad_request(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type"
            " 'json_object'.",
            param="response_format",
        )
    if kind != "json_schema":
        return None, kind == "json_object"
    if body.get("tools"):
        raise bad_request(
            "response_format `json_schema` cannot be combined with tool calling", param="response_format"
        )
    wrapped = given.get("json_schema")
    if (
        not isinstance(wrapped, dict)
        or not wrapped.get("name")
        or not isinstance(wrapped.get("schema"), dict)
    ):
        raise bad_request(
            "'response_format.json_schema' : 'name' and 'schema' are required", param="response_format"
        )
    if not model.has_schemas:
        raise bad_request(
            "This model does not support response format `json_schema`.", param="response_format"
        )
    if wrapped.get("strict"):
        if not model.is_strict:
            raise bad_request("This model does not support `strict` JSON schemas.", param="response_format")
        if (broken := schemas.problem(wrapped["schema"])) is not None:
            raise refusals.bad_schema(wrapped["name"], broken)
    return wrapped["schema"], True


def _list_of(**fields: Any) -> dict[str, Any]:
    item = {"type": "object", "properties": {name: {"type": "string"} for name in ("id", *fields)} | fields}
    return {"type": "object", "properties": {"words": {"type": "array", "items": item}}}


_STRING, _STRINGS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
PLAIN: dict[str, dict[str, Any]] = {
    "propose": {"type": "object", "properties": {"words": _STRINGS}},
    "define": _list_of(text=_STRING, part_of_speech=_STRING),
    "enrich": _list_of(related=_STRINGS, examples=_STRINGS, category=_STRING),
    "deepen": _list_of(explanation=_STRING, applications=_STRINGS, misconceptions=_STRINGS),
}
"""Shapes that a model would choose when no schema is given."""
