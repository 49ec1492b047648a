"""`learn start`, `watch`, `cancel` and `retry`, through a running server."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import typer

from flows.errors import InvalidInput
from flows.knowledge import JobEvent, Mode, utc_now
from flows.knowledge.limits import MAX_LISTED_JOBS
from service.cli.output.console import DONE, FAILED, say, say_error
from service.cli.output.progress import choose_reporter
from service.cli.run import exit_code, tell_end
from service.client import LearningClient
from service.errors import MUST_FAIL_AGAIN, Conflict, NotFound
from service.schemas import HistoryEvent, JobFrame, Started

SHORT = 8
"""How many characters of an id to show; nearly always enough to identify it."""


async def on_facade(work: Callable[[LearningClient], Awaitable[int]]) -> int:
    """Run a command with a client of the server at LEARN_URL. NotFound and Conflict are failures, not usage
    errors.
    """
    try:
        async with LearningClient() as client:
            return await work(client)
    except NotFound as error:
        say_error(NotFound(error.field, error.problem, "`learn jobs` lists all jobs."))
        return FAILED
    except Conflict as error:
        say_error(error)
        return FAILED


async def on_job(job: str, work: Callable[[LearningClient, UUID], Awaitable[int]]) -> int:
    """Run a command on one job, given by its id or the beginning of it."""

    async def found(client: LearningClient) -> int:
        return await work(client, await find_job(client, job))

    return await on_facade(found)


async def start_and_tell(
    client: LearningClient, mode: Mode, given: dict[str, Any], *, follow: bool, is_json: bool, is_plain: bool
) -> int:
    """Start a job, and optionally watch it."""
    started = await (client.start_big(**given) if mode == "big" else client.start(mode, **given))
    if follow:
        return await watch_and_tell(client, started.job_id, is_json=is_json, is_plain=is_plain)
    _tell_started(started, f"Started the {mode} job", is_json=is_json)
    return DONE


async def watch_and_tell(client: LearningClient, job_id: UUID, *, is_json: bool, is_plain: bool) -> int:
    """Show a job from its start until it ends; as JSON, one frame per line.

    The exit code is that of the job's end.
    """
    if is_json:
        return await _watch_lines(client, job_id)
    reporter = choose_reporter(is_json=False, is_plain=is_plain)
    reporter.trail.is_ours = False
    is_live, is_first = True, True
    async with reporter:
        async for frame in client.watch(job_id, from_start=True):
            if frame.live or is_first:
                # either machine's clock may change meanwhile; a polled frame says only when the job changed
                reporter.clock, is_first = _clock_of(frame), False
            reporter.page = frame.prefect_url or ""
            if frame.live is not is_live:
                is_live = frame.live
                reporter.say(
                    "Live updates restored." if is_live else "Live updates delayed; nothing will be lost."
                )
            reporter(frame, [event for told in frame.events if (event := _log_line(told))])
    tell_end(reporter, store_url="", is_json=False)
    return exit_code(reporter.trail.job)


def _clock_of(frame: JobFrame) -> Callable[[], datetime]:
    """The clock of the server that has just sent a frame: it dates the job."""
    ahead = frame.sent_at - utc_now()
    return lambda: utc_now() + ahead


async def _watch_lines(client: LearningClient, job_id: UUID) -> int:
    last: JobFrame | None = None
    async for last in client.watch(job_id, from_start=True):
        typer.echo(last.text)
    return exit_code(last)


_STOPPED = {
    "draining": "finishes the work in flight, if there is any, then stops. To stop it now: --now",
    "cancelling": "stops now, within half a minute.",
    "cancelled": "had not started; it is cancelled.",
    "ended": "had already ended: its process was gone.",
}
_RETRIED = {"rescheduled": "Put back into the queue: job", "starting": "Its process is already starting: job"}


async def cancel_and_tell(client: LearningClient, job_id: UUID, *, now: bool, is_json: bool) -> int:
    """Stop a job."""
    stopping = await client.cancel(job_id, now=now)
    if is_json:
        typer.echo(stopping.model_dump_json())
    else:
        say(f"Job {short_id(job_id)} {_STOPPED[stopping.did]}")
    return DONE


async def retry_and_tell(client: LearningClient, job_id: UUID, *, is_json: bool) -> int:
    """Run an ended job again. Raises Conflict for one that cannot go on, with the command that helps."""
    try:
        started = await client.retry(job_id)
    except Conflict as error:
        if error.code != MUST_FAIL_AGAIN:
            raise
        mode = error.params.get("mode", "big")
        raise Conflict(
            error.field,
            error.problem,
            f"Start a new job with other parameters: learn start {mode} … (`learn start {mode} --help`).",
            code=error.code,
            params=error.params,
        ) from error
    _tell_started(started, _RETRIED.get(started.did, "Restarted job"), is_json=is_json)
    return DONE


async def find_job(client: LearningClient, given: str) -> UUID:
    """The job with this id, or whose id begins with this. Raises InvalidInput and NotFound."""
    prefix = given.strip().lower()
    try:
        return UUID(prefix)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-f-]{1,36}", prefix):
        raise InvalidInput(
            "JOB",
            f"{given} is not a job id",
            "Give an id or the beginning of one, as `learn jobs` shows it.",
        )
    plain = prefix.replace("-", "")
    found = [
        job.job_id for job in await client.jobs(limit=MAX_LISTED_JOBS) if job.job_id.hex.startswith(plain)
    ]
    if not found:
        raise NotFound("JOB", f"no job with id {given} among the latest {MAX_LISTED_JOBS:,}", "")
    if len(found) > 1:
        shown = ", ".join(map(str, found[:3])) + (", …" if len(found) > 3 else "")
        raise InvalidInput(
            "JOB", f"{len(found)} jobs match {given}: {shown}", "Give a longer part of the id."
        )
    return found[0]


def _tell_started(started: Started, what: str, *, is_json: bool) -> None:
    if is_json:
        typer.echo(started.model_dump_json())
    else:
        typer.echo(f"{what} {started.job_id}")
        say(f"To watch it: learn watch {short_id(started.job_id)}")


def _log_line(event: HistoryEvent) -> JobEvent | None:
    """A line of the job's log for the display; None for a Prefect state."""
    if event.kind.startswith("state."):
        return None
    return JobEvent(
        attempt=0,
        id=event.id,
        kind=event.kind,
        text=event.text,
        words=event.words,
        occurred=event.occurred,
    )


def short_id(job_id: UUID) -> str:
    """The part of an id that people need."""
    return str(job_id)[:SHORT]
