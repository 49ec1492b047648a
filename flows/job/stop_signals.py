"""How a running job is told to stop: the drain flag, Prefect's cancellation, and the signals of the operating
system.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any

from prefect.client.schemas.objects import StateType

from flows.job.logs import job_logger
from flows.job.prefect_run import PrefectRun
from flows.job.progress import ProgressTracker
from flows.job.rounds import RoundRunner
from flows.shielding import STOP_GRACE_S
from flows.stores.base import Store

STATE_EVERY_S = 5.0
STATE_TIMEOUT_S = 1.5
HEAR_OUT_S = 6.0
"""How long a job that a worker stopped waits for Prefect to say whether a person wanted it to end."""
ASK_AGAIN_S = 0.5
OVER = frozenset(
    {StateType.CANCELLING, StateType.CANCELLED, StateType.CRASHED, StateType.FAILED, StateType.COMPLETED}
)
AGAIN = frozenset({StateType.SCHEDULED, StateType.PENDING})
"""The run begins again, in another process."""


class StopSignals:
    """Listens for all ways to stop a job and passes them to its runner."""

    def __init__(self, run: PrefectRun, *, has_worker: bool = False) -> None:
        self._run = run
        self._has_worker = has_worker
        self._is_worker_stopping = False
        self._runner: RoundRunner | None = None
        self._loop = asyncio.get_running_loop()
        self._looked_at = self._loop.time()
        self._tracker: ProgressTracker | None = None
        self._is_draining = False
        self._is_interrupted = False
        self._is_aborted = False
        self._grace_s: float | None = None
        self._asking: set[asyncio.Task[object]] = set()

    def attach(self, runner: RoundRunner) -> None:
        """Pass all signals to this runner, including those received before."""
        self._runner = runner
        if self._is_aborted:
            runner.abort()
        elif self._is_draining:
            runner.drain(grace_s=self._grace_s, is_worker_stopping=self._is_worker_stopping)

    async def tick(self, store: Store, tracker: ProgressTracker) -> None:
        """Check the drain flag, and every five seconds the run's own state, in case Prefect's notice of a
        cancellation was lost.
        """
        self._tracker = tracker
        if not self._is_draining and await store.stop_requested(tracker.job.job_id):
            self._drain(None, "Stop requested; finishing what is in flight")
        if self._loop.time() - self._looked_at >= STATE_EVERY_S:
            self._looked_at = self._loop.time()
            self._spawn(self._obey_prefect())

    def _drain(self, grace_s: float | None, why: str, *, is_worker_stopping: bool = False) -> None:
        # a person's wish counts if it came first; a signal often comes more than once
        self._is_worker_stopping = is_worker_stopping and (self._is_worker_stopping or not self._is_draining)
        self._is_draining, self._grace_s = True, grace_s
        self._tell(why)
        if self._runner is not None:
            self._runner.drain(grace_s=grace_s, is_worker_stopping=self._is_worker_stopping)

    def _abort(self, why: str) -> None:
        if self._is_aborted:
            return
        self._is_aborted = True
        self._tell(why)
        if self._runner is not None:
            self._runner.abort()

    def _tell(self, why: str) -> None:
        job_logger().info(why)
        if self._tracker is not None:
            self._tracker.event("job.stopping", why)

    def _spawn(self, coroutine: Coroutine[Any, Any, object]) -> None:
        asking = asyncio.create_task(coroutine)
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def hear_out(self) -> None:
        """If the worker stopped the job, wait for Prefect's answer whether a person wanted that."""
        if self._is_worker_stopping and self._asking:
            await asyncio.wait(self._asking, timeout=HEAR_OUT_S)

    async def _obey_prefect(self) -> bool | None:
        """End the run if Prefect says that it is over, and tell whether it is; None if Prefect does not
        respond.
        """
        try:
            async with asyncio.timeout(STATE_TIMEOUT_S):
                state = await self._run.state()
        except Exception as error:  # noqa: BLE001  an unreachable server says nothing about this run
            job_logger().debug("Could not read this run's state from Prefect: %s", error)
            return None
        if state is not None and state.type in OVER | AGAIN:
            self._abort(
                f"Prefect reports this run as {(state.name or state.type.value).lower()}; stopping now"
            )
            return True
        return False

    def _on_interrupt(self) -> None:
        if self._is_interrupted:
            self._abort("Interrupted again; stopping now")
        else:
            self._is_interrupted = True
            self._drain(
                STOP_GRACE_S, "Interrupted; finishing what is in flight (interrupt again to stop at once)"
            )

    def _on_terminate(self) -> None:
        self._spawn(self._drain_unless_cancelled())

    async def _drain_unless_cancelled(self) -> None:
        is_over = await self._obey_prefect()
        if not is_over:
            why = "The worker is being stopped" if self._has_worker else "Terminated"
            self._drain(
                STOP_GRACE_S, f"{why}; finishing what is in flight", is_worker_stopping=self._has_worker
            )
        while is_over is None:
            await asyncio.sleep(ASK_AGAIN_S)
            is_over = await self._obey_prefect()

    @contextmanager
    def listening(self) -> Generator[None]:
        """Handle SIGINT, SIGTERM and SIGHUP inside this context, if this is the main thread; afterwards
        Prefect's own handlers are restored.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {
            signal.SIGINT: self._on_interrupt,
            signal.SIGTERM: self._on_terminate,
            signal.SIGHUP: self._on_terminate,
        }
        before = {number: signal.getsignal(number) for number in handlers}
        for number, handler in handlers.items():
            self._loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number, handler_before in before.items():
                self._loop.remove_signal_handler(number)
                signal.signal(number, handler_before)
            for asking in self._asking:
                asking.cancel()
