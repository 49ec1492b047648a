"""The process of one flow run: a warm one if it fits, otherwise a new one. It is stopped gracefully, then by
force.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.utilities.processutils import command_from_string

from service.stack.worker.engine import COMMAND

if TYPE_CHECKING:
    from service.stack.worker.warm_pool import WarmPool

GRACE_S = 30.0
"""Time for a run to end after SIGTERM, as in Prefect's own worker."""


class RunProcess:
    """A run's process, from start to end."""

    def __init__(self, flow_run_id: UUID, process: asyncio.subprocess.Process) -> None:
        self.flow_run_id = flow_run_id
        self._process = process
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        flow_run_id: UUID,
        command: str,
        environment: Mapping[str, str],
        folder: Path,
        *,
        is_shown: bool,
        warm_pool: WarmPool | None,
    ) -> RunProcess:
        """Start a run's command; if it is our engine's command, use a process of the pool.

        Raises OSError if it cannot be started.

        The pool serves only runs in an empty folder: modules in another folder would shadow those already
        imported.
        """
        arguments = command_from_string(command)
        if warm_pool is not None and arguments == command_from_string(COMMAND):
            warm = await warm_pool.take(environment)
            if warm is not None and await warm.hand_over(environment, folder):
                return cls(flow_run_id, warm.process)
        if arguments[0] in {"python", "python3"}:
            arguments[0] = sys.executable
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=None if is_shown else asyncio.subprocess.DEVNULL,
            stderr=None if is_shown else asyncio.subprocess.DEVNULL,
            env=dict(environment),
            cwd=folder,
        )
        return cls(flow_run_id, process)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its exit code, which is negative for a signal."""
        return await self._process.wait()

    def terminate(self) -> None:
        """Ask it to stop."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop because its run is being cancelled."""
        return self._ending is not None

    def cancel(self, *, grace_s: float = GRACE_S) -> None:
        """Ask it to stop, and kill it after `grace_s`; immediately with 0.

        Repeating the call has no effect.
        """
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(grace_s))

    async def _end(self, grace_s: float) -> None:
        if grace_s > 0:
            self.terminate()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            await self._process.wait()
