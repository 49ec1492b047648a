"""Prefect's process worker in this process: one that takes its flow runs along when it is stopped, and never outlives its stack."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.locks import LIFELINE, hold_lease_from_environment, when_released

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

POOL = "learning"
DRAIN_S = 8.5
"""A flow that is told to stop keeps what it has within 8 s."""


async def work(name: str, ready_fd: int | None) -> None:
    """Take flow runs from the pool until a signal; then have those that run stop, wait for them, and take no more."""
    from prefect.workers.process import ProcessWorker, ProcessWorkerResult

    class Worker(ProcessWorker):
        running = 0
        is_stopping = False

        @classmethod
        def __dispatch_key__(cls) -> str:
            return "learning"  # one more worker of Prefect's type `process`

        async def get_and_submit_flow_runs(self) -> list[FlowRun]:
            return [] if self.is_stopping else await super().get_and_submit_flow_runs()

        async def run(self, *args: Any, **kwargs: Any) -> ProcessWorkerResult:  # noqa: ANN401  as it comes
            self.running += 1
            try:
                return await super().run(*args, **kwargs)
            finally:
                self.running -= 1

    def announce(message: str) -> None:
        print(message, flush=True)  # noqa: T201
        if ready_fd is not None and "started" in message:
            os.write(ready_fd, b"ready\n")

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)

    if lifeline := os.environ.get(LIFELINE):
        when_released(Path(lifeline), end)

    worker = Worker(name=name, work_pool_name=POOL)
    working = asyncio.create_task(worker.start(printer=announce))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        stopping.cancel()
        await working
        return
    worker.is_stopping = True
    deadline = time.monotonic() + DRAIN_S
    if worker.running:
        os.killpg(0, signal.SIGTERM)
    while worker.running and time.monotonic() < deadline:  # noqa: ASYNC110  bounded
        await asyncio.sleep(0.05)
    if worker.running:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGKILL)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(working, timeout=2.0)


def main() -> None:
    """Run the worker until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m service.worker", description=main.__doc__)
    parser.add_argument("--name", default=f"learning-{os.getpid()}", help="name shown in Prefect")
    parser.add_argument("--ready-fd", type=int, help="file descriptor that is told when the worker is ready")
    arguments = parser.parse_args()
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    lease = hold_lease_from_environment()
    # the work pool's command says `python`: this one
    os.environ["PATH"] = os.pathsep.join(filter(None, (str(Path(sys.executable).parent), os.environ.get("PATH"))))
    asyncio.run(work(arguments.name, arguments.ready_fd))
    if lease is not None:
        lease.close()


if __name__ == "__main__":
    main()
