"""Prefect's process worker that hears of new runs at once, and knows how many are at work."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.workers.process import ProcessWorker, ProcessWorkerResult

from service.orchestration.types import WORKERS_LAST_WORD

if TYPE_CHECKING:
    import anyio.abc
    from prefect.client.schemas.objects import FlowRun
    from prefect.workers.process import ProcessJobConfiguration

DUE = ["prefect.flow-run.Scheduled", "prefect.flow-run.AwaitingRetry", "prefect.flow-run.Late"]
"""Events after which there may be a run to start."""
AGAIN_S = 2.0


class Worker(ProcessWorker):
    """One more worker of Prefect's type `process`."""

    is_stopping = False
    """Whether it takes no more runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as they come
        super().__init__(*args, **kwargs)
        self._at_work = 0
        self._asking = asyncio.Lock()

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "learning"

    @property
    def is_busy(self) -> bool:
        """Whether a run is at work or about to be."""
        return self._at_work > 0 or bool(self._submitting_flow_run_ids)

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Start the runs that are due; as often as the worker asks, and at once when Prefect tells of one."""
        async with self._asking:
            return [] if self.is_stopping else await super().get_and_submit_flow_runs()

    async def run(
        self, flow_run: FlowRun, configuration: ProcessJobConfiguration, task_status: anyio.abc.TaskStatus[int] | None = None
    ) -> ProcessWorkerResult:
        """Run one, and count it meanwhile."""
        self._at_work += 1
        try:
            return await super().run(flow_run, configuration, task_status)
        finally:
            self._at_work -= 1
            await self._end_cancelling(flow_run.id)

    async def _end_cancelling(self, flow_run_id: UUID) -> None:
        """Call a run cancelled whose process is gone: one that was cancelled before it ran would be called so after 300 s by Prefect's server."""
        with suppress(Exception):  # then the server does it
            flow_run = await self.client.read_flow_run(flow_run_id)
            if flow_run.state is not None and flow_run.state.type == StateType.CANCELLING:
                await self._mark_flow_run_as_cancelled(flow_run, {"message": WORKERS_LAST_WORD})

    async def listen(self) -> None:
        """Look for due runs whenever Prefect's event stream tells of one, until cancelled. The stream may lose some; the polling does not."""
        told = asyncio.Event()
        looking = asyncio.create_task(self._look(told))
        try:
            while True:
                try:
                    async with get_events_subscriber(filter=EventFilter(event=EventNameFilter(name=DUE)), reconnect_on_clean_close=True) as events:
                        async for _ in events:
                            told.set()
                except Exception:  # noqa: BLE001  whatever the stream has, the polling goes on
                    await asyncio.sleep(AGAIN_S * (0.5 + random.random()))  # noqa: S311  no secret
        finally:
            looking.cancel()

    async def _look(self, told: asyncio.Event) -> None:
        while True:
            await told.wait()
            told.clear()
            try:
                await self.get_and_submit_flow_runs()
            except Exception:  # noqa: BLE001  said by the polling, which meets the same
                await asyncio.sleep(AGAIN_S)
