"""What the world calls a token: four characters, rounded up; and which of a prompt's tokens it has seen
before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CHARACTERS = 4
KEPT_S = 2 * 3600.0
"""Groq forgets an unused prefix after this many seconds (https://console.groq.com/docs/prompt-caching)."""


def count(text: str) -> int:
    return -(-len(text) // CHARACTERS)


def prompt_text(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
    """All that the model reads, in its order: the schema stands behind the first system message, since it is
    part of the prompt too.
    """
    texts = [content_text(message) for message in messages]
    if schema is not None:
        place = 1 if messages and messages[0].get("role") in {"system", "developer"} else 0
        texts.insert(place, json.dumps(schema, separators=(",", ":"), ensure_ascii=False))
    return "".join(texts)


def content_text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


class PrefixCache:
    """Remembers prompts by their beginnings, in whole blocks: only an exact beginning hits."""

    def __init__(self, clock: Callable[[], float], *, block_tokens: int = 128) -> None:
        self._clock = clock
        self._block = block_tokens * CHARACTERS
        self._seen: dict[bytes, float] = {}

    def cached_tokens(self, model: str, text: str) -> int:
        """How many tokens of the prompt were seen before; from now on all of it was."""
        if self._block <= 0:
            return 0
        now, hit, unbroken = self._clock(), 0, True
        digest = hashlib.blake2b(model.encode(), digest_size=16)
        for end in range(self._block, len(text) + 1, self._block):
            digest.update(text[end - self._block : end].encode())
            mark = digest.copy().digest()
            unbroken = unbroken and now - self._seen.get(mark, float("-inf")) < KEPT_S
            if unbroken:
                hit = end
            self._seen[mark] = now
        return hit // CHARACTERS
