"""Runs a world on a free port: in a thread of this process, or in a process of its own that takes no time of
ours.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import uvicorn

from tests.world.app import build
from tests.world.control import Control
from tests.world.state import Settings
from tests.world.wire import WorldProtocol

_ROOT = Path(__file__).parents[2]
_END_S = 30.0
_GRACE_S = 2


def server(settings: Settings) -> uvicorn.Server:
    """A server for one world, not yet running."""
    return uvicorn.Server(_configured(settings))


def _configured(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        build(settings),
        http=WorldProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=75,
    )


class _PromptServer(uvicorn.Server):
    """Ends within milliseconds; uvicorn's own takes a fifth of a second, for which each test would wait."""

    _loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """From another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._told = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in [*self.servers, *(sockets or [])]:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


def listening(port: int = 0) -> socket.socket:
    """A listening socket on loopback; close it when done."""
    # With the protocol named, asyncio sends small pieces at once; otherwise each answer waits some 40 ms for
    # the client's acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    return listener


@contextmanager
def in_thread(settings: Settings) -> Iterator[Control]:
    """A world in a thread; connections wait in its socket until it is up."""
    serving = _PromptServer(_configured(settings))
    with listening() as listener:
        thread = threading.Thread(
            target=serving.run, kwargs={"sockets": [listener]}, name="world", daemon=True
        )
        thread.start()
        try:
            with closing(Control(f"http://127.0.0.1:{listener.getsockname()[1]}", settings)) as control:
                control.report()
                yield control
        finally:
            serving.end()
            thread.join(_END_S)


@contextmanager
def in_process(settings: Settings) -> Iterator[Control]:
    """A world in a process of its own. Of the settings all that the command line knows is passed on."""
    arguments = [
        f"--{name.replace('_', '-')}={getattr(settings, name)}"
        for name in ("plan", "latency", "level", "day_level", "proposing", "obedience", "seed")
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.world", *arguments], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        addresses = (
            line.rpartition("=")[2].strip()
            for line in process.stdout
            if line.startswith("export GROQ_BASE_URL=")
        )
        url = next(addresses, None)
        assert url is not None, "the world did not start"
        with closing(Control(url, settings)) as control:
            control.plan(*settings.faults)
            for model, limits in settings.limits.items():
                control.limit(model, limits, level=settings.level, day_level=settings.day_level)
            yield control
    finally:
        process.terminate()
        process.wait(_END_S)
        if process.stdout is not None:
            process.stdout.close()
