"""`learn up`: the stack on this machine, perhaps with one job that is shown, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from flows.knowledge import Job, Mode
from flows.settings import Settings, read_settings
from service.following import follow
from service.reporter import Reporter, choose_reporter
from service.running import exit_code, run_page, tell_end
from service.terminal import DONE, INTERRUPTED, say


class Interruption:
    """Turns SIGINT and SIGTERM into one cancellation of the task; later ones change nothing, since stopping has its own time limit."""

    def __init__(self) -> None:
        self.has_come = False
        self._task = asyncio.current_task()

    def __call__(self) -> None:
        """Take a signal."""
        if not self.has_come:
            self.has_come = True
            say("Stopping: up to ten seconds.")
            if self._task:
                self._task.cancel()

    @contextmanager
    def listening(self) -> Generator[None]:
        """Handle the signals for the time being."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve(mode: Mode | None, given: dict[str, Any], *, has_server: bool, is_json: bool, is_plain: bool) -> int:
    """Start the stack, run one job if asked for, serve until a signal, stop everything; returns the exit code."""
    settings = read_settings()
    interruption = Interruption()
    code = INTERRUPTED
    with interruption.listening():
        try:
            async with AsyncExitStack() as stack:
                from service.stack import up

                running = await stack.enter_async_context(up(settings, say=say, server=has_server))
                say(f"Prefect is at {running.ui_url}")
                code = DONE
                if mode:
                    reporter = choose_reporter(is_json=is_json, is_plain=is_plain)
                    job = await _run_shown(mode, given, settings, running.api_url, reporter)
                    tell_end(reporter, store_url=settings.store, is_json=is_json)
                    code = exit_code(job)
                say(f"Serving at {running.ui_url} until Ctrl-C.")
                await running.wait()
        except asyncio.CancelledError:
            if not interruption.has_come:
                raise
            say("Stopped.")
    return code


async def _run_shown(mode: Mode, given: dict[str, Any], settings: Settings, api_url: str, reporter: Reporter) -> Job:
    from flows.stores import open_store
    from service import orchestrator

    async with reporter, open_store(settings.store, language=settings.language) as store:
        reporter.say(f"Starting the {mode} job")
        job_id = await orchestrator.start(mode, given)
        reporter.page = run_page(api_url, job_id)
        reporter.say("The worker is loading the job")
        return await follow(store, job_id, reporter)
