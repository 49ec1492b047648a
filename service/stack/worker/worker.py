"""The worker's process: stops its runs when it is stopped, and never outlives its stack."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flows.own_machine import exempt_own_machine
from flows.shielding import STOP_GRACE_S
from service.stack.locks import hold_lease_from_environment, when_released
from service.stack.private_files import OTHERS
from service.stack.supervisor import READY_OPTION
from service.stack.variables import LIFELINE, named_file
from service.stack.worker.warm_pool import WarmPool

if TYPE_CHECKING:
    from service.stack.worker.process_worker import LearningWorker

DRAIN_S = STOP_GRACE_S + 0.5


async def work(name: str, ready_fd: int | None) -> None:
    """Take flow runs from the pool until a signal; then stop its runs and wait for them.

    After SIGUSR1 it takes no more runs but waits until its own have ended, however long that takes.
    """
    stop, retire = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number, told in ((signal.SIGTERM, stop), (signal.SIGINT, stop), (signal.SIGUSR1, retire)):
        loop.add_signal_handler(number, told.set)

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)

    if (lifeline := named_file(LIFELINE)) is not None:
        when_released(lifeline, end)

    pool = WarmPool()
    # before this process imports Prefect, which takes just as long
    keeping = asyncio.create_task(pool.keep())
    await asyncio.sleep(0.05)
    from service.orchestration.types import POOL
    from service.stack.worker.process_worker import worker_for

    def ready() -> None:
        print(f"Worker {name!r} accepts runs from work pool {POOL!r}.", flush=True)  # noqa: T201  its log
        if ready_fd is not None:
            os.write(ready_fd, b"ready\n")

    worker = worker_for(await _pool_type())(name=name, work_pool_name=POOL, warm_pool=pool, on_ready=ready)
    working = asyncio.create_task(worker.start(printer=lambda _: None))
    duties = [keeping]
    endings = [working, asyncio.create_task(stop.wait()), asyncio.create_task(retire.wait())]
    await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
    worker.is_stopping, worker.is_retired = not retire.is_set(), retire.is_set()
    for duty in duties:
        duty.cancel()
    await asyncio.gather(*duties, return_exceptions=True)
    # ends with the runs, which set no event
    while retire.is_set() and worker.is_busy and not stop.is_set() and not working.done():  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    worker.is_stopping = True
    if working.done():
        await working
    else:
        await _end(worker, working)


async def _pool_type() -> str:
    """The pool's type in Prefect; ours if the pool does not exist or Prefect does not respond."""
    from service.orchestration.pools import look_at
    from service.orchestration.types import POOL, POOL_TYPE

    with suppress(Exception):  # the worker itself waits for Prefect and creates the pool
        if (pool := await look_at(POOL)) is not None:
            return pool.type
    return POOL_TYPE


async def _end(worker: LearningWorker, working: asyncio.Task[None]) -> None:
    deadline = time.monotonic() + DRAIN_S
    if worker.is_busy:
        os.killpg(0, signal.SIGTERM)
    while worker.is_busy and time.monotonic() < deadline:  # noqa: ASYNC110  bounded
        await asyncio.sleep(0.05)
    if worker.is_busy:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGKILL)
    working.cancel()
    await asyncio.wait({working}, timeout=2.0)


def main() -> None:
    """Run the worker until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m service.worker", description=main.__doc__)
    parser.add_argument("--name", default=f"learning-{os.getpid()}", help="name shown in Prefect")
    parser.add_argument(READY_OPTION, type=int, help="file descriptor to write to when the worker is ready")
    arguments = parser.parse_args()
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    os.umask(OTHERS)
    exempt_own_machine()
    lease = hold_lease_from_environment()
    # the work pool's command says `python`: make it this one
    os.environ["PATH"] = os.pathsep.join(
        filter(None, (str(Path(sys.executable).parent), os.environ.get("PATH")))
    )
    asyncio.run(work(arguments.name, arguments.ready_fd))
    if lease is not None:
        lease.close()
