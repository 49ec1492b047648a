"""`learn jobs`: the newest jobs, from the server or else from the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import typer
from rich.table import Table
from rich.text import Text

from flows.errors import LearningError
from flows.knowledge import Job, JobStatus, Mode
from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Store
from service.cli.output.console import DONE, clean, describe, out, say
from service.cli.output.display import count_words
from service.cli.remote import on_facade, short_id
from service.client import LearningClient
from service.client.http import named_url
from service.errors import FacadeUnavailable, PrefectUnavailable
from service.schemas import JobView

CATCH_UP_S = 8.0
"""Longer than a locked store, or Prefect, takes to say so: five seconds."""


@dataclass(frozen=True, kw_only=True)
class JobsWanted:
    """Which jobs to list, and how."""

    status: JobStatus | None
    mode: Mode | None
    limit: int
    is_json: bool


async def list_jobs(wanted: JobsWanted) -> int:
    """List jobs, newest first; from the store if LEARN_URL is not set and no server responds."""
    try:
        return await on_facade(lambda client: show_jobs(client, wanted))
    except FacadeUnavailable:
        if named_url() is not None:
            raise
    from flows.settings import read_settings
    from service.cli.store_to_read import store_to_read
    from service.stack.environment import adopted, api_url, client_environment, named_api

    settings = read_settings()
    prefect = named_api() or api_url(settings.prefect_port)
    with adopted(client_environment(settings, prefect)):
        async with store_to_read(settings.store, language=settings.language) as (store, problem):
            return await show_stored_jobs(store, wanted, problem=problem)


async def show_jobs(client: LearningClient, wanted: JobsWanted) -> int:
    """List jobs, newest first."""
    found = await client.jobs(status=wanted.status or (), mode=wanted.mode, limit=wanted.limit)
    _tell(found, is_json=wanted.is_json)
    if not found.is_complete:
        say("Can't reach Prefect; jobs that have not started may be missing.")
    return DONE


async def show_stored_jobs(store: Store, wanted: JobsWanted, *, problem: LearningError | None = None) -> int:
    """List the jobs of a store, updated from Prefect if possible; `problem` says why it cannot be."""
    from service.orchestration.projection.projector import catch_up

    if problem is None:
        try:
            await catch_up(store, within_s=CATCH_UP_S)
        except LearningError as error:
            problem = error
    rows: list[Job] = []
    cursor: str | None = None
    statuses = [wanted.status] if wanted.status else ()
    while len(rows) < wanted.limit:
        most = min(MAX_PAGE, wanted.limit - len(rows))
        page = await store.jobs(statuses=statuses, mode=wanted.mode, cursor=cursor, limit=most)
        rows += page.items
        if (cursor := page.cursor) is None:
            break
    _tell([JobView.of(row, prefect_url=None, now=store.now()) for row in rows], is_json=wanted.is_json)
    if isinstance(problem, PrefectUnavailable):
        say("Can't reach a server or Prefect; this is what the store has.")
    elif problem is not None:
        say(f"Not up to date; this is what the store has. {describe(problem)}")
    return DONE


def _tell(found: Sequence[JobView], *, is_json: bool) -> None:
    if is_json:
        typer.echo(json.dumps([job.model_dump(mode="json") for job in found], indent=2, ensure_ascii=False))
    elif not found:
        say("No jobs yet. To start one: learn start big")
    elif (console := out()).is_terminal:
        console.print(_table(found, min(console.width, 120)))
    else:
        typer.echo("\n".join("\t".join(_cells(job, short=False)) for job in found))


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
        short_id(job.job_id) if short else str(job.job_id),
        job.mode,
        f"{job.status}{ended}",
        f"{job.progress} %",
        count_words(job.counts.stored, "").strip() if short else str(job.counts.stored),
        f"{job.created_at.astimezone():%Y-%m-%d %H:%M}" if short else job.created_at.isoformat(),
        clean(job.name or f"{job.mode} learning").replace("\t", " "),
    ]
