"""What the body of a refusal says, in whatever shape a provider gives it: all its causes, read once.

A gateway wraps what the provider behind it said: under `metadata.raw` as text, within its own message, as an
`innererror`, in a list of details. All of that is one refusal, and the innermost cause says most.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flows.models.chat.names import DEEPEST

MESSAGE_CHARACTERS = 500
SALVAGE_CHARACTERS = 200_000
_MOST_DETAILS = 5
_MOST_CAUSES = 12
_EMBEDDED_CHARACTERS = 20_000
_MESSAGES = ("message", "msg", "detail", "error_description", "title", "info")
_CAUSES = (
    "error",
    "errors",
    "detail",
    "details",
    "message",
    "metadata",
    "raw",
    "innererror",
    "inner_error",
    "body",
)
"""Where a cause stands, as an object, a list or a text that holds JSON."""
_CODES = ("code", "type", "status", "reason", "error_type", "error_code", "quotaId")
_STATUSES = ("code", "status", "status_code", "statusCode")
_REPEATED = re.compile(r"\s+")


@dataclass(frozen=True)
class Told:
    """A refusal. `message` is for people, empty if it has none; `said` is all its texts for patterns.

    `codes` are its codes, types and reasons in small letters, the innermost first; `places` the names of the
    parameters that it is about; `statuses` the status codes in it; `salvage` the text of the answer that the
    provider itself found malformed, None if it gives none; `wait` its advice to wait, if typed; `headers`
    those of the provider behind a gateway, in small letters.
    """

    message: str = ""
    said: str = ""
    codes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    salvage: str | None = None
    wait: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def read_body(body: Any) -> Told:  # noqa: ANN401  any JSON
    """Read a body: an object with an error, or with what an error has; a list of one; a text with JSON
    in it.
    """
    if (
        isinstance(body, str)
        and body.lstrip()[:1] not in {"<", "{", "["}
        and "{" not in body[:_EMBEDDED_CHARACTERS]
    ):
        return Told(said=_line(body, 8 * MESSAGE_CHARACTERS))
    causes = _causes(body)
    inside_out = causes[::-1]
    given = next((cause for cause in causes if "failed_generation" in cause), {})
    waits = (
        cause.get(name) for cause in causes for name in ("retryDelay", "retry_after", "retry_after_seconds")
    )
    return Told(
        message=_shown(causes),
        said=_line(" ".join(dict.fromkeys(filter(None, map(_message, causes)))), 8 * MESSAGE_CHARACTERS),
        codes=tuple(dict.fromkeys(code for cause in inside_out for code in _codes(cause))),
        places=tuple(dict.fromkeys(place for cause in inside_out for place in _places(cause))),
        statuses=tuple(dict.fromkeys(s for cause in causes for s in _read_statuses(cause))),
        salvage=_salvage(given["failed_generation"]) if given else None,
        wait=next((str(wait)[:60] for wait in waits if _is_wait(wait)), ""),
        headers={name: value for cause in causes for name, value in _headers(cause)},
    )


def _causes(body: Any) -> list[dict[str, Any]]:  # noqa: ANN401  any JSON
    """The objects of a refusal that carry information, outermost first."""
    found: list[dict[str, Any]] = []
    level: list[Any] = [body]
    for _ in range(DEEPEST):
        following: list[Any] = []
        for value in level[: 2 * _MOST_CAUSES]:
            if isinstance(value, str):
                following += [made] if (made := _embedded(value)) is not None else []
            elif isinstance(value, list):
                following += value[:_MOST_DETAILS]
            elif isinstance(value, dict):
                found.append(value)
                following += [value[name] for name in _CAUSES if name in value]
        level = following
    return found[:_MOST_CAUSES]


def _embedded(text: str) -> dict[str, Any] | None:
    start = text.find("{", 0, _EMBEDDED_CHARACTERS)
    if start < 0:
        return None
    try:
        made, _ = json.JSONDecoder().raw_decode(text[start : start + _EMBEDDED_CHARACTERS])
    except (ValueError, RecursionError):
        return None
    is_error = isinstance(made, dict) and (
        "error" in made or ("message" in made and len(made) <= _MOST_CAUSES)
    )
    return made if is_error else None


def _codes(cause: dict[str, Any]) -> Iterator[str]:
    for name in _CODES:
        value = cause.get(name)
        if isinstance(value, str) and value:
            yield value.lower()[:100]
    violations = cause.get("violations")
    for violation in violations[:_MOST_DETAILS] if isinstance(violations, list) else ():
        if isinstance(violation, dict):
            yield from _codes(violation)
    if cause.get("flagged_input") or isinstance(cause.get("reasons"), list):
        yield "moderation"


def _places(cause: dict[str, Any]) -> Iterator[str]:
    param, place = cause.get("param"), cause.get("loc")
    if isinstance(param, str) and param:
        yield param.lower()[:100]
    for part in place[:_MOST_DETAILS] if isinstance(place, list) else ():
        if isinstance(part, str) and part != "body":
            yield part.lower()[:100]


def _read_statuses(cause: dict[str, Any]) -> Iterator[int]:
    for name in _STATUSES:
        value = cause.get(name)
        if isinstance(value, str) and re.fullmatch(r"[45][0-9]{2}", value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
            yield value


def _is_wait(value: Any) -> bool:  # noqa: ANN401  any JSON
    return (isinstance(value, str) and bool(value)) or (
        isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    )


def _headers(cause: dict[str, Any]) -> Iterator[tuple[str, str]]:
    headers = cause.get("headers")
    for name, value in list(headers.items())[:50] if isinstance(headers, dict) else ():
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield str(name).lower(), str(value)[:200]


def _shown(causes: list[dict[str, Any]]) -> str:
    """The first text; if it is only a gateway's note that its provider failed, also the text of the cause."""
    texts = list(dict.fromkeys(_line(text) for cause in causes if (text := _message(cause))))
    if len(texts) > 1 and texts[0].lower().startswith("provider returned error"):
        return _line(f"{texts[0]}: {texts[-1]}")
    return texts[0] if texts else ""


def _message(told: dict[str, Any]) -> str:
    """The text under the names that providers use; from a list of details, each text with its location."""
    for name in (*_MESSAGES, "error", "raw"):
        value = told.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, dict) and name in _MESSAGES and (text := _text(value)):
            return text
        if isinstance(value, list) and value:
            details = [detail for detail in value[:_MOST_DETAILS] if isinstance(detail, dict | str)]
            return "; ".join(
                detail if isinstance(detail, str) else f"{_place(detail)}{_text(detail)}"
                for detail in details
            )
    return ""


def _text(told: dict[str, Any]) -> str:
    """The text of a part itself, not of nested parts."""
    return next((value for name in (*_MESSAGES, "error") if isinstance(value := told.get(name), str)), "")


def _place(detail: dict[str, Any]) -> str:
    place = detail.get("loc")
    last = place[-1] if isinstance(place, list) and place else None
    return f"{last}: "[:100] if isinstance(last, str | int) else ""


def _salvage(value: Any) -> str:  # noqa: ANN401  any JSON
    if value is None:
        return ""
    try:
        return (value if isinstance(value, str) else json.dumps(value))[:SALVAGE_CHARACTERS]
    except RecursionError:
        return ""


def _line(text: str, most: int = MESSAGE_CHARACTERS) -> str:
    return _REPEATED.sub(" ", text[: 4 * most])[:most]
