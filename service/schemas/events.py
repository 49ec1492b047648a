"""A job's events."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from flows.knowledge import (
    Document,
)


class HistoryEvent(Document):
    """An event of a job."""

    id: str
    occurred: datetime
    kind: str
    text: str
    words: tuple[str, ...] = ()


class History(Document):
    """One page of a job's events, oldest first.

    Pass `cursor` as `after` to read what comes next, even if it has not happened yet, and `older` as `before`
    to read what came earlier.
    """

    items: tuple[HistoryEvent, ...]
    cursor: str
    older: str | None = Field(
        default=None,
        description="Where the earlier events end; null if the page has the first event, or none",
    )
    has_more: bool = Field(description="Whether there are events after this page")
    is_complete: bool = Field(
        default=True,
        description="false while Prefect does not respond: its states are missing and will follow",
    )
