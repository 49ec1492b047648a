"""A job's events, numbered as its history."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from flows.knowledge import (
    Document,
)


class HistoryEvent(Document):
    """Something that happened in a job."""

    id: str
    occurred: datetime
    kind: str
    text: str
    words: tuple[str, ...] = ()


class History(Document):
    """A part of a job's events, oldest first.

    `cursor` is the `after` of what comes next, also when it has not happened yet.
    """

    items: tuple[HistoryEvent, ...]
    cursor: str
    has_more: bool
    is_complete: bool = Field(
        default=True,
        description="false while Prefect does not answer: then its states are missing, and come later",
    )
