"""One subscription to Prefect's events in, any number of watchers out.

Events make frames quick; what makes them true is read from the store and from Prefect's API: when a watcher
comes, when a number is missing, after each connection, and every dozen seconds for jobs at work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from prefect.context import get_settings_context

from flows.errors import ConfigurationError, LearningError
from flows.knowledge import Job, JobStatus, utc_now
from flows.stores.base import Store
from service.errors import NotFound, PrefectUnavailable
from service.live.channel import Channel, Item, Watcher
from service.live.job_view import job_of
from service.live.listing import list_jobs
from service.live.timeline import Place, read_history
from service.metrics import Metrics
from service.orchestration.events import Hint, hints
from service.orchestration.mender import GRACE, mend
from service.orchestration.runs import Orchestrator

FRAME_EVERY_S = 1.0
RECONCILE_EVERY_S = 12.0
SECOND_LOOK_S = 6.0
"""After a connection: events that Prefect had accepted before it, and not stored yet, are in neither of its
answers until then.
"""
LAST_LOOK_S = 1.0
LOOKS = 2
MOST_CHANNELS = 500
CLOSE_S = 3.0
READ_AT_ONCE = 500
_OPEN: tuple[JobStatus, ...] = ("queued", "running", "cancelling")

log = logging.getLogger(__name__)


class Relay:
    """Keeps a channel for each job that is watched or at work.

    Between `async with` and its end it listens.
    """

    def __init__(self, store: Store, orchestrator: Orchestrator, metrics: Metrics) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._metrics = metrics
        self._channels: dict[UUID, Channel] = {}
        self._pumps: dict[UUID, asyncio.Task[None]] = {}
        self._woken: dict[UUID, asyncio.Event] = {}
        self._urgent: set[UUID] = set()
        self._looking: set[UUID] = set()
        self._all: set[Watcher] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_live = False

    async def __aenter__(self) -> Self:
        # Prefect is the one that was named when the facade started, also for connections made later
        self._settings = get_settings_context()
        self._tasks = [
            asyncio.create_task(self._listen(), name="relay"),
            asyncio.create_task(self._reconcile(), name="reconcile"),
        ]
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks = [*self._tasks, *self._pumps.values()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_S)
        for watcher in [*self._all, *(w for channel in self._channels.values() for w in channel.watchers)]:
            watcher.end()

    @asynccontextmanager
    async def watch(self, job_id: UUID, after: str | None = None) -> AsyncGenerator[Watcher]:
        """Frames of one job until it has ended: the first at once, with what happened after the cursor.

        Raises NotFound, InvalidInput for a bad cursor, and PrefectUnavailable where only Prefect could tell
        of the job.
        """
        place = Place.of(after) if after is not None else None
        channel = self._channel(job_id)
        watcher = Watcher(is_held=True)
        try:
            with channel.kept():
                await self._read(channel)
                # from here on nothing is missed: what is heard while the past is read is told after it
                channel.watchers.add(watcher)
            await self._tell_the_past(channel, watcher, place)
            yield watcher
        finally:
            channel.watchers.discard(watcher)
            self._forget_idle()

    @asynccontextmanager
    async def watch_all(self) -> AsyncGenerator[Watcher]:
        """Frames of all jobs, those at work now first."""
        watcher = Watcher()
        self._all.add(watcher)
        try:
            for job_id in await self._at_work():
                channel = self._channel(job_id)
                with suppress(LearningError), channel.kept():
                    await self._read(channel)
                    if (frame := self._frame(channel)) is not None:
                        watcher.offer(frame, ())
            yield watcher
        finally:
            self._all.discard(watcher)
            self._forget_idle()

    async def _tell_the_past(self, channel: Channel, watcher: Watcher, place: Place | None) -> None:
        items: list[Item] = []
        while place is not None:
            part = await read_history(
                self._store, self._orchestrator, channel.job_id, after=place, limit=READ_AT_ONCE
            )
            items += part.items
            place = part.place
            if not part.has_more:
                break
        frame = self._frame(channel, items)
        if frame is None:
            raise _unknown(channel.job_id)
        if place is not None:
            frame = frame.model_copy(update={"cursor": place.cursor})
        watcher.release(frame, place)
        if channel.has_news():
            self._wake(channel, is_urgent=channel.is_final)
        else:
            self._end(channel)

    async def _listen(self) -> None:
        async with aclosing(hints(self._settings, self._on_connection)) as heard:
            async for hint in heard:
                self._take(hint)

    def _take(self, hint: Hint) -> None:
        self._metrics.relay_lag_seconds.observe(max(0.0, (utc_now() - hint.occurred).total_seconds()))
        channel = self._channels.get(hint.job_id)
        if channel is None:
            if not self._all or (hint.state is None and hint.document is None):
                return
            channel = self._channel(hint.job_id)
            channel.is_discovered = True
        is_urgent = channel.take(hint)
        if channel.has_news():
            self._wake(channel, is_urgent=is_urgent)

    def _on_connection(self, is_live: bool) -> None:
        self.is_live = is_live
        self._metrics.relay_is_live.set(is_live)
        for channel in self._channels.values():
            channel.needs_reading = True
            channel.stir()
            self._wake(channel, is_urgent=True)
        if is_live:
            asyncio.get_running_loop().call_later(SECOND_LOOK_S, self._look_again)

    def _look_again(self) -> None:
        for channel in self._channels.values():
            if not channel.is_final:
                channel.needs_reading = True
                self._wake(channel, is_urgent=False)

    async def _reconcile(self) -> None:
        """For jobs at work: take Prefect's state from its API, and read the store where a job went silent."""
        while True:
            await asyncio.sleep(RECONCILE_EVERY_S)
            open_ = [channel for channel in self._channels.values() if not channel.is_final]
            for channel in open_:
                channel.needs_reading = True
                self._wake(channel, is_urgent=False)

    def _channel(self, job_id: UUID) -> Channel:
        if job_id not in self._channels:
            if len(self._channels) >= MOST_CHANNELS:
                self._forget_idle(everything=True)
            self._channels[job_id] = Channel(job_id)
            self._woken[job_id] = asyncio.Event()
            self._pumps[job_id] = asyncio.create_task(
                self._pump(self._channels[job_id]), name=f"channel {job_id}"
            )
        return self._channels[job_id]

    def look_again(self, job_id: UUID) -> None:
        """Tell those who watch a job at once of what nobody else tells, such as that it was asked to stop."""
        if (channel := self._channels.get(job_id)) is not None:
            channel.needs_reading = True
            self._wake(channel, is_urgent=True)

    def _wake(self, channel: Channel, *, is_urgent: bool) -> None:
        if self._channels.get(channel.job_id) is not channel:
            return  # forgotten meanwhile
        if is_urgent:
            self._urgent.add(channel.job_id)
        self._woken[channel.job_id].set()

    async def _pump(self, channel: Channel) -> None:
        """Tell the watchers what is new: states at once, the rest at most once a second."""
        loop = asyncio.get_running_loop()
        told_at = -FRAME_EVERY_S
        woken = self._woken[channel.job_id]
        while True:
            await woken.wait()
            woken.clear()
            while (
                channel.job_id not in self._urgent and (wait_s := told_at + FRAME_EVERY_S - loop.time()) > 0
            ):
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), wait_s)
                woken.clear()
            self._urgent.discard(channel.job_id)
            try:
                for _ in range(LOOKS):  # once more for what was heard while reading
                    await self._read(channel)
            except NotFound:  # a run of somebody else's flow
                if not channel.is_wanted:
                    self._forget(channel.job_id)
                    return
            except LearningError as error:
                log.info("Job %s could not be read: %s", channel.job_id, error)
                loop.call_later(FRAME_EVERY_S, woken.set)
            if channel.has_news():
                told_at = loop.time()
                self._tell(channel)
            self._end(channel)

    def _tell(self, channel: Channel) -> None:
        items = channel.news()
        frame = self._frame(channel, items)
        if frame is None:
            return
        watchers = [*channel.watchers, *self._all]
        for watcher in watchers:
            watcher.offer(frame, items)
        self._metrics.frames.inc(len(watchers))

    def _end(self, channel: Channel) -> None:
        """Let the watchers of a job that is over go; look again in a moment where only Prefect has not heard
        of its end.
        """
        if channel.is_over and not channel.needs_reading:
            for watcher in channel.watchers:
                watcher.end()
        elif channel.is_final and channel.job_id not in self._looking:
            self._looking.add(channel.job_id)
            asyncio.get_running_loop().call_later(LAST_LOOK_S, self._look_for_end, channel)

    def _look_for_end(self, channel: Channel) -> None:
        self._looking.discard(channel.job_id)
        if self._channels.get(channel.job_id) is channel:
            channel.needs_reading = True
            self._wake(channel, is_urgent=True)

    def _frame(self, channel: Channel, items: list[Item] | tuple[Item, ...] = ()) -> Any:  # noqa: ANN401  a JobFrame or None
        return channel.frame(
            prefect_url=self._orchestrator.page_of(channel.job_id), is_live=self.is_live, items=items
        )

    async def _read(self, channel: Channel) -> None:
        """Bring a channel up to what the durable sources say.

        Raises NotFound and PrefectUnavailable where nothing can be said of the job.
        """
        async with channel.reading:
            if not channel.needs_reading and channel.job is not None:
                return
            channel.needs_reading = False
            try:
                await self._read_anew(channel)
            except BaseException:
                channel.needs_reading = True
                raise

    async def _read_anew(self, channel: Channel) -> None:
        is_new = channel.job is None
        try:
            run = await self._orchestrator.run(channel.job_id)
        except (PrefectUnavailable, ConfigurationError):
            run = None
            if is_new and await self._store.job(channel.job_id) is None:
                raise
        job: Job | None = await self._store.job(channel.job_id)
        if job is None:
            job = job_of(run) if run is not None else None
        if job is None:
            raise _unknown(channel.job_id)
        items, place = await self._past(channel, has_states=run is not None)
        is_stopping = not job.is_final and await self._store.stop_requested(channel.job_id)
        channel.take_truth(
            job, run.state if run else None, () if is_new else items, place, is_stopping=is_stopping
        )
        if is_new and not channel.is_discovered:
            channel.news()  # whoever comes is told the status anyway
        if run is not None and run.state.is_final and not job.is_final:
            self._spawn(self._mend_later(channel))

    async def _past(self, channel: Channel, *, has_states: bool) -> tuple[list[Item], Place]:
        items: list[Item] = []
        place = channel.place
        while True:
            part = await read_history(
                self._store, self._orchestrator, channel.job_id, after=place, limit=READ_AT_ONCE
            )
            items += part.items
            place = part.place
            if has_states and not part.is_complete:
                channel.needs_reading = True
            if not part.has_more:
                return items, place

    async def _mend_later(self, channel: Channel) -> None:
        """Prefect says that the run is over, and the document does not: when nobody else writes it,
        write it.
        """
        await asyncio.sleep((GRACE + timedelta(seconds=0.5)).total_seconds())
        try:
            if (job := await self._store.job(channel.job_id)) is not None and not job.is_final:
                await mend(self._store, await self._orchestrator.states([channel.job_id]))
        except LearningError as error:
            log.info("Job %s could not be mended: %s", channel.job_id, error)
        channel.needs_reading = True
        self._wake(channel, is_urgent=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _at_work(self) -> list[UUID]:
        try:
            found = await list_jobs(
                self._store, self._orchestrator, statuses=_OPEN, mode=None, since=None, cursor=None, limit=50
            )
        except LearningError:
            return []
        return [job.job_id for job in found.items]

    def _forget_idle(self, *, everything: bool = False) -> None:
        """Drop the channels that nobody watches."""
        for job_id, channel in list(self._channels.items()):
            if channel.is_wanted or (self._all and not everything and not channel.is_final):
                continue
            self._pumps[job_id].cancel()
            self._forget(job_id)

    def _forget(self, job_id: UUID) -> None:
        del self._channels[job_id], self._woken[job_id], self._pumps[job_id]
        self._urgent.discard(job_id)


def _unknown(job_id: UUID) -> NotFound:
    return NotFound("job_id", f"there is no job {job_id}", "GET /jobs lists those there are")
