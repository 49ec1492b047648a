"""A job's rounds."""

from __future__ import annotations

from datetime import datetime

from flows.knowledge import (
    Batch,
    Document,
    Round,
    Usage,
)


class RoundSummary(Document):
    """One round without its candidates. `verdicts` counts them."""

    number: int
    attempt: int
    model: str
    prompt_version: str
    candidates: int
    accepted: int
    verdicts: dict[str, int]
    batches: int
    usage: Usage
    created_at: datetime


class RoundList(Document):
    """A part of a job's rounds, in order. `cursor` is the `after` of the next part and null at the end."""

    items: tuple[RoundSummary, ...]
    cursor: int | None = None


class RoundView(Round):
    """One round: every candidate with its verdict, and what became of the words that were taken up."""

    results: tuple[Batch, ...] = ()
