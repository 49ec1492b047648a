"""Which words the quick and the deep job take up when nobody, or somebody, says which."""

from __future__ import annotations

from collections.abc import Sequence

from flows.boundary.text import clean_text
from flows.core.words import parse_word
from flows.knowledge import Word
from flows.knowledge.limits import MAX_PAGE
from flows.stages.candidates import Proposed
from flows.stores.base import Store


def given_topic(text: str | None) -> str | None:
    """The topic that a person typed, cleaned; None without one."""
    return clean_text(text or "") or None


def given_words(texts: Sequence[str] | None) -> list[Word]:
    """The words that a person gave, each key once. Raises InvalidInput for one that cannot be a word."""
    words = {word.key: word for word in map(parse_word, texts or ())}
    return list(words.values())


async def head_of_frontier(store: Store, limit: int) -> list[Proposed]:
    """What entries mention most and nobody has learned."""
    page = await store.frontier(limit=min(limit, MAX_PAGE))
    return [(word.word, "frontier") for word in page.items][:limit]


async def unfinished(store: Store, limit: int) -> list[Proposed]:
    """Words left with a definition only; after them the head of the frontier; after that entries that could
    be deeper.
    """
    chosen: list[Proposed] = [(word.text, "leftover") for word in await store.left_defined(limit=limit)]
    if len(chosen) < limit:
        chosen += await head_of_frontier(store, limit - len(chosen))
    if len(chosen) < limit:
        page = await store.search(depth="enriched", limit=min(limit - len(chosen), MAX_PAGE))
        chosen += [(entry.word, "leftover") for entry in page.items]
    return chosen[:limit]
