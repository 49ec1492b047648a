"""Three private functions of Prefect's process worker, replaced in this process.

As they come, each run imports everything anew, one that is cancelled is looked after every three seconds, and one that is run again
within a minute of its cancellation is cancelled once more: each attempt listens anew, and is told of the events of before.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import prefect
from prefect.exceptions import ObjectNotFound
from prefect.runner import _starter_engine
from prefect.runner._cancellation_manager import CancellationManager
from prefect.runner._process_manager import ProcessHandle, ProcessManager
from prefect.settings import get_current_settings
from prefect.utilities.processutils import command_from_string

from service.stack.worker.engine import COMMAND
from service.stack.worker.warm_pool import Spares

PATCHED_VERSION = "3.8.8"
CANCEL_SIGNATURE = "(self, flow_run_id: 'UUID') -> 'None'"
KILL_SIGNATURE = "(self, flow_run_id: 'UUID', grace_seconds: 'float' = 30, *, force: 'bool' = False) -> 'None'"
LOOK_S = 0.05


def hasten(spares: Spares) -> bool:
    """Have runs take spare processes, and ends be seen at once; False, and nothing changes, on any other Prefect than the tested one."""
    spares.expect(os.environ | get_current_settings().to_environment_variables(exclude_unset=True))
    start: Any = getattr(_starter_engine, "run_process", None)
    signatures = [str(inspect.signature(function)) for function in (ProcessManager.kill, CancellationManager.cancel_by_id)]
    if prefect.__version__ != PATCHED_VERSION or start is None or signatures != [KILL_SIGNATURE, CANCEL_SIGNATURE]:
        return False
    setattr(_starter_engine, "run_process", _starting(spares, start))  # noqa: B010  it is not exported
    ProcessManager.kill = kill  # type: ignore[method-assign]
    CancellationManager.cancel_by_id = cancel_by_id  # type: ignore[method-assign]
    return True


def _starting(spares: Spares, start: Callable[..., Any]) -> Callable[..., Any]:
    async def run_process(
        command: list[str],
        *,
        task_status: anyio.abc.TaskStatus[ProcessHandle],
        task_status_handler: Callable[[Any], ProcessHandle],
        env: dict[str, str],
        cwd: Path | str | None = None,
        **others: Any,  # noqa: ANN401  as they come
    ) -> Any:  # noqa: ANN401
        """A process for a run, to its end: a spare one where the run is of our engine, in a folder of its own and no module's."""
        folder = Path(cwd) if cwd is not None else None
        if command == command_from_string(COMMAND) and folder is not None and not any(folder.iterdir()):
            spare = await spares.take(env)
            if spare is not None and await spare.hand_over(env, folder):
                task_status.started(task_status_handler(spare.process))
                try:
                    await spare.process.wait()
                except BaseException:
                    with suppress(ProcessLookupError):
                        spare.process.terminate()
                    raise
                return spare.process
        return await start(command, task_status=task_status, task_status_handler=task_status_handler, env=env, cwd=cwd, **others)

    return run_process


async def kill(self: ProcessManager, flow_run_id: UUID, grace_seconds: float = 30, *, force: bool = False) -> None:
    """Stop a run's process, by force after so many seconds, and return as soon as it is gone."""
    handle = self.get(flow_run_id)
    if handle is None or handle.pid is None:
        return
    with suppress(ProcessLookupError):
        if not force:
            handle.graceful_kill()
            deadline = time.monotonic() + grace_seconds
            while handle.is_alive():
                if time.monotonic() >= deadline:
                    break
                await anyio.sleep(LOOK_S)
            else:
                return
        handle.hard_kill()


async def cancel_by_id(self: CancellationManager, flow_run_id: UUID) -> None:
    """Cancel a run that is told to be cancelled, if that is still so."""
    try:
        flow_run = await self._client.read_flow_run(flow_run_id)
    except ObjectNotFound:
        return
    if flow_run.state is not None and flow_run.state.is_cancelling():
        await self.cancel(flow_run)
