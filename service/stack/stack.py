"""`learn up`: starts, watches and stops Prefect's server, a worker and our server here, and deploys."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flows.errors import ConfigurationError
from flows.settings import Settings
from service.settings import read_facade_settings
from service.stack import processes as children
from service.stack.environment import (
    STACK_PARTS,
    adopted,
    client_environment,
    log_file,
    named_api,
    prepare_home,
)
from service.stack.housekeeping import keep_house
from service.stack.lifeline import Lifeline, only_one
from service.stack.locks import is_locked
from service.stack.prefect_server import (
    ensure_server,
    is_healthy,
    prefect_server,
    server_state_file,
    stop_if_unused,
)
from service.stack.processes import FACADE_STOP_S, LEFT_S, WORKER_STOP_S
from service.stack.supervisor import Child, Restarts, Say, StackFailure, tell_errors

if TYPE_CHECKING:
    from service.orchestration.deployments.deploy import LoadFlow

__all__ = ["Running", "StackFailure", "running_stack"]

SERVER_STOP_S = 0.8
LOOK_S = 1.0
"""How often to check Prefect's server."""


@dataclass
class Running:
    """A running stack."""

    api_url: str
    ui_url: str
    worker: Child
    facade: Child | None = None
    """None if another program uses its port."""
    facade_url: str | None = None
    interrupted: bool = False
    """Whether a signal ended it."""
    failure: BaseException | None = None
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        """Wait forever. A signal or a part that keeps failing ends the block that opened the stack."""
        await asyncio.Event().wait()


@asynccontextmanager
async def running_stack(
    settings: Settings,
    *,
    say: Say,
    load_flow: LoadFlow,
    server: bool = True,
    deployments: Path | None = None,
) -> AsyncGenerator[Running]:
    """Run the stack for the length of the block.

    It starts Prefect's server, the worker and the server, and stops them in reverse order. `server=False`
    requires PREFECT_API_URL; `deployments` replaces our `prefect.yaml`, and `load_flow` is called for each of
    its entrypoints once Prefect's server is up.

    SIGINT and SIGTERM end the block; the code after it runs with `interrupted` set. A second signal stops
    immediately, without finishing the work in flight. Raises ConfigurationError if the stack cannot start,
    KeyboardInterrupt on a signal during startup, and StackFailure if a part keeps failing.
    """
    if not server and named_api() is None:
        raise ConfigurationError(
            "PREFECT_API_URL is not set. Set it to your Prefect server, or omit --no-server."
        )
    prepare_home(settings)
    with only_one(settings) as lifeline, _Interrupts() as interrupts:
        running: Running | None = None
        is_embedded = named_api() is None
        try:
            async with AsyncExitStack() as parts:
                running = await _start(
                    settings,
                    parts,
                    say=say,
                    lifeline=lifeline,
                    interrupts=interrupts,
                    load_flow=load_flow,
                    deployments=deployments,
                )
                yield running
        except asyncio.CancelledError:
            if not interrupts.owns_cancellation():
                raise
            if running is None:
                raise KeyboardInterrupt from None
            if interrupts.failure is not None:
                raise interrupts.failure from None
            running.interrupted = True
        finally:
            if is_embedded:
                await _stop_server(settings, say)


async def _start(
    settings: Settings,
    parts: AsyncExitStack,
    *,
    say: Say,
    lifeline: Lifeline,
    interrupts: _Interrupts,
    load_flow: LoadFlow,
    deployments: Path | None,
) -> Running:
    is_embedded = named_api() is None
    began = time.monotonic()
    wanted = read_facade_settings()
    port = await children.facade_port(wanted, say, within_s=LEFT_S if lifeline.has_predecessor else 0.0)
    # importing Prefect takes a second, and it reads its home at import
    parts.enter_context(adopted(client_environment(settings, "")))
    importing = asyncio.create_task(asyncio.to_thread(_import_deployments))
    api_url = await parts.enter_async_context(prefect_server(settings, say=say))
    deploy = await importing
    parts.enter_context(adopted(client_environment(settings, api_url)))
    environment = children.environment_for(settings, lifeline=lifeline.path, has_lease=is_embedded)
    worker = children.worker_process(settings, environment, say)
    parts.push_async_callback(worker.stop, within_s=WORKER_STOP_S, hurry=interrupts.hurry)
    facade = children.facade_process(settings, environment, port, say) if port is not None else None
    if facade is not None:
        parts.push_async_callback(facade.stop, within_s=FACADE_STOP_S, hurry=interrupts.hurry)
    await _start_children(worker, facade, deploy(load_flow, deployments, say), say)
    duties: list[Coroutine[Any, Any, None]] = [worker.watch()]
    duties.append(facade.watch() if facade is not None else _project(settings))
    duties += [tell_errors(part, log_file(settings, part), say) for part in STACK_PARTS]
    duties.append(_keep_server(settings, worker, say) if is_embedded else _watch_server(api_url, worker, say))
    duties.append(keep_house(settings, is_embedded=is_embedded, say=say))
    tasks = [asyncio.create_task(duty) for duty in duties]
    for task in tasks:
        task.add_done_callback(interrupts.on_duty_done)
    parts.push_async_callback(_cancel, tasks)
    say(f"Ready after {time.monotonic() - began:.1f} s.")
    return Running(
        api_url=api_url,
        ui_url=api_url.rstrip("/").removesuffix("/api"),
        worker=worker,
        facade=facade,
        facade_url=children.facade_url(wanted, port) if port is not None else None,
        hurry=interrupts.hurry,
    )


