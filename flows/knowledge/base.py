"""Types shared by all others."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")

Mode = Literal["big", "quick", "deep"]
JobStatus = Literal["queued", "running", "cancelling", "completed", "failed", "cancelled"]
StartedBy = Literal["dashboard", "api", "schedule", "prefect", "process"]
RuleKind = Literal["cron", "interval", "rrule"]
ModelKind = Literal["lexicon", "language_model"]
Bound = Literal["requests_per_minute", "tokens_per_minute", "requests_per_day", "tokens_per_day"]
EndReason = Literal[
    "time limit",
    "target reached",
    "nothing new",
    "quota used up",
    "all done",
    "stopped",
    "worker stopped",
    "failed",
]
Depth = Literal["defined", "enriched", "deep"]
Stage = Literal["propose", "research", "synthesize", "enrich"]
PartOfSpeech = Literal["noun", "verb", "adjective", "adverb", "phrase"]
Support = Literal["supported", "model_only", "conflict"]
Origin = Literal["model", "backlog", "frontier", "given", "leftover"]
Key = Annotated[str, Field(min_length=1, description="Identity of a word: see flows.core.words.word_key")]

MODES: tuple[Mode, ...] = get_args(Mode)
DEPTHS: tuple[Depth, ...] = get_args(Depth)
STAGES: tuple[Stage, ...] = get_args(Stage)
OPEN_STATUSES: tuple[JobStatus, ...] = ("queued", "running", "cancelling")
FINAL_STATUSES: frozenset[JobStatus] = frozenset(get_args(JobStatus)) - frozenset(OPEN_STATUSES)


class Document(BaseModel):
    """Base of all values: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _finite(value: object) -> object:
    """A cost that is not a number, such as JSON's null, is unknown and counts as zero."""
    return 0.0 if value is None or (isinstance(value, float) and not math.isfinite(value)) else value


class Usage(Document):
    """What a model billed: requests, tokens and dollars."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: Annotated[float, BeforeValidator(_finite)] = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            requests=self.requests + other.requests,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            tokens_cached=self.tokens_cached + other.tokens_cached,
            cost_usd=self.cost_usd + other.cost_usd,
        )


class Word(Document):
    """An accepted word: `text` is its display form, `key` its identity."""

    text: str
    key: Key


class Page(Document, Generic[T]):
    """Part of a list. `cursor` fetches the next part; it is None at the end."""

    items: tuple[T, ...]
    cursor: str | None = None
    is_full_text: bool = False
    """Whether a search covered full texts, not only the beginnings of words."""


DAY_S = 86_400.0
"""A day, in seconds."""


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
