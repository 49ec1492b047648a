"""Sends what the projector writes to subscribers. Any number of subscribers cost no reads beyond the store's.

For speed, frames are made from news: rows and lines that the projector has written, and events that runs
emit. For correctness, topics are re-read from the store: when a subscriber joins, when a line is missing,
after the event stream was lost, and every twelve seconds for open jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from flows.errors import LearningError
from flows.knowledge import OPEN_STATUSES, Job, JobEvent
from flows.stores.base import Saved, Store
from flows.stores.rules import ROWS_AT_ONCE
from service.errors import NotFound, unknown_job
from service.live.topic import LogPosition, Subscriber, Topic, position_of
from service.metrics import Metrics
from service.orchestration.events import RunEvent
from service.schemas import JobFrame

FRAME_EVERY_S = 1.0
READ_EVERY_S = 12.0
MOST_TOPICS = 500
CLOSE_S = 3.0

log = logging.getLogger(__name__)


class Relay:
    """Keeps a topic for each job that is open or has subscribers. Use it as an async context manager.

    `run_pages` is the URL prefix of run pages in Prefect's UI. `confirmed_at` tells when a row was last known
    to be current. `look_up` makes the row of a run that has none, or returns None.
    """

    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        *,
        run_pages: str,
        confirmed_at: Callable[[Job], datetime | None],
        look_up: Callable[[UUID], Awaitable[Job | None]],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._run_pages = run_pages
        self._confirmed_at = confirmed_at
        self._look_up = look_up
        self._topics: dict[UUID, Topic] = {}
        self._pumps: dict[UUID, asyncio.Task[None]] = {}
        self._woken: dict[UUID, asyncio.Event] = {}
        self._urgent: set[UUID] = set()
        self._all: set[Subscriber] = set()
        self._rereading: asyncio.Task[None] | None = None
        self.is_live = False
        """Whether Prefect's event stream is connected, so news arrives immediately."""

    async def __aenter__(self) -> Self:
        self._rereading = asyncio.create_task(self._reread(), name="relay: reread")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks = [*([self._rereading] if self._rereading else []), *self._pumps.values()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_S)
        for subscriber in [*self._all, *(s for topic in self._topics.values() for s in topic.subscribers)]:
            subscriber.end()

    @asynccontextmanager
    async def follow(self, job_id: UUID, after: str | None = None) -> AsyncGenerator[Subscriber]:
        """Subscribe to one job until it ends. The first frame comes immediately, with the events after the
        cursor.

        Raises NotFound, InvalidInput for a bad cursor, and PrefectUnavailable if the job has no row and
        Prefect cannot be asked.
        """
        position = LogPosition.of(after) if after is not None else None
        topic = self._topic(job_id)
        subscriber = Subscriber(is_on_hold=True)
        try:
            with topic.kept():
                await self._read(topic)
                # nothing is missed from here on: news that arrives while the past is read is sent after it
                topic.subscribers.add(subscriber)
            await self._tell_the_past(topic, subscriber, position)
            yield subscriber
        finally:
            topic.subscribers.discard(subscriber)
            self._forget_idle()

    @asynccontextmanager
    async def follow_all(self) -> AsyncGenerator[Subscriber]:
        """Subscribe to all jobs, open jobs first."""
        subscriber = Subscriber()
        self._all.add(subscriber)
        try:
            with suppress(LearningError):
                for row in (await self._store.jobs(statuses=OPEN_STATUSES, limit=50)).items:
                    topic = self._topic(row.job_id)
                    with topic.kept():
                        await self._read(topic)
                        if (frame := self._frame(topic)) is not None:
                            subscriber.publish(frame, ())
            yield subscriber
        finally:
            self._all.discard(subscriber)
            self._forget_idle()

    def take(self, news: RunEvent | Saved) -> None:
        """Take what the projector has written, or a job event from the event stream."""
        if isinstance(news, Saved):
            job_id, lines, is_written = news.job.job_id, news.lines, news.is_written
        else:
            lag = self._store.now() - news.occurred
            self._metrics.relay_lag_seconds.observe(max(0.0, lag.total_seconds()))
            job_id, is_written = news.job_id, True
            lines = (news.line,) if news.line is not None else ()
        row = news.job if isinstance(news, Saved) else news.row
        topic = self._topics.get(job_id)
        if topic is None:
            if not self._all or row is None:
                return
            topic = self._topic(job_id)
            topic.is_discovered = True
        is_urgent = row is not None and topic.take_row(row, is_written=is_written)
        is_urgent |= topic.take_lines(lines)
        if topic.has_news:
            self._wake(topic, is_urgent=is_urgent)

    def on_connection(self, is_live: bool) -> None:
        """Called when the event stream connects or is lost. Re-reads every topic for what it missed."""
        self.is_live = is_live
        self._metrics.relay_is_live.set(is_live)
        for topic in self._topics.values():
            topic.needs_reading = True
            topic.tell_again()
            self._wake(topic, is_urgent=True)

    def refresh(self, job_id: UUID) -> None:
        """Send an update now, for a change that causes no event, such as a request to stop."""
        if (topic := self._topics.get(job_id)) is not None:
            topic.needs_reading = True
            self._wake(topic, is_urgent=True)

    async def _tell_the_past(
        self, topic: Topic, subscriber: Subscriber, position: LogPosition | None
    ) -> None:
        lines: list[JobEvent] = []
        while position is not None:
            part = await self._store.log(topic.job_id, after=position, limit=ROWS_AT_ONCE)
            lines += part
            position = position_of(part[-1]) if part else position
            if len(part) < ROWS_AT_ONCE:
                break
        frame = self._frame(topic, lines)
        if frame is None:
            raise unknown_job(topic.job_id)
        if position is not None:
            frame = frame.model_copy(update={"cursor": position.cursor})
        subscriber.release(frame, position)
        if topic.has_news:
            self._wake(topic, is_urgent=True)
        else:
            self._end(topic)

    async def _reread(self) -> None:
        while True:
            await asyncio.sleep(READ_EVERY_S)
            for topic in list(self._topics.values()):
                if not topic.is_over:
                    topic.needs_reading = True
                    self._wake(topic, is_urgent=False)

    def _topic(self, job_id: UUID) -> Topic:
        if job_id not in self._topics:
            if len(self._topics) >= MOST_TOPICS:
                self._forget_idle(everything=True)
            self._topics[job_id] = Topic(job_id)
            self._woken[job_id] = asyncio.Event()
            pump = self._pump(self._topics[job_id])
            self._pumps[job_id] = asyncio.create_task(pump, name=f"topic {job_id}")
        return self._topics[job_id]

    def _wake(self, topic: Topic, *, is_urgent: bool) -> None:
        if self._topics.get(topic.job_id) is not topic:
            return  # dropped in the meantime
        if is_urgent:
            self._urgent.add(topic.job_id)
        self._woken[topic.job_id].set()

    async def _pump(self, topic: Topic) -> None:
        """Send status changes and Prefect's states at once, everything else at most once a second."""
        loop = asyncio.get_running_loop()
        told_at = -FRAME_EVERY_S
        woken = self._woken[topic.job_id]
        while True:
            await woken.wait()
            woken.clear()
            while topic.job_id not in self._urgent and (wait_s := told_at + FRAME_EVERY_S - loop.time()) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await woken.wait()
                woken.clear()
            self._urgent.discard(topic.job_id)
            try:
                for _ in range(5):  # what comes during a read may ask for another
                    await self._read(topic)
                    if not topic.needs_reading:
                        break
            except NotFound:
                if not topic.is_wanted:
                    self._forget(topic.job_id)
                    return
            except Exception as error:  # a topic without its pump would be silent for ever
                is_bug = not isinstance(error, LearningError)
                log.warning("Job %s could not be read: %s", topic.job_id, error, exc_info=is_bug)
                loop.call_later(FRAME_EVERY_S, woken.set)
            if topic.has_news:
                told_at = loop.time()
                self._tell(topic)
            self._end(topic)

    def _tell(self, topic: Topic) -> None:
        lines = topic.news()
        if (frame := self._frame(topic, lines)) is None:
            return
        subscribers = [*topic.subscribers, *self._all]
        for subscriber in subscribers:
            subscriber.publish(frame, lines)
        self._metrics.frames.inc(len(subscribers))

    def _end(self, topic: Topic) -> None:
        """End the subscriptions to a finished job."""
        if topic.is_over and not topic.has_news:
            for subscriber in topic.subscribers:
                subscriber.end()

    def _frame(self, topic: Topic, lines: Sequence[JobEvent] = ()) -> JobFrame | None:
        """The current status with some events; None while nothing is known about the job."""
        if topic.row is None:
            return None
        return topic.frame(
            topic.row,
            lines,
            prefect_url=f"{self._run_pages}{topic.job_id}",
            confirmed_at=self._confirmed_at(topic.row),
            is_live=self.is_live,
            now=self._store.now(),
        )

    async def _read(self, topic: Topic) -> None:
        """Bring a topic up to date from the store.

        Raises NotFound, and PrefectUnavailable if the job has no row and Prefect cannot be asked.
        """
        async with topic.reading:
            if not topic.needs_reading and topic.row is not None:
                return
            is_new, topic.needs_reading = topic.row is None, False
            try:
                row = await self._row(topic.job_id)
                while part := await self._store.log(topic.job_id, after=topic.position, limit=ROWS_AT_ONCE):
                    topic.take_log(part)
                    row = await self._row(topic.job_id)  # no line is told with an older row
                topic.take_read_row(row)
                topic.take_stop(not row.is_final and await self._store.stop_requested(topic.job_id))
            except BaseException:
                topic.needs_reading = True
                raise
            if is_new and not topic.is_discovered:
                topic.news()  # new subscribers get the status anyway

    async def _row(self, job_id: UUID) -> Job:
        row = await self._store.job(job_id) or await self._look_up(job_id)
        if row is None:
            raise unknown_job(job_id)
        return row

    def _forget_idle(self, *, everything: bool = False) -> None:
        for job_id, topic in list(self._topics.items()):
            if topic.is_wanted or (self._all and not everything and not topic.is_over):
                continue
            self._pumps[job_id].cancel()
            self._forget(job_id)

    def _forget(self, job_id: UUID) -> None:
        del self._topics[job_id], self._woken[job_id], self._pumps[job_id]
        self._urgent.discard(job_id)
