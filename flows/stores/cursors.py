"""Cursors: where a list continues, as one opaque, URL-safe word."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from flows.errors import InvalidInput

LARGEST = 2**63 - 1


def encode_cursor(kind: str, *parts: float | str) -> str:
    """A cursor for a kind of list, from the sort key of the last item shown."""
    return urlsafe_b64encode(json.dumps([kind, *parts], separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, **kinds: tuple[type, ...]) -> tuple[str, tuple[Any, ...]]:
    """The kind and the parts of a cursor, if it is one of the kinds with parts of these types.

    Raises InvalidInput.
    """
    try:
        kind, *parts = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        types = kinds[kind]
        is_good = all(_is_a(part, type_) for part, type_ in zip(parts, types, strict=True))
    except (ValueError, TypeError, KeyError, RecursionError):
        is_good = False
    if not is_good:
        raise InvalidInput(
            "cursor",
            "is not valid for this list",
            "Use the cursor from the previous page, or none for the first page",
        )
    return kind, tuple(parts)


def _is_a(part: object, type_: type) -> bool:
    if type_ is str:
        return isinstance(part, str) and part.encode() is not None
    if type_ is float:
        return isinstance(part, float)
    return isinstance(part, int) and not isinstance(part, bool) and abs(part) <= LARGEST
