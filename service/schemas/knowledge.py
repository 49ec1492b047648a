"""Entries, the frontier and the graph."""

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
    KnownWord,
    PartOfSpeech,
    Provenance,
    Relation,
    Sense,
    StoreStats,
    Support,
)
from flows.knowledge.html import entry_html


class EntryView(Document):
    """What is known about a word. At depth `defined` that is only a definition."""

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
    aliases: tuple[str, ...] = Field(
        default=(), description="Other spellings and forms that were merged into this word"
    )
    citations: tuple[Citation, ...] = ()
    provenance: Provenance
    revision: int = 0
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, found: Entry | KnownWord) -> EntryView:
        """An entry, or a word that is only defined, as readers see it."""
        if isinstance(found, Entry):
            return cls(**dict(found))
        definition = found.definition
        return cls(
            word=definition.word,
            key=definition.key,
            depth=found.depth,
            definition=definition.text,
            part_of_speech=definition.part_of_speech,
            support=definition.support,
            citations=definition.citations,
            provenance=definition.provenance,
            aliases=definition.aliases,
            created_at=found.learned_at,
            updated_at=definition.provenance.created_at,
        )

    def _repr_html_(self) -> str:
        return entry_html(dict(self))


class EntryList(Document):
    """One page of what is learned: entries, and words that are only `defined`, which have no category.

    `cursor` fetches the next page and is null on the last page.
    """

    items: tuple[EntryView, ...]
    cursor: str | None = None
    is_full_text: bool = Field(
        description="Whether the search covered the full text; if false, it matched beginnings of words only"
    )


class FrontierList(Document):
    """One page of the frontier, most mentioned first. `cursor` fetches the next page and is null on the last
    page.
    """

    items: tuple[FrontierWord, ...]
    cursor: str | None = None


class Node(Document):
    """A word in a graph.

    `depth` is null if the word is not learned; `distance` is the number of steps from the requested word.
    """

    key: Key
    word: str
    depth: Depth | None = None
    category: Category | None = None
    distance: int


class Edge(Document):
    """A link from a word's entry to another word; `kind` is `related` or the name of the relation."""

    source: Key
    target: Key
    kind: str


class Graph(Document):
    """A word's neighbourhood. `is_cut` says whether words or links were left out."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_cut: bool = False


class Kept(Document):
    """What knowledge and bookkeeping take on this machine, and how long bookkeeping is kept."""

    store_bytes: int | None = Field(
        default=None, description="Bytes in the store's file; null if the store has no file"
    )
    free_bytes: int | None = Field(default=None, description="Bytes of the file that are free for new data")
    prefect_bytes: int = Field(
        default=0, description="In use in the embedded Prefect's database; 0 where Prefect runs elsewhere"
    )
    details_days: int = Field(
        description="Days that rounds, batches and logs of ended jobs are kept; 0 for ever"
    )
    jobs_days: int = Field(description="Days that ended jobs are kept; 0 for ever")


class Stats(StoreStats):
    """Totals of the knowledge base, and the space that it takes."""

    kept: Kept
