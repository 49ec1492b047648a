"""What watchers are sent: job frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from pydantic import Field

from service.schemas.events import HistoryEvent
from service.schemas.jobs import JobView

MOST_EVENTS = 500
"""Events in one frame; a watcher who is further behind reads the rest from the history."""


class JobFrame(JobView):
    """A job's whole status, so that any single frame is enough, and the events since the frame before."""

    events: tuple[HistoryEvent, ...] = ()
    cursor: str = Field(description="Where this frame ends: `?after=` it goes on from here, on any replica")
    live: bool = Field(
        default=True, description="false while Prefect's event stream is lost, so that news come late"
    )
    gap: bool = Field(
        default=False, description="Whether events are left out, because there were too many for a frame"
    )
    sent_at: datetime = Field(description="The server's clock")

    @cached_property
    def text(self) -> str:
        """The frame as it is sent: written once, however many watch."""
        return self.model_dump_json(exclude={"text"})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic has it, and to be written anew: a copy would be sent as the frame that it was
        made of.
        """
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("text", None)
        return copied

    def after(self, earlier: JobFrame) -> JobFrame:
        """This frame with the events of an earlier one that was not sent before it, the latest 500 at
        most.
        """
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
