"""Pages of a job's log, from its beginning or from its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from flows.knowledge import JobEvent
from flows.stores.base import JobStore
from service.live.topic import LogPosition, position_of


class LogPage(NamedTuple):
    """Lines, oldest first, and where the log goes on at both ends."""

    lines: Sequence[JobEvent]
    end: LogPosition
    """The position after the last line: reading on from here finds what comes next."""
    older: LogPosition | None
    """The position of the first line; None if the log begins with it, or if there is no line."""
    has_more: bool
    """Whether the log has lines after the page."""


async def page_after(store: JobStore, job_id: UUID, after: LogPosition, limit: int) -> LogPage:
    """The oldest lines after a position, at most `limit`."""
    lines = await store.log(job_id, after=after, limit=limit + 1)
    shown = lines[:limit]
    return LogPage(
        shown,
        end=position_of(shown[-1]) if shown else after,
        older=position_of(shown[0]) if shown and after > LogPosition() else None,
        has_more=len(lines) > limit,
    )


async def page_before(
    store: JobStore, job_id: UUID, before: LogPosition | None, limit: int, *, after: LogPosition
) -> LogPage:
    """The newest lines, at most `limit`: of all, or of those before a position; none up to `after`."""
    found = await store.log_end(job_id, before=before, limit=limit + 1)
    lines = [line for line in found if position_of(line) > after]
    shown = lines[-limit:]
    return LogPage(
        shown,
        end=position_of(shown[-1]) if shown else after,
        older=position_of(shown[0]) if shown and len(found) > len(shown) else None,
        has_more=before is not None,
    )