async def _project(settings: Settings) -> None:
    """Keep the job rows current when the server does not run."""
    from flows.stores import open_store
    from service.orchestration.projection.projector import Projector
    from service.orchestration.runs import Orchestrator

    async with (
        open_store(settings.store, language=settings.language) as store,
        Orchestrator(clock=store.now) as orchestrator,
        Projector(store, orchestrator),
    ):
        await asyncio.Event().wait()


def _import_deployments() -> Callable[[LoadFlow, Path | None, Say], Coroutine[Any, Any, object]]:
    from service.stack.deploying import apply_file

    return apply_file


async def _start_children(
    worker: Child, facade: Child | None, deploying: Coroutine[Any, Any, Any], say: Say
) -> None:
    say("Starting the worker and the server." if facade is not None else "Starting the worker.")
    starting = [
        asyncio.create_task(work)
        for work in (deploying, worker.start(), *([facade.start()] if facade is not None else []))
    ]
    try:
        await asyncio.gather(*starting)
    finally:
        for task in starting:
            task.cancel()


async def _keep_server(settings: Settings, worker: Child, say: Say) -> None:
    """Start Prefect's server again whenever it is gone, even if it dies while starting."""
    restarts, log = Restarts(), log_file(settings, "prefect-server")
    while True:
        await asyncio.sleep(LOOK_S)
        if is_locked(server_state_file(settings)):
            continue
        why, is_up = "", False
        while not is_up:
            if (pause_s := restarts.pause_s()) is None:
                raise StackFailure(f"The Prefect server keeps failing ({why or 'it died'}). See {log}.")
            say(f"{why or 'The Prefect server died'}; restarting it.")
            await asyncio.sleep(pause_s)
            try:
                is_up = bool(await ensure_server(settings, say=say))
            except (ConfigurationError, OSError) as error:
                why = str(error).rstrip(".")
        await _renew(worker, say)


async def _watch_server(api_url: str, worker: Child, say: Say) -> None:
    is_there = True
    while True:
        await asyncio.sleep(LOOK_S)
        was_there, is_there = is_there, await is_healthy(api_url, timeout_s=5.0)
        if was_there and not is_there:
            say("Can't reach Prefect.")
        elif is_there and not was_there:
            say("Prefect is back.")
            await _renew(worker, say)


async def _renew(worker: Child, say: Say) -> None:
    """Replace the worker after an outage: Prefect's worker backs off ever longer and may miss
    cancellations.
    """
    try:
        await worker.replace()
        say("Started a new worker; the old one stops when its runs end.")
    except (StackFailure, OSError) as error:
        say(f"{error} The old one keeps running.")


async def _stop_server(settings: Settings, say: Say) -> None:
    if not await stop_if_unused(settings, within_s=SERVER_STOP_S):
        say("The Prefect server keeps running; another learn command uses it.")


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Interrupts:
    """Turns signals and failures of background tasks into a cancellation of the task that opened the
    stack.
    """

    def __init__(self) -> None:
        self.hurry = asyncio.Event()
        self.failure: BaseException | None = None
        self._is_cancelled = False
        self._owner: asyncio.Task[Any] | None = asyncio.current_task()

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in self._before:
            loop.add_signal_handler(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)

    def _on_signal(self) -> None:
        if self._is_cancelled:
            self.hurry.set()
        self._cancel()

    def on_duty_done(self, task: asyncio.Task[None]) -> None:
        """Called when a background task ends; it ends only by failing."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = error
            self._cancel()

    def _cancel(self) -> None:
        if not self._is_cancelled and self._owner is not None:
            self._is_cancelled = True
            self._owner.cancel()

    def owns_cancellation(self) -> bool:
        """Whether the task was cancelled here and nowhere else."""
        return self._is_cancelled and self._owner is not None and self._owner.uncancel() == 0
