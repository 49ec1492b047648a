"""`learn up`: runs the stack on this machine, optionally with one job, until Ctrl-C."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from flows.errors import LearningError
from flows.knowledge import Job, Mode
from flows.running_server import is_ours
from flows.settings import Settings, read_settings
from service.cli.following import follow
from service.cli.output.console import DONE, INTERRUPTED, say
from service.cli.output.progress import Reporter, choose_reporter
from service.cli.output.streams import outlive_readers
from service.cli.run import exit_code, page_stays, tell_end
from service.orchestration.urls import run_page

if TYPE_CHECKING:
    from prefect.flows import Flow

    from service.stack.stack import Running


async def serve_stack(
    mode: Mode | None, given: dict[str, Any], *, has_server: bool, is_json: bool, is_plain: bool
) -> int:
    """Start the stack, run one job if requested, serve until a signal, stop everything, and return the exit
    code.
    """
    from service.stack.stack import running_stack

    settings = read_settings()
    outlive_readers()
    code = DONE
    shown: Reporter | None = None
    async with running_stack(settings, say=say, load_flow=load_flow, server=has_server) as running:
        try:
            if mode:
                if running.facade_url:
                    prefect = f"{running.ui_url}{_sign_in(settings, running)}"
                    say(f"Dashboard: {running.facade_url} · Prefect: {prefect}")
                shown = choose_reporter(is_json=is_json, is_plain=is_plain)
                shown.trail.serves = True
                job = await _run_shown(mode, given, settings, running.api_url, shown)
                tell_end(shown, store_url=settings.store, is_json=is_json)
                code, shown = exit_code(job), None
            places = [f"dashboard at {running.facade_url}"] if running.facade_url else []
            places += [f"Prefect at {running.ui_url}{_sign_in(settings, running)}"]
            say(f"Serving: {' · '.join(places)} · Ctrl-C stops everything.")
            await running.wait()
        except asyncio.CancelledError:
            say("Stopping (up to ten seconds).")
            raise
    if shown is not None:
        code = await _tell_of_stopped(shown, settings, is_json=is_json)
    say("Stopped.")
    return code


def load_flow(entrypoint: str) -> Flow[..., Any]:
    """The flow that a deployment of `prefect.yaml` names: one of ours, or another that a person has added."""
    from prefect.flows import load_flow_from_entrypoint

    from flows.big import big_learning
    from flows.deep import deep_learning
    from flows.quick import quick_learning

    ours: tuple[Flow[..., Any], ...] = (big_learning, quick_learning, deep_learning)
    found = next((flow for flow in ours if entrypoint == f"{flow.fn.__module__}.{flow.fn.__name__}"), None)
    return found or load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)


def _sign_in(settings: Settings, running: Running) -> str:
    """How to open Prefect's pages, if they ask for our password."""
    if not is_ours(settings.home, running.api_url):
        return ""
    return " (your browser on this machine is signed in; any other needs `learn env`)"


async def _tell_of_stopped(shown: Reporter, settings: Settings, *, is_json: bool) -> int:
    from flows.stores import open_store

    if (seen := shown.trail.job) is None:
        return INTERRUPTED
    try:
        async with open_store(settings.store, language=settings.language) as store:
            if (job := await store.job(seen.job_id)) is not None:
                shown.trail.note(job, (), store.now())
    except LearningError:
        pass  # then show what was seen last
    tell_end(shown, store_url=settings.store, is_json=is_json, is_page_up=page_stays(settings))
    # a signal ended the stack, and its worker with the job: that is no failure of the job
    job = shown.trail.job
    return INTERRUPTED if job is not None and job.end_reason == "worker stopped" else exit_code(job)


async def _run_shown(
    mode: Mode, given: dict[str, Any], settings: Settings, api_url: str, reporter: Reporter
) -> Job:
    from flows.stores import open_store
    from service.orchestration.runs import Orchestrator

    async with reporter, open_store(settings.store, language=settings.language) as store:
        reporter.say(f"Starting the {mode} job")
        async with Orchestrator(clock=store.now) as orchestrator:
            job_id = (await orchestrator.start(mode, given)).job_id
        reporter.page = run_page(api_url, job_id)
        reporter.say("The worker is loading the job")
        return await follow(store, job_id, reporter)
