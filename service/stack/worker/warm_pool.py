"""Keeps processes ready for the worker's next flow runs."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import flows
from service.stack.worker.warm_process import READY, TAKEN, WARM_OPTION

PREPARE_S = 60.0
NEARLY_S = 5.0
"""How long a run waits for a process that is still importing; a new one would need the same imports."""
TAKE_S = 2.0
BURST_GAP_S = 10.0
"""Starts closer together than this count as a burst."""
BURST_S = 60.0
"""How long two processes are kept warm after a burst."""
LOOK_S = 20.0
REST_S = 30.0
"""Pause after a process that did not become ready."""


class WarmProcess:
    """One process that has imported, or is importing, what a run needs."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        environment: dict[str, str],
        stamp: int,
    ) -> None:
        self.process = process
        self.environment = environment
        self.stamp = stamp
        self._writer = writer
        self._reader = reader
        self._ready = asyncio.create_task(self._hear(READY, within_s=PREPARE_S))

    @classmethod
    async def start(cls, environment: dict[str, str], stamp: int) -> WarmProcess:
        """Start one for runs in this environment. `stamp` identifies the code it has loaded."""
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "service.engine",
                WARM_OPTION,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
                pass_fds=(theirs.fileno(),),
            )
        except BaseException:
            writer.close()
            raise
        finally:
            theirs.close()
        return cls(process, reader, writer, environment, stamp)

    @property
    def is_alive(self) -> bool:
        """Whether the process lives."""
        return self.process.returncode is None

    async def is_ready(self, *, within_s: float = PREPARE_S) -> bool:
        """Whether it is ready, or will be in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await asyncio.shield(self._ready)
        return False

    async def hand_over(self, environment: Mapping[str, str], folder: Path) -> bool:
        """Turn it into the process of a run. False if it did not take the run; then it is gone."""
        order = {"environment": dict(environment), "folder": str(folder)}
        self._writer.write(json.dumps(order).encode() + b"\n")
        is_taken = await self._hear(TAKEN, within_s=TAKE_S)
        self._writer.close()
        if not is_taken:
            await self.end()
        return is_taken

    async def end(self) -> None:
        """Kill it; it has not begun anything."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self._writer.close()
        await self.process.wait()

    async def _hear(self, word: bytes, *, within_s: float) -> bool:
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(within_s):
                return await self._reader.readline() == word
        return False


class WarmPool:
    """Keeps one process ready for the next run, two during a burst.

    Each uses about 80 MB.

    They have the environment of the last run, and at first that of this process.
    """

    def __init__(self, *, stamp: Callable[[], int] | None = None) -> None:
        self._stamp = stamp or code_stamp
        self._environment = essence(os.environ)
        self._kept: list[WarmProcess] = []
        self._wake = asyncio.Event()
        self._started_at = -BURST_S
        self._burst_until = 0.0

    @property
    def _wanted(self) -> int:
        return 2 if time.monotonic() < self._burst_until else 1

    async def keep(self) -> None:
        """Keep the pool filled until cancelled, then end all its processes."""
        try:
            while True:
                try:
                    await self._fill()
                except OSError as error:
                    # printed into the worker's log
                    print(f"No warm process: {error}; runs start without one.", flush=True)  # noqa: T201
                    await asyncio.sleep(REST_S)
                self._wake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
        finally:
            while self._kept:
                await self._kept.pop().end()

    async def _fill(self) -> None:
        await self._discard_unfit()
        while len(self._kept) > self._wanted:
            await self._kept.pop().end()
        while len(self._kept) < self._wanted:
            starting = asyncio.create_task(WarmProcess.start(self._environment, self._stamp()))
            try:
                warm = await asyncio.shield(starting)
            except asyncio.CancelledError:
                # half a start would leave a process that nobody knows about
                await (await starting).end()
                raise
            self._kept.append(warm)
            if not await warm.is_ready():
                is_lost = warm in self._kept
                await self._discard(warm)
                if is_lost:
                    print(  # noqa: T201  the worker's log
                        f"A warm process exited ({warm.process.returncode}) before it was ready; runs"
                        " start without one.",
                        flush=True,
                    )
                    await asyncio.sleep(REST_S)
            elif warm in self._kept:
                # printed into the worker's log
                print(f"Process {warm.process.pid} is ready for the next run.", flush=True)  # noqa: T201

    def expect(self, variables: Mapping[str, str]) -> None:
        """Give the warm processes the environment of new runs: this process's, with `variables` for its
        settings.
        """
        before, self._environment = self._environment, essence({**os.environ, **variables})
        for warm in self._kept:
            if warm.environment == before:
                warm.environment = self._environment

    async def take(self, environment: Mapping[str, str]) -> WarmProcess | None:
        """A ready process for a run in this environment; None if the run must start a new one."""
        now = time.monotonic()
        if now - self._started_at < BURST_GAP_S:
            self._burst_until = now + BURST_S
        self._started_at = now
        self._wake.set()
        self._environment = essence(environment)
        await self._discard_unfit()
        if not self._kept:
            return None
        warm = self._kept.pop(0)
        if await warm.is_ready(within_s=NEARLY_S):
            return warm
        await warm.end()
        return None

    async def _discard_unfit(self) -> None:
        stamp = self._stamp()
        for warm in [
            s for s in self._kept if s.stamp != stamp or s.environment != self._environment or not s.is_alive
        ]:
            await self._discard(warm)

    async def _discard(self, warm: WarmProcess) -> None:
        if warm in self._kept:
            self._kept.remove(warm)
            await warm.end()


def essence(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without variables that differ between runs."""
    return {name: value for name, value in environment.items() if not name.startswith("PREFECT__")}


def code_stamp(*folders: Path) -> int:
    """A number that changes with the Python files in these folders; our own by default."""
    roots = folders or (Path(next(iter(flows.__path__))), Path(__file__).parents[2])
    return hash(
        tuple(sorted((str(file), file.stat().st_mtime_ns) for root in roots for file in root.rglob("*.py")))
    )
