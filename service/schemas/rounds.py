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
    """A round without its candidates; `verdicts` counts them."""

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
    """One page of a job's rounds, in order. `cursor` is the next page's `after` and is null on the last
    page.
    """

    items: tuple[RoundSummary, ...]
    cursor: int | None = None


class RoundView(Round):
    """A round: every candidate with its verdict, and the results for the accepted words."""

    results: tuple[Batch, ...] = ()
