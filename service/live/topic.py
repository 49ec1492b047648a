"""One job as its subscribers see it: its row, the known end of its log, and the subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from flows.knowledge import Job, JobEvent
from flows.knowledge.events import EventKind
from flows.stores.cursors import decode_cursor, encode_cursor
from service.schemas import MOST_EVENTS, HistoryEvent, JobFrame, JobView

ENDED: EventKind = "job.ended"


class LogPosition(NamedTuple):
    """A position in a job's log: after the line with this attempt and number.

    It is valid on every server and never expires.
    """

    attempt: int = 0
    seq: int = 0

    @property
    def cursor(self) -> str:
        """The position as an opaque cursor for URLs."""
        return encode_cursor("log", self.attempt, self.seq)

    @classmethod
    def of(cls, cursor: str | None) -> LogPosition:
        """The position of a cursor, including cursors from before Prefect's states were in the log.

        Raises InvalidInput.
        """
        if cursor is None:
            return cls()
        _, parts = decode_cursor(cursor, log=(int, int), events=(int, int, int, str))
        return cls(*parts[:2])


class Subscriber:
    """Receives frames. Holds at most one unsent frame per job, merged from all frames since the last one
    sent.

    `position` is the end of what was sent; with None every frame is sent as it comes. A subscriber on hold,
    while its past is being read, gets the frames in between when it is released.
    """

    def __init__(self, position: LogPosition | None = None, *, is_on_hold: bool = False) -> None:
        self.position = position
        self._held: list[tuple[JobFrame, Sequence[JobEvent]]] | None = [] if is_on_hold else None
        self._waiting: dict[UUID, JobFrame] = {}
        self._is_ended = False
        self._changed = asyncio.Event()

    def publish(self, frame: JobFrame, lines: Sequence[JobEvent]) -> None:
        """Queue a frame, without lines that were already sent."""
        if self._held is not None:
            self._held.append((frame, lines))
            return
        if self.position is not None:
            fresh = [line for line in lines if position_of(line) > self.position]
            if len(fresh) < len(lines):
                frame = frame.with_events(events_of(fresh), gap=frame.gap)
            if fresh:
                self.position = position_of(fresh[-1])
        earlier = self._waiting.pop(frame.job_id, None)
        self._waiting[frame.job_id] = frame.after(earlier) if earlier is not None else frame
        self._changed.set()

    def release(self, first: JobFrame, position: LogPosition | None) -> None:
        """Queue the first frame, which ends at `position`, and then the frames held back."""
        held, self._held = self._held or [], None
        self.publish(first, ())
        self.position = position
        for frame, lines in held:
            # the first frame was made after them, so its status is the newer one
            end = max(frame.cursor, first.cursor, key=LogPosition.of)
            events = {"events": frame.events, "gap": frame.gap, "cursor": end}
            self.publish(first.model_copy(update=events), lines)

    def end(self) -> None:
        """Signal that no more frames will come."""
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


class Topic:
    """What is known about one job, and its subscribers. The relay reads the store, not the topic."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id
        self.row: Job | None = None
        self.position = LogPosition()
        self.subscribers: set[Subscriber] = set()
        self.needs_reading = True
        """Whether the store may have more. If so, it is read before anything is sent."""
        self.reading = asyncio.Lock()
        self.is_stopping = False
        self.is_discovered = False
        """Whether an event revealed the job, so no subscriber knows about it yet."""
        self._coming = 0
        self._untold: list[JobEvent] = []
        self._has_news = False

    @property
    def is_wanted(self) -> bool:
        """Whether anybody subscribes or is about to."""
        return bool(self.subscribers) or self._coming > 0

    @property
    def is_over(self) -> bool:
        """Whether the job has ended and everything about it is known."""
        return self.row is not None and self.row.is_final and not self.needs_reading

    @property
    def has_news(self) -> bool:
        """Whether there is something to send."""
        return self._has_news

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keep the topic while a subscriber joins."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def take_row(self, row: Job, *, is_written: bool = True) -> bool:
        """Take a row unless a newer one is known. Returns whether the job's status changed.

        The log is read before a row is sent that its sender has not written, since its lines are missing.
        """
        if self.row is not None and (row.attempt, row.version) <= (self.row.attempt, self.row.version):
            return False
        is_other = self.row is None or row.status != self.row.status or row.reason != self.row.reason
        # the final frame includes the log up to its end
        self.needs_reading |= row.is_final and not (self.row is not None and self.row.is_final)
        if self.row is not None and (not is_written or row.version > self.row.version + 1):
            self.needs_reading = True  # a write was missed, which may have had lines
        if self.row is None or not (row.is_final and _without_state(row) == _without_state(self.row)):
            self._has_news = True
        self.row = row
        return is_other

    def take_read_row(self, row: Job) -> None:
        """Take a row whose log was read after it: only changes made since require another read."""
        asks_for_more = self.needs_reading
        self.take_row(row)
        self.needs_reading = asks_for_more

    def take_lines(self, lines: Iterable[JobEvent]) -> bool:
        """Take new lines of the log. If one is missing before them, the store must be read. Returns whether
        one tells a state of Prefect.
        """
        has_state = False
        for line in lines:
            if position_of(line) <= self.position:
                continue
            self._has_news = True
            has_state |= line.kind.startswith("state.")
            follows = position_of(line) == (self.position.attempt, self.position.seq + 1)
            # a run emits its lines before its row: the end is told with the row that says so
            is_end = line.kind == ENDED and not (self.row is not None and self.row.is_final)
            if follows and not is_end and not self.needs_reading and not self.reading.locked():
                self._untold.append(line)
                self.position = position_of(line)
            else:
                self.needs_reading = True
        return has_state

    def take_log(self, lines: Sequence[JobEvent]) -> None:
        """Take lines that the store has after the position."""
        if lines:
            self._untold += lines
            self.position = position_of(lines[-1])
            self._has_news = True

    def take_stop(self, is_stopping: bool) -> None:
        """Take whether the job has been asked to stop."""
        if is_stopping is not self.is_stopping:
            self.is_stopping, self._has_news = is_stopping, True

    def tell_again(self) -> None:
        """Send the status again, even if the job has not changed."""
        self._has_news = True

    def news(self) -> tuple[JobEvent, ...]:
        """The lines not sent yet; they count as sent from now on."""
        lines, self._untold, self._has_news = tuple(self._untold), [], False
        return lines

    def frame(
        self,
        row: Job,
        lines: Sequence[JobEvent],
        *,
        prefect_url: str,
        confirmed_at: datetime | None,
        is_live: bool,
        now: datetime,
    ) -> JobFrame:
        """The current status, with the latest of some events."""
        seen = JobView.of(
            row,
            prefect_url=prefect_url,
            confirmed_at=confirmed_at,
            is_stopping=self.is_stopping,
            now=now,
        )
        return JobFrame(
            **dict(seen),
            events=events_of(lines[-MOST_EVENTS:]),
            cursor=self.position.cursor,
            live=is_live,
            gap=len(lines) > MOST_EVENTS,
            sent_at=now,
        )


def _without_state(row: Job) -> Job:
    """The row without the fields that Prefect adds after the run has reported its end. Changes to those need
    no frame.
    """
    return row.model_copy(
        update={"version": 0, "state": None, "confirmed_at": None, "updated_at": None, "is_settled": True}
    )


def position_of(line: JobEvent) -> LogPosition:
    """The position of a line."""
    return LogPosition(line.attempt, line.seq)


def events_of(lines: Iterable[JobEvent]) -> tuple[HistoryEvent, ...]:
    """Lines as readers see them."""
    return tuple(
        HistoryEvent(id=line.key, occurred=line.occurred, kind=line.kind, text=line.text, words=line.words)
        for line in lines
    )
