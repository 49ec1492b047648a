"""Entries, the frontier, and words as a graph."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from flows.knowledge import (
    Category,
    Citation,
    Depth,
    Document,
    Entry,
    FrontierWord,
    Key,
    PartOfSpeech,
    Provenance,
    Relation,
    Sense,
    Support,
)
from flows.knowledge.html import entry_html


class EntryView(Document):
    """What is known of a word. At depth `defined` there is a definition only."""

    word: str
    key: Key
    depth: Depth
    definition: str
    part_of_speech: PartOfSpeech
    support: Support
    category: Category | None = None
    related_concepts: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    examples: tuple[str, ...] = ()
    senses: tuple[Sense, ...] = ()
    explanation: str | None = None
    applications: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    provenance: Provenance
    revision: int = 0
    created_at: datetime
    updated_at: datetime

    def _repr_html_(self) -> str:
        return entry_html(dict(self))


class EntryList(Document):
    """A part of the entries. `cursor` fetches the next part and is null at the end."""

    items: tuple[Entry, ...]
    cursor: str | None = None
    is_full_text: bool = Field(
        description="Whether the search looked into the texts, not only at the beginnings of the words"
    )


class FrontierList(Document):
    """A part of the frontier, most mentioned first. `cursor` fetches the next part and is null at the end."""

    items: tuple[FrontierWord, ...]
    cursor: str | None = None


class Node(Document):
    """A word in a graph.

    `depth` is null for one that is not learned; `distance` counts the steps from the word that was asked for.
    """

    key: Key
    word: str
    depth: Depth | None = None
    category: Category | None = None
    distance: int


class Edge(Document):
    """A link from one word's entry to another word: `related`, or the name of the relation."""

    source: Key
    target: Key
    kind: str


class Graph(Document):
    """A word's neighbourhood. `is_cut` says that there was more than fits."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_cut: bool = False
