"""The neighbourhood of a word in the graph of entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flows.core.words import word_key
from flows.knowledge import Entry
from flows.stores.base import KnowledgeStore
from service.schemas import Edge, Graph, Node

MOST_EDGES = 2000


async def around(store: KnowledgeStore, key: str, word: str, *, steps: int, limit: int) -> Graph:
    """The neighbourhood of a word: at most `limit` words within `steps` links, nearest first, and the links
    between them.

    Reads the store once per step for entries and once for aliases, and once for the outermost words.
    """
    names: dict[str, str] = {key: word}
    distances: dict[str, int] = {key: 0}
    entries: dict[str, Entry] = {}
    own: dict[str, str] = {}
    rim = [key]
    is_cut = False
    for step in range(1, steps + 1):
        found = await store.entries(rim)
        entries |= found
        own |= await _own_keys(store, found.values())
        rim = []
        for at in found:
            for _, target, text in _links(found[at], own):
                if target in distances:
                    continue
                if len(distances) >= limit:
                    is_cut = True
                    break
                names[target], distances[target] = text, step
                rim.append(target)
    outermost = await store.entries(rim)
    entries |= outermost
    own |= await _own_keys(store, outermost.values())
    known = await store.known([k for k in distances if k not in entries])
    edges = [
        Edge(source=source, target=target, kind=kind)
        for source, entry in entries.items()
        for kind, target, _ in _links(entry, own)
        if target in distances and target != source
    ]
    nodes = [
        Node(
            key=k,
            word=entries[k].word if k in entries else names[k],
            depth=entries[k].depth if k in entries else known[k].depth if k in known else None,
            category=entries[k].category if k in entries else None,
            distance=distance,
        )
        for k, distance in distances.items()
    ]
    return Graph(
        nodes=tuple(nodes), edges=tuple(edges[:MOST_EDGES]), is_cut=is_cut or len(edges) > MOST_EDGES
    )


async def _own_keys(store: KnowledgeStore, entries: Iterable[Entry]) -> dict[str, str]:
    """For words that entries mention by an alias: the key under which each is learned."""
    mentioned = {target for entry in entries for _, target, _ in _links(entry, {})}
    return {key: alias.of for key, alias in (await store.aliases(mentioned)).items()}


def _links(entry: Entry, own: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(kind, key, word) for each word that an entry mentions. A named relation comes before the same word as
    a related concept. `own` maps aliases to the keys of their words.
    """
    seen: set[str] = set()
    for kind, word in (
        *((r.kind, r.word) for r in entry.relations),
        *(("related", w) for w in entry.related_concepts),
    ):
        key = word_key(word)
        key = own.get(key, key)
        if key and key not in seen:
            seen.add(key)
            yield kind, key, word
