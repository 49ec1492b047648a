"""One child process of the stack: runs in its own session, restarts when it dies, and stops with all its
children.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from flows.errors import LearningError
from service.stack.environment import open_log

Say = Callable[[str], None]

BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""The pauses before one start after another; a part that fails once more ends the stack."""
RECOVERS_S = 300.0
"""One failure is forgotten after this long, so a stack may run for months."""
READY_S = 60.0
FORGET_S = 5.0
READY_OPTION = "--ready-fd"
"""Tells a child where to say that it is ready."""


class StackFailure(LearningError):
    """A part of the stack keeps failing; the message names its log."""


class Restarts:
    """How often a part may still be started again.

    Failures count for a while only, and cost ever longer pauses.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0.0
        self._at = clock()

    def pause_s(self) -> float | None:
        """Count a failure: how long to wait before the next start, None if there were too many."""
        now = self._clock()
        self._failures = max(0.0, self._failures - (now - self._at) / RECOVERS_S) + 1
        self._at = now
        place = math.ceil(self._failures) - 1
        return BACK_OFF_S[place] if place < len(BACK_OFF_S) else None


class Child:
    """A process that says `ready` on a pipe.

    From `start` to `stop` it runs, or `watch` raises StackFailure.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        folder: Path,
        say: Say,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = dict(environment)
        self._log = log
        self._folder = folder
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._groups: set[int] = set()
        """The process groups of its starts that still have members: when a worker dies, its flow runs live on
        in its group.
        """
        self._is_replaced = asyncio.Event()

    @property
    def groups(self) -> frozenset[int]:
        """The process groups that `stop` ends."""
        return frozenset(self._groups)

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises StackFailure after a minute."""
        reading, writing = os.pipe()
        log = open_log(self._log)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                READY_OPTION,
                str(writing),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._folder,
                pass_fds=(writing,),
                start_new_session=True,
            )
            self._groups.add(self._process.pid)
        finally:
            os.close(log)
            os.close(writing)
        if not await _hears(reading, within_s=READY_S):
            # whatever it still does, the next start must not meet it
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            raise StackFailure(f"The {self.name} was not ready in time. See {self._log}.")

    async def watch(self) -> None:
        """Restart it whenever it dies, with growing pauses.

        Raises StackFailure if it keeps dying.
        """
        restarts = Restarts()
        while (process := self._process) is not None:
            self._is_replaced.clear()
            code = await self._end_of(process)
            if code is None:
                continue
            why = _describe(code)
            while True:
                if (pause_s := restarts.pause_s()) is None:
                    raise StackFailure(f"The {self.name} keeps failing ({why}). See {self._log}.")
                self._say(f"The {self.name} died ({why}); restarting it.")
                await asyncio.sleep(pause_s)
                try:
                    await self.start()
                except StackFailure:
                    why = "not ready in time"
                except OSError as error:
                    why = error.strerror or type(error).__name__
                else:
                    break
            self._say(f"The {self.name} is back.")

    async def _end_of(self, process: asyncio.subprocess.Process) -> int | None:
        """The exit code, or None as soon as the process is replaced."""
        ways = [asyncio.create_task(process.wait()), asyncio.create_task(self._is_replaced.wait())]
        try:
            while not (await asyncio.wait(ways, timeout=FORGET_S, return_when=asyncio.FIRST_COMPLETED))[0]:
                # the id of a group that has ended may be reused
                self._groups = {group for group in self._groups if _lives(group)}
            return process.returncode if process is self._process else None
        finally:
            for way in ways:
                way.cancel()

    async def replace(self) -> None:
        """Start a successor, then tell the old process by SIGUSR1 to stop when its work is done.

        `watch` handles a dead process.
        """
        old = self._process
        if old is None or old.returncode is not None:
            return
        try:
            await self.start()
        finally:
            self._is_replaced.set()
        with suppress(ProcessLookupError):
            old.send_signal(signal.SIGUSR1)

    async def stop(self, *, within_s: float, hurry: asyncio.Event) -> None:
        """Ask it to stop, wait, then kill what is left, including children and orphans."""
        deadline = time.monotonic() + within_s
        for group in self._groups:
            with suppress(ProcessLookupError, PermissionError):
                # the current process passes the signal on itself
                (os.kill if group == self.pid else os.killpg)(group, signal.SIGTERM)
        # processes tell by dying only
        while (  # noqa: ASYNC110
            any(map(_lives, self._groups)) and time.monotonic() < deadline and not hurry.is_set()
        ):
            await asyncio.sleep(0.05)
        for group in self._groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        if self._process is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._process.wait()


async def _hears(reading: int, *, within_s: float) -> bool:
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[bytes] = loop.create_future()

    def hear() -> None:
        if not heard.done():
            heard.set_result(os.read(reading, 64))

    loop.add_reader(reading, hear)
    try:
        async with asyncio.timeout(within_s):
            return bool(await heard)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(reading)
        os.close(reading)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


async def tell_errors(name: str, log: Path, say: Say, *, every_s: float = 0.5, at_most: int = 3) -> None:
    """Pass on error lines of a growing log, a few at a time, until cancelled."""
    position = _size(log)
    while True:
        await asyncio.sleep(every_s)
        try:
            if (size := _size(log)) == position:
                continue
            lines, position = _read(log, position if size > position else 0)
        except OSError:  # rotated just now, or no descriptor is left: nothing to end the stack for
            continue
        errors = [line.strip() for line in lines if _level(line) in {"ERROR", "CRITICAL"}]
        for line in errors[:at_most]:
            say(f"{name}: {line[:300]}")
        if len(errors) > at_most:
            say(f"{name}: {len(errors) - at_most} more errors in {log}")


def _level(line: str) -> str:
    """A log line's level: the second column in Prefect's format and in ours."""
    return line.split(" | ", 2)[1].strip() if line.count(" | ") >= 2 else ""


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _read(log: Path, position: int) -> tuple[list[str], int]:
    with log.open("rb") as file:
        file.seek(position)
        return file.read(1_000_000).decode(errors="replace").splitlines(), file.tell()
