"""The process of one flow run: a warm one where it fits, else a new one; ended gracefully, by force after a
while.
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
"""How long a run may take to end after SIGTERM; Prefect's own worker gives as much."""


class RunProcess:
    """A run's process, from its start to its end."""

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
        """Start a command for a run: in a process of the pool where it is our engine's command.

        Raises OSError where it cannot be started.

        The pool is only for runs in an empty folder: modules in another one would hide those that a warm
        process has imported.
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
        """Its process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Its exit code, once it has ended: negative for the signal that ended it."""
        return await self._process.wait()

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end because its run is cancelled."""
        return self._ending is not None

    def cancel(self, *, grace_s: float = GRACE_S) -> None:
        """Ask it to end, and kill it when it has not after so many seconds; at once with 0.

        Asking again changes nothing.
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
