"""A Prefect worker type, `learning`: starts runs in warm processes, notices their ends immediately, and
reports how they ended.

It uses only documented extension points: `run`, `setup`, `teardown`, `get_and_submit_flow_runs`, the job
configuration, labels, states and events. It also serves work pools of type `process`, and no deployment
depends on it: Prefect's own process worker can run them all.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, get_current_settings, temporary_settings
from prefect.states import Cancelled, Crashed
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from flows.core.ending import SUPERSEDED_EXIT
from flows.knowledge import ProcessMark
from flows.own_machine import process_of
from service.orchestration.liveness import SUSPENDED, TAKEN_BACK
from service.orchestration.types import POOL_TYPE, Taken, exit_labels, taken_labels, taken_of
from service.stack.worker.engine import COMMAND
from service.stack.worker.run_process import GRACE_S, RunProcess
from service.stack.worker.warm_pool import WarmPool

if TYPE_CHECKING:
    import anyio.abc

CANCELLING = "prefect.flow-run.Cancelling"
DUE = [f"prefect.flow-run.{name}" for name in ("Scheduled", "AwaitingRetry", "Late", TAKEN_BACK)]
"""Events after which a run may be due."""
IN_PROCESS = frozenset({StateType.PENDING, StateType.RUNNING, StateType.PAUSED})
"""The states of a run that has a process."""
AGAIN_S = 2.0
LOOK_S = 5.0
"""How often to check active runs for cancellations that the event stream lost."""
SUBMIT_S = 5.0
"""How long a run may take from submission to its start."""


class LearningJobConfiguration(ProcessJobConfiguration):
    """Like Prefect's process worker. The default command is our engine, which stops with its stack."""

    def prepare_for_flow_run(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as Prefect has them
        """Fill in the details of a run."""
        self.command = self.command or COMMAND
        super().prepare_for_flow_run(*args, **kwargs)


class LearningWorker(ProcessWorker):
    """Prefect's process worker with warm processes. `on_ready` is called once it accepts runs."""

    type = POOL_TYPE
    job_configuration = LearningJobConfiguration

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  as Prefect has them
        warm_pool: WarmPool | None = None,
        on_ready: Callable[[], None] = lambda: None,
        **kwargs: Any,  # noqa: ANN401  the base class's
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_stopping = False
        """Whether it stops together with its runs. It then reports nothing more about them."""
        self.is_retired = False
        """Whether it takes no more runs, and stays until its own have ended."""
        self._warm_pool = warm_pool
        self._on_ready = on_ready
        self._at_work: list[RunProcess] = []
        self._submitted: dict[Any, float] = {}
        self._running = 0
        self._fetching = asyncio.Lock()
        self._told = asyncio.Event()
        self._duties: list[asyncio.Task[None]] = []

    @property
    def is_busy(self) -> bool:
        """Whether a run is active or about to start."""
        recently = time.monotonic() - SUBMIT_S
        return self._running > 0 or any(at > recently for at in self._submitted.values())

    async def setup(self) -> None:
        """Set up, then listen for runs that are due or to be cancelled."""
        await super().setup()
        if self._warm_pool is not None:
            self._warm_pool.expect(get_current_settings().to_environment_variables(exclude_unset=True))
        duties = (self._listen(), self._submit_when_told(), self._look_for_cancellations())
        self._duties = [asyncio.create_task(duty) for duty in duties]
        self._on_ready()

    async def teardown(self, *exc_info: Any) -> None:  # noqa: ANN401  the base class's
        """Stop listening, then tear down."""
        for duty in self._duties:
            duty.cancel()
        await asyncio.gather(*self._duties, return_exceptions=True)
        await super().teardown(*exc_info)

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Start the runs that are due, unless the worker is stopping or retired.

        Prefect's poll calls this, and events do so immediately.
        """
        async with self._fetching:
            if self.is_stopping or self.is_retired:
                return []
            submitted = await super().get_and_submit_flow_runs()
            self._submitted |= {run.id: time.monotonic() for run in submitted}
        await asyncio.gather(*(self._tell_taken(run) for run in submitted))
        return submitted

    async def _tell_taken(self, flow_run: FlowRun, process: RunProcess | None = None) -> None:
        """Record in Prefect who has taken a run, so that the death of either process is noticed even before
        the run begins.
        """
        if flow_run.state is None:
            return
        marks = [process_of(), process_of(process.pid) if process is not None else None]
        worker, own = [ProcessMark(**mark._asdict()) if mark is not None else None for mark in marks]
        taken = Taken(after=flow_run.state.id, worker=worker, process=own)
        try:
            await self.client.update_flow_run_labels(flow_run.id, dict(taken_labels(taken)))
        except Exception as error:  # noqa: BLE001  without it PENDING has its limit all the same
            self.get_flow_run_logger(flow_run).debug("Could not tell Prefect who has taken it: %s", error)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Run one flow run in a process until it ends."""
        self._running += 1
        self._submitted.pop(flow_run.id, None)
        try:
            process = await self._run(flow_run, configuration, task_status)
            return ProcessWorkerResult(
                status_code=await self._conclude(flow_run, process), identifier=str(process.pid)
            )
        finally:
            self._running -= 1

    async def _run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None,
    ) -> RunProcess:
        given = configuration.working_dir
        with nullcontext(str(given)) if given else tempfile.TemporaryDirectory(suffix="prefect") as folder:
            process = await RunProcess.start(
                flow_run.id,
                configuration.command or COMMAND,
                {name: value for name, value in configuration.env.items() if value is not None},
                Path(folder),
                is_shown=configuration.stream_output,
                warm_pool=None if given else self._warm_pool,
            )
            self._at_work.append(process)
            try:
                if task_status is not None:
                    task_status.started(process.pid)
                telling = asyncio.create_task(self._tell_taken(flow_run, process))
                await process.wait()
                telling.cancel()
            except BaseException:
                process.terminate()
                raise
            finally:
                self._at_work.remove(process)
        return process

    async def _conclude(self, flow_run: FlowRun, process: RunProcess) -> int:
        """Report the end of a run that did not report it itself. Returns 0 once Prefect knows, or no longer
        knows the run.

        A cancelled run is marked as cancelled now that its process is gone.
        """
        code = await process.wait()
        while not self.is_stopping:
            try:
                with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
                    return await self._tell_end(flow_run, process, code)
            except ObjectNotFound:
                return 0  # deleted in Prefect: there is nobody to tell
            # Prefect may be away: nobody else knows how the process ended
            except Exception as error:  # noqa: BLE001
                self.get_flow_run_logger(flow_run).debug(
                    "Could not tell Prefect how the run ended: %s", error
                )
            await asyncio.sleep(AGAIN_S)
        # a run that was stopped with this worker tells so itself, and one that had not begun goes back into
        # the queue; Prefect would call both crashed for another exit code
        return 0

    async def _tell_end(self, flow_run: FlowRun, process: RunProcess, code: int) -> int:
        now = await self.client.read_flow_run(flow_run.id)
        state, taken = now.state, taken_of(now.labels)
        is_retaken = taken is not None and flow_run.state is not None and taken.after != flow_run.state.id
        if code == SUPERSEDED_EXIT or is_retaken:
            return 0  # the state is another process's by now
        # SIGTERM before the flow begins makes the engine mark its run as crashed
        if state is not None and (state.is_cancelling() or (state.is_crashed() and process.is_cancelled)):
            await self.client.set_flow_run_state(
                flow_run.id, Cancelled(message="Its process has ended"), force=True
            )
        elif state is not None and state.name != SUSPENDED and state.type in IN_PROCESS:
            # labels first: a reader of the state needs them
            await self.client.update_flow_run_labels(flow_run.id, dict(exit_labels(code, now.run_count)))
            ended = f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"
            await self.client.set_flow_run_state(flow_run.id, Crashed(message=f"Its process {ended}"))
        return 0

    async def _listen(self) -> None:
        """Listen for runs that are due or to be cancelled, forever. The poll finds those whose events were
        lost.
        """
        wanted = [*DUE, CANCELLING]
        while True:
            try:
                async with get_events_subscriber(
                    filter=EventFilter(event=EventNameFilter(name=wanted)), reconnect_on_clean_close=True
                ) as events:
                    async for event in events:
                        if event.event == CANCELLING:
                            await self._cancel_those_asked_for()
                        else:
                            self._told.set()
            except Exception:  # noqa: BLE001  whatever the stream has, the polling goes on
                await asyncio.sleep(AGAIN_S * (0.5 + random.random()))  # noqa: S311  no secret

    async def _submit_when_told(self) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            try:
                await self.get_and_submit_flow_runs()
            except Exception:  # noqa: BLE001  said by the polling, which meets the same
                await asyncio.sleep(AGAIN_S)

    async def _look_for_cancellations(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(Exception):  # Prefect may be unavailable; the next check comes soon
                await self._cancel_those_asked_for()

    async def _cancel_those_asked_for(self) -> None:
        """Stop the processes of runs that Prefect is cancelling. Reads the runs from Prefect, since an event
        may be about an earlier attempt.
        """
        processes = list(self._at_work)
        if not processes:
            return
        wanted = FlowRunFilter(
            id=FlowRunFilterId(any_=list({process.flow_run_id for process in processes})),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING])),
        )
        found = await self.client.read_flow_runs(
            flow_run_filter=wanted, sort=FlowRunSort.ID_DESC, limit=len(processes)
        )
        # a run that has not begun has nothing to finish
        grace_s = {run.id: GRACE_S if run.start_time is not None else 0.0 for run in found}
        for process in processes:
            if process.flow_run_id in grace_s:
                process.cancel(grace_s=grace_s[process.flow_run_id])


def worker_for(pool_type: str) -> type[LearningWorker]:
    """The worker class for a pool of this type.

    Prefect warns about a worker whose type differs from its pool's.
    """
    if pool_type == POOL_TYPE:
        return LearningWorker
    with warnings.catch_warnings():
        # replaces Prefect's own worker in this process only
        warnings.simplefilter("ignore", UserWarning)
        return type("LearningWorker", (LearningWorker,), {"type": pool_type})
