"""What is learned about a word, and what supports it."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from flows.knowledge.base import Depth, Document, Key, PartOfSpeech, Support, Word
from flows.knowledge.html import entry_html


class Category(StrEnum):
    """WordNet's lexicographer files in plain words (https://wordnet.princeton.edu/documentation/lexnames5wn).

    Noun and verb files about the same field share one category.
    """

    ACT = "act"
    ANIMAL = "animal"
    ARTIFACT = "artifact"
    ATTRIBUTE = "attribute"
    BODY = "body"
    CHANGE = "change"
    COGNITION = "cognition"
    COMMUNICATION = "communication"
    COMPETITION = "competition"
    CONSUMPTION = "consumption"
    CONTACT = "contact"
    CREATION = "creation"
    EVENT = "event"
    FEELING = "feeling"
    FOOD = "food"
    GENERAL = "general"
    GROUP = "group"
    LOCATION = "location"
    MANNER = "manner"
    MOTION = "motion"
    MOTIVE = "motive"
    OBJECT = "object"
    PERCEPTION = "perception"
    PERSON = "person"
    PHENOMENON = "phenomenon"
    PLANT = "plant"
    POSSESSION = "possession"
    PROCESS = "process"
    QUALITY = "quality"
    QUANTITY = "quantity"
    RELATION = "relation"
    SHAPE = "shape"
    SOCIAL = "social"
    STATE = "state"
    SUBSTANCE = "substance"
    TIME = "time"
    WEATHER = "weather"


class Citation(Document):
    """Where a statement comes from and under which licence it may be shown."""

    source: str
    title: str
    url: str
    revision: str | None = None
    licence: str
    licence_url: str
    retrieved_at: AwareDatetime
    quote: str


class Evidence(Document):
    """What a source says about one word. `text` is data, never instructions."""

    source: str
    text: str
    part_of_speech: PartOfSpeech | None = None
    citation: Citation


class WordEvidence(Document):
    """A word with everything that the sources found for it, possibly nothing."""

    word: Word
    evidence: tuple[Evidence, ...] = ()


class Provenance(Document):
    """How a claim came to be."""

    job_id: UUID
    round: int
    task_run_id: UUID | None = None
    model: str
    prompt_version: str
    tokens_in: int = 0
    tokens_out: int = 0
    created_at: AwareDatetime


class Sense(Document):
    """One meaning of a word."""

    part_of_speech: PartOfSpeech
    gloss: str
    examples: tuple[str, ...] = ()
    category: Category | None = None


class Relation(Document):
    """A named link to another word, for example kind="kind of", word="animal"."""

    kind: str
    word: str


class Definition(Document):
    """A word's definition and its support: what `known_words` stores about a word."""

    word: str
    key: Key
    text: str
    part_of_speech: PartOfSpeech
    support: Support
    citations: tuple[Citation, ...] = ()
    provenance: Provenance
    aliases: tuple[str, ...] = ()
    """Merged spellings and forms, by key: see flows.knowledge.Alias. The store keeps them."""


class KnownWord(Document):
    """A known word as readers see it: its definition and the depth reached."""

    definition: Definition
    depth: Depth
    learned_at: AwareDatetime


class Entry(Document):
    """Everything learned about one word: what `solidified_knowledge` stores."""

    word: str
    key: Key
    definition: str
    related_concepts: tuple[str, ...]
    relations: tuple[Relation, ...] = ()
    examples: tuple[str, ...] = ()
    category: Category
    part_of_speech: PartOfSpeech
    senses: tuple[Sense, ...] = ()
    support: Support
    citations: tuple[Citation, ...] = ()
    provenance: Provenance
    depth: Depth = "enriched"
    revision: int = 1
    created_at: AwareDatetime
    updated_at: AwareDatetime
    explanation: str | None = None
    applications: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Merged spellings and forms, by key: see flows.knowledge.Alias. The store keeps them."""

    def _repr_html_(self) -> str:
        return entry_html(dict(self))


class LearnedWord(KnownWord):
    """A known word with its entry, if any: everything that a store holds about it."""

    entry: Entry | None = None


class CachedEvidence(Document):
    """A source's earlier answer about a word; no evidence means that the source had none."""

    source: str
    key: Key
    evidence: tuple[Evidence, ...] = ()
    fetched_at: AwareDatetime
    expires_at: AwareDatetime
