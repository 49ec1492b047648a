"""What a request to the model asks for: the last user message is one JSON object that names the task and the
words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.world.chat.tokens import content_text


@dataclass(frozen=True)
class Word:
    """A word to answer for; `given` is all that was said of it."""

    id: Any
    text: str
    evidence: str = ""


@dataclass(frozen=True)
class Asked:
    """`task` is None for a request that is not of ours: it is answered by its schema alone.

    `is_data` tells that the message was JSON.
    """

    task: str | None
    words: tuple[Word, ...] = ()
    count: int = 0
    cells: tuple[Any, ...] = ()
    topic: str | None = None
    avoid: tuple[str, ...] = ()
    is_data: bool = True


def read(messages: Sequence[Mapping[str, Any]]) -> Asked:
    text = next(
        (content_text(message) for message in reversed(messages) if message.get("role") == "user"), ""
    )
    try:
        body = json.loads(text)
    except ValueError:
        body = _object_within(text)
        if body is None:
            return Asked(None, is_data=False)
        return _read(body, is_data=False)
    return _read(body, is_data=True) if isinstance(body, dict) else Asked(None)


def _read(body: Mapping[str, Any], *, is_data: bool) -> Asked:
    words = tuple(_word(item) for item in body.get("words") or ())
    count = body.get("count")
    return Asked(
        task=str(body["task"]) if body.get("task") else None,
        words=words,
        count=count if isinstance(count, int) else 0,
        cells=tuple(body.get("cells") or ()),
        topic=body.get("topic") or None,
        avoid=tuple(str(word) for word in body.get("avoid") or ()),
        is_data=is_data,
    )


def _word(item: Any) -> Word:
    if not isinstance(item, dict):
        return Word(item, str(item))
    text = str(item.get("word") or item.get("text") or item.get("id") or "")
    return Word(item.get("id", text), text, " ".join(_texts(item.get("evidence"))))


def _texts(evidence: Any) -> list[str]:
    if isinstance(evidence, str):
        return [evidence]
    if isinstance(evidence, dict):
        return [str(evidence.get("text") or evidence.get("quote") or "")]
    return [text for piece in evidence or () for text in _texts(piece)]


def _object_within(text: str) -> dict[str, Any] | None:
    """The JSON object that a message with other text around it holds."""
    start = text.find("{")
    while start >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            start = text.find("{", start + 1)
            continue
        return found if isinstance(found, dict) else None
    return None
