"""`learn start`, `watch`, `jobs`, `cancel` and `retry`, through a running server."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import typer
from rich.table import Table
from rich.text import Text

from flows.errors import InvalidInput
from flows.knowledge import Job, JobEvent, JobStatus, Mode, utc_now
from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Store
from service.cli.output.console import DONE, FAILED, clean, out, say, say_error
from service.cli.output.display import count_words
from service.cli.output.progress import choose_reporter
from service.cli.run import exit_code, tell_end
from service.client import LearningClient
from service.client.http import named_url
from service.errors import MUST_FAIL_AGAIN, Conflict, FacadeUnavailable, NotFound
from service.schemas import HistoryEvent, JobFrame, JobView, Started

SHORT = 8
"""How many characters of an id to show; nearly always enough to identify it."""
CATCH_UP_S = 5.0
LOOKED_AT = 1000
"""How many of the newest jobs to search for a shortened id."""


@dataclass(frozen=True, kw_only=True)
class JobsWanted:
    """Which jobs to list, and how."""

    status: JobStatus | None
    mode: Mode | None
    limit: int
    is_json: bool


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


async def list_jobs(wanted: JobsWanted) -> int:
    """List jobs, newest first; from the store if LEARN_URL is not set and no server responds."""
    try:
        return await on_facade(lambda client: show_jobs(client, wanted))
    except FacadeUnavailable:
        if named_url() is not None:
            raise
    from flows.settings import read_settings
    from flows.stores import open_store
    from service.stack.environment import adopted, api_url, client_environment, named_api

    settings = read_settings()
    prefect = named_api() or api_url(settings.prefect_port)
    with adopted(client_environment(settings, prefect)):
        async with open_store(settings.store, language=settings.language) as store:
            return await show_stored_jobs(store, wanted)


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
            if is_first:
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


async def show_jobs(client: LearningClient, wanted: JobsWanted) -> int:
    """List jobs, newest first."""
    found = await client.jobs(status=wanted.status or (), mode=wanted.mode, limit=wanted.limit)
    _tell_jobs(found, is_json=wanted.is_json)
    if not found.is_complete:
        say("Can't reach Prefect; jobs that have not started may be missing.")
    return DONE


async def show_stored_jobs(store: Store, wanted: JobsWanted) -> int:
    """List jobs from the store when no server responds, updated from Prefect if that responds."""
    from service.orchestration.projector import catch_up

    is_complete = await catch_up(store, within_s=CATCH_UP_S)
    rows: list[Job] = []
    cursor: str | None = None
    statuses = [wanted.status] if wanted.status else ()
    while len(rows) < wanted.limit:
        most = min(MAX_PAGE, wanted.limit - len(rows))
        page = await store.jobs(statuses=statuses, mode=wanted.mode, cursor=cursor, limit=most)
        rows += page.items
        if (cursor := page.cursor) is None:
            break
    _tell_jobs([JobView.of(row, prefect_url=None, now=store.now()) for row in rows], is_json=wanted.is_json)
    if not is_complete:
        say("Can't reach a server or Prefect; this is what the store has.")
    return DONE


def _tell_jobs(found: Sequence[JobView], *, is_json: bool) -> None:
    if is_json:
        typer.echo(json.dumps([job.model_dump(mode="json") for job in found], indent=2, ensure_ascii=False))
    elif not found:
        say("No jobs yet. To start one: learn start big")
    elif (console := out()).is_terminal:
        console.print(_table(found, min(console.width, 120)))
    else:
        typer.echo("\n".join("\t".join(_cells(job, short=False)) for job in found))


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
        say(f"Job {_short(job_id)} {_STOPPED[stopping.did]}")
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
    found = [job.job_id for job in await client.jobs(limit=LOOKED_AT) if job.job_id.hex.startswith(plain)]
    if not found:
        raise NotFound("JOB", f"no job with id {given} among the latest {LOOKED_AT:,}", "")
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
        say(f"To watch it: learn watch {_short(started.job_id)}")


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


def _table(jobs: Iterable[JobView], width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim", width=width)
    for name in ("job", "mode", "status", "", "learned", "created"):
        table.add_column(name, no_wrap=True, justify="right" if name in {"", "learned"} else "left")
    if width >= 90:
        table.add_column("name", no_wrap=True, overflow="ellipsis", ratio=1)
    for job in jobs:
        table.add_row(*(Text(cell) for cell in _cells(job, short=True)[: len(table.columns)]))
    return table


def _cells(job: JobView, *, short: bool) -> list[str]:
    ended = f" ({job.end_reason})" if job.end_reason and job.end_reason not in {"failed", "all done"} else ""
    return [
        _short(job.job_id) if short else str(job.job_id),
        job.mode,
        f"{job.status}{ended}",
        f"{job.progress} %",
        count_words(job.counts.stored, "").strip() if short else str(job.counts.stored),
        f"{job.created_at.astimezone():%Y-%m-%d %H:%M}" if short else job.created_at.isoformat(),
        clean(job.name or f"{job.mode} learning").replace("\t", " "),
    ]


def _short(job_id: UUID) -> str:
    return str(job_id)[:SHORT]
