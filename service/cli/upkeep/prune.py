"""`learn prune`: says what old bookkeeping may go, and deletes it on request; knowledge stays."""

from __future__ import annotations

import json

import typer

from flows.core.progress import format_count
from flows.running_server import prefect_database
from flows.settings import Settings, read_settings
from flows.stores.protocols.bookkeeping import Space
from service.cli.output.console import DONE, say
from service.cli.store_to_read import store_to_change
from service.orchestration.retention import Pruned, plan, prune_store, retention_limits
from service.stack.housekeeping import give_back
from service.stack.locks import is_locked
from service.stack.prefect_server import server_state_file

WORTH_BYTES = 100_000
"""Less free space is not worth a word: a store always has some free pages."""
ALL_S = 3600.0
"""A person who asks for it waits for the end."""


async def prune_and_tell(*, is_dry: bool, is_json: bool) -> int:
    """Say what may go; unless `is_dry`, delete it and give the space back to the system."""
    settings = read_settings()
    limits = retention_limits(settings)
    async with store_to_change(settings.store, language=settings.language, is_dry_run=is_dry) as store:
        planned = await plan(store, limits, now=store.now())
        done, space = planned, await store.space()
        is_worth_it = bool(planned.plan) or is_worth(space)
        if not is_dry:
            if not is_json:
                say(f"Deletes {pruned_text(planned)}.")
            done = await prune_store(store, limits, now=store.now(), for_s=ALL_S)
            done.given_back += await store.compact(pages=None)
            # the server of `learn up` prunes Prefect's database itself; it is not ours to open while it runs
            if not is_locked(server_state_file(settings)):
                done.given_back += give_back(prefect_database(settings.home))
    if is_json:
        names = ("details", "jobs", "rows", "bytes", "given_back")
        typer.echo(json.dumps({"dry_run": is_dry} | {name: getattr(done, name) for name in names}))
    elif is_dry:
        typer.echo(f"Would delete {pruned_text(planned)}{_freeing(space)}. {kept(settings)}")
        typer.echo(
            "Nothing has been deleted. To do it: learn prune --yes" if is_worth_it else "Nothing to do."
        )
    else:
        typer.echo(
            f"Deleted {pruned_text(done)}; {done.given_back / 1e6:,.1f} MB given back. {kept(settings)}"
        )
    return DONE


def pruned_text(pruned: Pruned) -> str:
    """What is pruned, in words: "the details of 3 jobs and 1 whole job, 4.2 MB"."""
    if not pruned.details and not pruned.jobs:
        return "nothing"
    parts = [f"the details of {format_count(pruned.details, 'job')}"] if pruned.details else []
    parts += [format_count(pruned.jobs, "whole job")] if pruned.jobs else []
    return f"{' and '.join(parts)}, {pruned.bytes / 1e6:,.1f} MB"


def _freeing(space: Space) -> str:
    return f" and give {(space.free or 0) / 1e6:,.1f} MB of free space back" if is_worth(space) else ""


def is_worth(space: Space) -> bool:
    """Whether enough of the file is free that a person may want it back."""
    return (space.free or 0) >= WORTH_BYTES


def kept(settings: Settings) -> str:
    """What the settings keep, in words."""
    details, jobs, most = settings.keep_details_days, settings.keep_jobs_days, settings.keep_mb
    return (
        f"Details are kept {_days(details)}{f', at most {most:,} MB' if most else ''}; jobs {_days(jobs)};"
        " knowledge always."
    )


def _days(count: int) -> str:
    return format_count(count, "day") if count else "for ever"
