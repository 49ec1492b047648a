"""What the relay knows of one job, and who watches it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Self
from uuid import UUID

from flows.knowledge import Job, JobEvent, utc_now
from service.live.job_view import status_of, view
from service.live.timeline import Place, events_of
from service.orchestration.events import Hint
from service.orchestration.types import RunState
from service.schemas import MOST_EVENTS, JobFrame

Item = JobEvent | RunState
LAST_WORD = timedelta(seconds=10)


class Watcher:
    """One who watches: holds at most one frame that was not fetched yet, merged from all that came since the
    last one.

    `place` is how far the watcher has been told; None takes every frame as it comes. One that is held back,
    while its past is read, is told what comes meanwhile when it is released.
    """

    def __init__(self, place: Place | None = None, *, is_held: bool = False) -> None:
        self.place = place
        self._held: list[tuple[JobFrame, Sequence[Item]]] | None = [] if is_held else None
        self._waiting: dict[UUID, JobFrame] = {}
        self._is_ended = False
        self._changed = asyncio.Event()

    def offer(self, frame: JobFrame, items: Sequence[Item]) -> None:
        """Have a frame told, without the items that the watcher has been told already."""
        if self._held is not None:
            self._held.append((frame, items))
            return
        if self.place is not None:
            fresh = [item for item in items if self.place.is_before(item)]
            if len(fresh) < len(items):
                frame = frame.with_events(events_of(fresh), gap=frame.gap)
            for item in fresh:
                self.place = self.place.past(item)
        earlier = self._waiting.pop(frame.job_id, None)
        self._waiting[frame.job_id] = frame.after(earlier) if earlier is not None else frame
        self._changed.set()

    def release(self, first: JobFrame, place: Place | None) -> None:
        """Have the first frame told, which goes up to a place, and then what came meanwhile."""
        held, self._held = self._held or [], None
        self.offer(first, ())
        self.place = place
        for frame, items in held:
            self.offer(frame, items)

    def end(self) -> None:
        """Say that nothing more will come."""
        self._is_ended = True
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JobFrame:
        while not self._waiting:
            if self._is_ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.pop(next(iter(self._waiting)))


class Channel:
    """One job: its document, its state, how far its events are known, and those not told yet."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id
        self.job: Job | None = None
        self.state: RunState | None = None
        self.place = Place()
        self.watchers: set[Watcher] = set()
        self.coming = 0
        """Watchers who are on their way in."""
        self.is_discovered = False
        """Whether an event told of the job, so that nobody has been told of it yet."""
        self.needs_reading = True
        """Whether there may be more than was heard: then the durable sources are read before anything is
        told.
        """
        self.reading = asyncio.Lock()
        """Held while the durable sources are read: what is heard meanwhile may be in what they say, and calls
        for another look.
        """
        self.is_stopping = False
        self.heard_at = asyncio.get_running_loop().time()
        self._untold: list[Item] = []
        self._has_news = False

    @property
    def is_wanted(self) -> bool:
        """Whether somebody watches, or is about to."""
        return bool(self.watchers) or self.coming > 0

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keep it while somebody is on the way in."""
        self.coming += 1
        try:
            yield
        finally:
            self.coming -= 1

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, by the document and by Prefect where it tells."""
        return (
            self.job is not None
            and self.job.is_final
            and status_of(self.job, self.state) in {"completed", "failed", "cancelled"}
        )

    @property
    def is_over(self) -> bool:
        """Whether the job has ended and nothing more comes: Prefect hears of an end after the document's, or
        never.
        """
        if self.job is None or not self.is_final:
            return False
        ended = self.job.finished_at
        return (
            (self.state is not None and self.state.is_final) or ended is None or utc_now() - ended > LAST_WORD
        )

    def take(self, hint: Hint) -> bool:
        """Take note of a hint; whether it is one that cannot wait."""
        self.heard_at = asyncio.get_running_loop().time()
        if hint.document is not None:
            self._take_document(hint.document)
        if hint.line is not None and self.place.is_before(hint.line):
            follows = hint.line.attempt == self.place.attempt and hint.line.seq == self.place.seq + 1
            self._take_item(hint.line, follows=follows)
        if hint.state is not None and self.place.is_before(hint.state):
            self._take_item(hint.state, follows=str(hint.follows) == self.place.state_id)
            self._take_state(hint.state)
            if hint.state.is_final and not (self.job is not None and self.job.is_final):
                self.needs_reading = (
                    True  # of a run that never began there is no document, and nobody tells of one
                )
            return True
        return False

    def take_truth(
        self,
        job: Job | None,
        state: RunState | None,
        items: Sequence[Item],
        place: Place,
        *,
        is_stopping: bool,
    ) -> None:
        """Take what the durable sources say; `items` are those past `place` as it was."""
        if job is not None:
            self._take_document(job)
        if state is not None:
            self._take_state(state)
        if items:
            self._untold += items
            self._has_news = True
        if is_stopping is not self.is_stopping:
            self.is_stopping, self._has_news = is_stopping, True
        self.place = place

    def frame(self, *, prefect_url: str | None, is_live: bool, items: Sequence[Item] = ()) -> JobFrame | None:
        """The status now, with some events; None while nothing is known of the job."""
        if self.job is None:
            return None
        now = utc_now()
        seen = view(self.job, self.state, prefect_url=prefect_url, is_stopping=self.is_stopping, now=now)
        events = events_of(items[-MOST_EVENTS:])
        return JobFrame(
            **dict(seen),
            events=events,
            cursor=self.place.cursor,
            live=is_live,
            gap=len(items) > MOST_EVENTS,
            sent_at=now,
        )

    def has_news(self) -> bool:
        """Whether there is something to tell."""
        return self._has_news

    def news(self) -> tuple[Item, ...]:
        """The items not told yet; they count as told from now on."""
        items, self._untold, self._has_news = tuple(self._untold), [], False
        return items

    def stir(self) -> None:
        """Have the status told again, though nothing happened in the job."""
        self._has_news = True

    def _take_document(self, job: Job) -> None:
        known = self.job
        is_newer = known is None or (job.attempt, job.updated_at or job.created_at) > (
            known.attempt,
            known.updated_at or known.created_at,
        )
        # those made of what Prefect says of a run that has no document have no time of their own
        is_other = (
            known is not None
            and job.updated_at is None
            and known.updated_at is None
            and job.status != known.status
        )
        if is_newer or is_other:
            self.job, self._has_news = job, True

    def _take_state(self, state: RunState) -> None:
        if self.state is None or (state.since, str(state.id)) > (self.state.since, str(self.state.id)):
            self.state, self._has_news = state, True

    def _take_item(self, item: Item, *, follows: bool) -> None:
        self._has_news = True
        if follows and not self.needs_reading and not self.reading.locked():
            self._untold.append(item)
            self.place = self.place.past(item)
        else:
            self.needs_reading = True
