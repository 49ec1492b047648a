"""What goes to a language model and what comes back."""

from __future__ import annotations

from typing import Generic

from pydantic import Field

from flows.knowledge.base import Document, PartOfSpeech, T, Usage
from flows.knowledge.entries import Entry, Evidence, Relation, Sense


class ProposalRequest(Document):
    """What a round asks a language model for."""

    count: int = Field(ge=1)
    topic: str | None = None
    language: str = "en"
    cells: tuple[str, ...] = ()
    """Kinds of words to draw from, in words; none for any kind."""
    avoid: tuple[str, ...] = ()
    """Some words that need not come again."""


class DefinitionDraft(Document):
    """What a language model answers for one word when asked to define it."""

    text: str
    part_of_speech: PartOfSpeech
    is_contradicted: bool = False
    """The model says that its evidence disagrees with what it wrote."""


class Enrichment(Document):
    """What a language model answers for one definition when asked to enrich it."""

    related_concepts: tuple[str, ...]
    relations: tuple[Relation, ...] = ()
    examples: tuple[str, ...] = ()
    category: str
    senses: tuple[Sense, ...] = ()


class Deepening(Document):
    """What a language model answers for one entry when asked for its full depth."""

    explanation: str
    applications: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()


class DeepeningRequest(Document):
    """An entry to be deepened, with what the sources found for it."""

    entry: Entry
    evidence: tuple[Evidence, ...] = ()


class Generation(Document, Generic[T]):
    """A language model's answer with its bill."""

    value: T
    usage: Usage = Usage()
    model: str
    prompt_version: str
    request_id: str | None = None
