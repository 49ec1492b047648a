"""Frames: what subscribers receive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from pydantic import Field

from service.schemas.events import HistoryEvent
from service.schemas.jobs import JobView

BAD_CURSOR, UNKNOWN_JOB = 4400, 4404
"""Codes with which the server closes a WebSocket; the others are of the protocol."""
MOST_EVENTS = 500
"""The most events in one frame. A subscriber that is further behind reads the rest from the history."""


class JobFrame(JobView):
    """A job's complete status, so any single frame is enough, and the events since the previous frame."""

    events: tuple[HistoryEvent, ...] = ()
    cursor: str = Field(description="The end of this frame; `?after=` resumes from here on any replica")
    live: bool = Field(
        default=True, description="false while Prefect's event stream is lost, so updates are delayed"
    )
    gap: bool = Field(
        default=False, description="Whether events were left out because there were too many for one frame"
    )
    sent_at: datetime = Field(description="Time on the server's clock")

    @cached_property
    def text(self) -> str:
        """The frame as JSON text, encoded once for all subscribers."""
        return self.model_dump_json(exclude={"text"})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the model. The copy must not keep the cached text of the original."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("text", None)
        return copied

    def after(self, earlier: JobFrame) -> JobFrame:
        """This frame merged with an earlier one that was not sent; keeps the latest 500 events."""
        events = (*earlier.events, *self.events)
        return self.model_copy(
            update={
                "events": events[-MOST_EVENTS:],
                "gap": earlier.gap or self.gap or len(events) > MOST_EVENTS,
            }
        )

    def with_events(self, events: Sequence[HistoryEvent], *, gap: bool = False) -> JobFrame:
        """The same status with other events."""
        return self.model_copy(update={"events": tuple(events), "gap": gap})
