"""`learn run`: runs one flow in this process and shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import typer
from pydantic import ValidationError

from flows.errors import InvalidInput, LearningError
from flows.knowledge import Job, JobEvent, Mode
from flows.settings import Settings, read_settings
from service.cli.output.console import DONE, FAILED, INTERRUPTED, out, say_error
from service.cli.output.logfile import logging_to
from service.cli.output.progress import Reporter, choose_reporter
from service.cli.output.streams import outlive_readers
from service.cli.output.summary import summarize
from service.estimating import check_topic_of
from service.orchestration.urls import run_page
from service.schemas import BigJob, StartDeepJob, StartQuickJob
from service.wording import invalid_input

_REQUESTS: dict[Mode, type[BigJob | StartQuickJob | StartDeepJob]] = {
    "big": BigJob,
    "quick": StartQuickJob,
    "deep": StartDeepJob,
}
CATCH_UP_S = 10.0
TIDY_S = 1.0


def parameters(
    mode: Mode,
    words: list[str],
    *,
    minutes: float | None,
    topic: str | None,
    max_entries: int | None,
    limit: int | None,
) -> dict[str, Any]:
    """The flow's parameters that were given.

    Raises InvalidInput for what the mode or its flow does not accept.
    """
    if mode == "big":
        if words:
            raise InvalidInput(
                "words",
                "do not apply to big jobs, which find their own words",
                f"For these words, run `learn run quick {' '.join(words[:3])}`.",
                code="not_applicable",
            )
        if limit is not None:
            raise InvalidInput(
                "limit", "does not apply to big jobs", "Use --max-entries.", code="not_applicable"
            )
    elif max_entries is not None:
        raise InvalidInput(
            "max_entries", f"does not apply to {mode} jobs", "Use --limit.", code="not_applicable"
        )
    if mode == "quick" and minutes is not None:
        raise InvalidInput(
            "minutes", "does not apply to quick jobs, which take seconds", code="not_applicable"
        )
    given = {
        name: value
        for name, value in {
            "mode": mode,
            "words": words or None,
            "minutes": minutes,
            "topic": topic,
            "max_entries": max_entries,
            "limit": limit,
        }.items()
        if value is not None
    }
    try:
        asked = _REQUESTS[mode].model_validate(given)
    except ValidationError as error:
        detail = error.errors()[0]
        raise invalid_input(detail, str(detail["loc"][0])) from None
    return asked.parameters()


async def run_and_tell(mode: Mode, given: dict[str, Any], *, is_json: bool, is_plain: bool) -> int:
    """Run a job, show it, print a summary, and return the exit code.

    Raises UnknownTopic before anything is started.
    """
    settings = read_settings()
    outlive_readers()
    await check_topic_of(given, settings)
    reporter = choose_reporter(is_json=is_json, is_plain=is_plain)
    problem: Exception | None = None
    try:
        async with reporter:
            await run_flow(mode, given, settings=settings, reporter=reporter)
    except Exception as error:  # noqa: BLE001  said in one line below the job's summary
        problem = error
    if problem is not None and (last := reporter.trail.job) is not None and not last.is_final:
        # its own final document could not be written, so it has not been shown
        reporter(last.model_copy(update={"status": "failed", "end_reason": "failed"}), ())
    tell_end(reporter, store_url=settings.store, is_json=is_json, is_page_up=page_stays(settings))
    job = reporter.trail.job
    if problem is not None and not (job and job.status == "cancelled"):
        return say_error(problem)
    return exit_code(job)


def page_stays(settings: Settings) -> bool:
    """Whether Prefect's server, and with it the run's page, outlives this command: others use it."""
    from service.stack.environment import named_api
    from service.stack.locks import try_lock
    from service.stack.prefect_server import lease_file

    if named_api() is not None:
        return True
    try:
        lease = try_lock(lease_file(settings))
    except OSError:
        return False
    if lease is not None:
        lease.close()
    return lease is None


def tell_end(reporter: Reporter, *, store_url: str, is_json: bool, is_page_up: bool = True) -> None:
    """Print the final document as JSON, or the summary; nothing if no job began."""
    job = reporter.trail.job
    if job is None:
        return
    if is_json:
        typer.echo(job.model_dump_json(indent=2))
        return
    scene = reporter.trail.scene(reporter.clock())
    lines = summarize(
        job,
        store_url=store_url,
        words=scene.words if scene else (),
        page=reporter.page,
        is_page_up=is_page_up,
    )
    console = out()
    console.print()
    for number, line in enumerate(lines):
        console.print(line, style="bold" if number == 0 else None, soft_wrap=True)


def exit_code(job: Job | None) -> int:
    """The exit code for a job's end."""
    if job is None or job.status == "failed":
        return FAILED
    return INTERRUPTED if job.status == "cancelled" or job.end_reason == "stopped" else DONE


async def run_flow(mode: Mode, given: dict[str, Any], *, settings: Settings, reporter: Reporter) -> Job:
    """Run a flow to its end on the configured or the embedded Prefect server, and return the final
    document.
    """
    from service.stack.environment import adopted, client_environment, log_file
    from service.stack.prefect_server import prefect_server

    async with prefect_server(settings, say=reporter.say) as api_url:
        with adopted(client_environment(settings, api_url)):
            reporter.say("Loading the flow")
            await _catch_up(settings)
            from flows.big import big_learning
            from flows.deep import deep_learning
            from flows.job.progress import reporting_to
            from flows.quick import quick_learning

            flows: dict[Mode, Callable[..., Awaitable[Job]]] = {
                "big": big_learning,
                "quick": quick_learning,
                "deep": deep_learning,
            }

            def watch(job: Job, events: Sequence[JobEvent]) -> None:
                reporter.page = run_page(api_url, job.job_id)
                reporter(job, events)

            with logging_to(log_file(settings, "learn run")), reporting_to(watch):
                reporter.say("Starting the job")
                job = await flows[mode](**given)
            await _tidy(settings)
            return job


async def _tidy(settings: Settings) -> None:
    """Prune old bookkeeping briefly; whatever is left, or fails, waits for the next time."""
    from flows.stores import open_store
    from service.orchestration.retention import delete_run, prune_store, retention_limits

    with suppress(Exception):
        async with open_store(settings.store, language=settings.language) as store:
            await prune_store(
                store, retention_limits(settings), now=store.now(), for_s=TIDY_S, delete_run=delete_run
            )


async def _catch_up(settings: Settings) -> None:
    """Mark jobs that died. If the store or Prefect does not respond, the job itself will report it."""
    from flows.stores import open_store
    from service.orchestration.projection.projector import catch_up

    with suppress(LearningError):
        async with open_store(settings.store, language=settings.language) as store:
            await catch_up(store, within_s=CATCH_UP_S)
