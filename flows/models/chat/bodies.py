"""What the body of a refusal says, in whatever shape a provider gives it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MESSAGE_CHARACTERS = 500
SALVAGE_CHARACTERS = 200_000
_MOST_DETAILS = 5


@dataclass(frozen=True)
class Told:
    """The message and the code of a refusal, empty if it has none; `salvage` is the text of the answer that
    the provider itself found malformed, None if it gives none; `wait_s` its advice to wait, in Go's grammar.
    """

    message: str = ""
    code: str = ""
    salvage: str | None = None
    wait: str = ""


def read_body(body: Any) -> Told:  # noqa: ANN401  any JSON
    """Read a body: an object with an error, or with what an error has; a list of one; a text."""
    if isinstance(body, list):
        body = next(iter(body), None)
    outer = body if isinstance(body, dict) else {}
    inner = outer.get("error")
    if isinstance(inner, str):
        inner = {"message": inner}
    told = inner if isinstance(inner, dict) else outer
    given = next((each for each in (told, outer) if "failed_generation" in each), {})
    return Told(
        message=_line(next(filter(None, map(_message, (told, outer))), "")),
        code=next((told[name] for name in ("code", "type", "status") if _is_code(told.get(name))), ""),
        salvage=_salvage(given["failed_generation"]) if given else None,
        wait=_wait(told),
    )


def _is_code(value: Any) -> bool:  # noqa: ANN401  any JSON
    return isinstance(value, str) and bool(value)


def _message(told: dict[str, Any]) -> str:
    """The text under the names that providers use; of a list of details each with its place."""
    for name in ("message", "msg", "detail", "error_description", "title"):
        value = told.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return _message(value)
        if isinstance(value, list):
            details = [detail for detail in value[:_MOST_DETAILS] if isinstance(detail, dict)]
            return "; ".join(f"{_place(detail)}{_message(detail)}" for detail in details)
    return ""


def _place(detail: dict[str, Any]) -> str:
    place = detail.get("loc")
    return f"{place[-1]}: " if isinstance(place, list) and place else ""


def _salvage(value: Any) -> str:  # noqa: ANN401  any JSON
    if value is None:
        return ""
    return (value if isinstance(value, str) else json.dumps(value))[:SALVAGE_CHARACTERS]


def _wait(told: dict[str, Any]) -> str:
    """Google's advice to wait, among an error's details."""
    details = told.get("details")
    waits = (
        detail.get("retryDelay")
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    )
    return next((wait for wait in waits if isinstance(wait, str)), "")


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text[: 4 * MESSAGE_CHARACTERS])[:MESSAGE_CHARACTERS]
