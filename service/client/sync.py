"""LearningClient without `await`: its calls run in an event loop in a separate thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import CancelledError
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from service.client.calls import JobId
from service.client.client import LearningClient
from service.client.http import TIMEOUT_S
from service.client.watch import PATIENCE_S
from service.schemas import JobFrame

Given = ParamSpec("Given")
R = TypeVar("R")

CLOSE_S = 5.0


def _waiting(
    method: Callable[Concatenate[LearningClient, Given], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[SyncLearningClient, Given], R]:
    """The same method without `await`: its parameters, result and documentation stay."""

    @wraps(method)
    def call(self: SyncLearningClient, /, *args: Given.args, **kwargs: Given.kwargs) -> R:
        return self._run(method(self._client, *args, **kwargs))

    return call


class SyncLearningClient:
    """Has every method of LearningClient; `watch` is an ordinary generator.

    Use it in a `with` block, or call `close`.
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: set[AsyncGenerator[JobFrame]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="learning client", daemon=True)
        self._client = LearningClient(url, token=token, timeout_s=timeout_s)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The server's URL."""
        return self._client.url

    def close(self) -> None:
        """Close all connections and end the thread. Closing twice has no effect."""
        if self._loop.is_closed():
            return
        for frames in list(self._open):
            self._run(frames.aclose())
        self._run(self._client.close())
        self._run(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)
        self._loop.close()

    start = _waiting(LearningClient.start)
    start_big = _waiting(LearningClient.start_big)
    estimate = _waiting(LearningClient.estimate)
    jobs = _waiting(LearningClient.jobs)
    job = _waiting(LearningClient.job)
    cancel = _waiting(LearningClient.cancel)
    retry = _waiting(LearningClient.retry)
    rounds = _waiting(LearningClient.rounds)
    round = _waiting(LearningClient.round)
    events = _waiting(LearningClient.events)
    knowledge = _waiting(LearningClient.knowledge)
    search = _waiting(LearningClient.search)
    entry = _waiting(LearningClient.entry)
    graph = _waiting(LearningClient.graph)
    frontier = _waiting(LearningClient.frontier)
    stats = _waiting(LearningClient.stats)
    export = _waiting(LearningClient.export)
    health = _waiting(LearningClient.health)
    schedules = _waiting(LearningClient.schedules)
    pause_schedule = _waiting(LearningClient.pause_schedule)
    resume_schedule = _waiting(LearningClient.resume_schedule)

    def watch(
        self,
        job_id: JobId,
        *,
        after: str | None = None,
        from_start: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> Generator[JobFrame]:
        """Frames of a job until it ends, like `LearningClient.watch`."""
        return self._iterate(
            self._client.watch(job_id, after=after, from_start=from_start, patience_s=patience_s)
        )

    async def _settle(self) -> None:
        """Wait for generators and tasks that are closing."""
        await self._loop.shutdown_asyncgens()
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(left, timeout=CLOSE_S)

    def _run(self, work: Coroutine[Any, Any, R]) -> R:
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("This client is closed; open a new one")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise
        except BaseException:
            # Ctrl-C reaches only this thread
            future.cancel()
            raise

    def _iterate(self, frames: AsyncGenerator[JobFrame]) -> Generator[JobFrame]:
        async def following() -> JobFrame | None:
            return await anext(frames, None)

        self._open.add(frames)
        try:
            while (frame := self._run(following())) is not None:
                yield frame
        finally:
            self._open.discard(frames)
            if not self._loop.is_closed():
                self._run(frames.aclose())
