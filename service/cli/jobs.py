"""The commands of `learn` that talk to a running server: start, watch, jobs, cancel, retry."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, get_args

import typer

from service.cli.options import (
    AsJson,
    FramesAsJson,
    JobName,
    JobsLimit,
    LimitOption,
    MaxEntriesOption,
    MinutesOption,
    ModeArgument,
    Plain,
    RunMode,
    TopicOption,
    WordsArgument,
    wait_for,
)

commands = typer.Typer()


@commands.command()
def start(
    mode: ModeArgument,
    words: WordsArgument = None,
    *,
    minutes: MinutesOption = None,
    topic: TopicOption = None,
    max_entries: MaxEntriesOption = None,
    limit: LimitOption = None,
    follow: Annotated[bool, typer.Option("--watch", help="Watch the job until it ends.")] = False,
    as_json: AsJson = False,
    plain: Plain = False,
) -> int:
    """Start a learning job on the server at LEARN_URL."""
    from service.cli import remote
    from service.cli import run as running

    given = running.parameters(
        mode.value, words or [], minutes=minutes, topic=topic, max_entries=max_entries, limit=limit
    )
    return wait_for(
        remote.on_facade(
            lambda client: remote.start_and_tell(
                client, mode.value, given, follow=follow, is_json=as_json, is_plain=plain
            )
        ),
    )


@commands.command()
def watch(
    job: JobName,
    as_json: FramesAsJson = False,
    plain: Plain = False,
) -> int:
    """Watch any job until it ends. Ctrl-C stops watching; the job keeps running."""
    from service.cli import remote

    return wait_for(remote.on_job(job, partial(remote.watch_and_tell, is_json=as_json, is_plain=plain)))


@commands.command()
def jobs(
    *,
    status: Annotated[
        str | None, typer.Option(help="queued, running, cancelling, completed, failed or cancelled.")
    ] = None,
    mode: Annotated[RunMode | None, typer.Option(help="big, quick or deep.")] = None,
    limit: JobsLimit = 20,
    as_json: AsJson = False,
) -> int:
    """List all jobs, newest first."""
    from flows.knowledge import JobStatus
    from service.cli import job_list
    from service.cli import read as reading

    reading.check_choice("--status", status, get_args(JobStatus))
    chosen: Any = status
    return wait_for(
        job_list.list_jobs(
            job_list.JobsWanted(
                status=chosen, mode=mode.value if mode else None, limit=limit, is_json=as_json
            )
        )
    )


@commands.command()
def cancel(
    job: JobName,
    now: Annotated[
        bool, typer.Option("--now", help="Stop immediately, without finishing the work in flight.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Stop a job. It finishes the work in flight and keeps the results."""
    from service.cli import remote

    return wait_for(remote.on_job(job, partial(remote.cancel_and_tell, now=now, is_json=as_json)))


@commands.command()
def retry(job: JobName, as_json: AsJson = False) -> int:
    """Run a failed or cancelled job again, from where it stopped."""
    from service.cli import remote

    return wait_for(remote.on_job(job, partial(remote.retry_and_tell, is_json=as_json)))
