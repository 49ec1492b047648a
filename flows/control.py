"""How a running job is told to stop: the drain flag, Prefect's cancellation, and the signals of the operating system."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.logging import get_run_logger

from flows.pipeline import Pipeline
from flows.recorder import JobRecorder
from flows.stores.base import Store

SIGNAL_GRACE_S = 8.0
STATE_EVERY_S = 5.0
STATE_TIMEOUT_S = 1.5
OVER = frozenset({StateType.CANCELLING, StateType.CANCELLED, StateType.CRASHED, StateType.FAILED, StateType.COMPLETED})


class Control:
    """Listens for all ways to stop a job and passes them to its pipeline."""

    def __init__(self, job_id: UUID, store: Store) -> None:
        self._job_id = job_id
        self._store = store
        self._pipeline: Pipeline | None = None
        self._looked_at = time.monotonic()
        self._is_draining = False
        self._asking: set[asyncio.Task[object]] = set()

    def attach(self, pipeline: Pipeline) -> None:
        """Pass what is heard from now on to this pipeline."""
        self._pipeline = pipeline

    async def tick(self, recorder: JobRecorder) -> None:
        """Look at the drain flag, and every five seconds at the run's own state, since a runner may have lost its ear."""
        if not self._is_draining and await self._store.stop_requested(self._job_id):
            recorder.event("job.stopping", "Stopping: what is in flight is finished")
            self._drain(None)
        if time.monotonic() - self._looked_at >= STATE_EVERY_S:
            self._looked_at = time.monotonic()
            self._spawn(self._obey_prefect())

    def _drain(self, grace_s: float | None) -> None:
        self._is_draining = True
        if self._pipeline is not None:
            self._pipeline.drain(grace_s=grace_s)

    def _abort(self) -> None:
        if self._pipeline is not None:
            self._pipeline.abort()

    def _spawn(self, coroutine: Coroutine[Any, Any, object]) -> None:
        asking = asyncio.create_task(coroutine)
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _obey_prefect(self) -> bool:
        try:
            async with asyncio.timeout(STATE_TIMEOUT_S), get_client() as client:
                run = await client.read_flow_run(self._job_id)
        except Exception as error:  # noqa: BLE001  an unreachable server says nothing about this run
            get_run_logger().debug("Prefect did not tell this run's state: %s", error)
            return False
        if run.state is not None and run.state.type in OVER:
            get_run_logger().warning("Prefect says that this run is %s: stopping now", run.state.name)
            self._abort()
            return True
        return False

    def _on_interrupt(self) -> None:
        if self._is_draining:
            self._abort()
        else:
            get_run_logger().info("Interrupted: finishing what is in flight. Once more stops at once")
            self._drain(SIGNAL_GRACE_S)

    def _on_terminate(self) -> None:
        self._spawn(self._drain_unless_cancelled())

    async def _drain_unless_cancelled(self) -> None:
        if not await self._obey_prefect():
            get_run_logger().info("Terminated: finishing what is in flight")
            self._drain(SIGNAL_GRACE_S)

    @contextmanager
    def listening(self) -> Generator[None]:
        """Handle SIGINT and SIGTERM for the time being, where this is the main thread; Prefect's own handlers come back at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        handlers = {signal.SIGINT: self._on_interrupt, signal.SIGTERM: self._on_terminate}
        before = {number: signal.getsignal(number) for number in handlers}
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number, handler_before in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler_before)
            for asking in self._asking:
                asking.cancel()
