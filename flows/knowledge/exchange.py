"""Requests to a language model and its answers."""

from __future__ import annotations

from typing import Generic

from pydantic import Field

from flows.knowledge.base import Document, PartOfSpeech, T, Usage
from flows.knowledge.entries import Entry, Evidence, Relation, Sense


class ProposalRequest(Document):
    """A round's request for words."""

    count: int = Field(ge=1)
    topic: str | None = None
    language: str = "en"
    cells: tuple[str, ...] = ()
    """Kinds of words to draw from, as phrases; empty for any kind."""
    avoid: tuple[str, ...] = ()
    """Some words that the model need not list again."""


class DefinitionDraft(Document):
    """A language model's answer for one word that it defines."""

    text: str
    part_of_speech: PartOfSpeech
    is_contradicted: bool = False
    """The model says that its evidence disagrees with what it wrote."""


class Enrichment(Document):
    """A language model's answer for one definition that it enriches."""

    related_concepts: tuple[str, ...]
    relations: tuple[Relation, ...] = ()
    examples: tuple[str, ...] = ()
    category: str
    senses: tuple[Sense, ...] = ()


class Deepening(Document):
    """A language model's answer for one entry that it deepens."""

    explanation: str
    applications: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()


class DeepeningRequest(Document):
    """An entry to deepen, with what the sources found for it."""

    entry: Entry
    evidence: tuple[Evidence, ...] = ()


class Generation(Document, Generic[T]):
    """A language model's answer and its bill."""

    value: T
    usage: Usage = Usage()
    model: str
    prompt_version: str
    request_id: str | None = None
