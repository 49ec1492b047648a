"""What commands of `learn` share: their options, and how they wait for their work."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from flows.knowledge.limits import MAX_MINUTES
from service.cli.output.console import INTERRUPTED


class RunMode(StrEnum):
    """What kind of job to run."""

    BIG = "big"
    QUICK = "quick"
    DEEP = "deep"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
FramesAsJson = Annotated[
    bool, typer.Option("--json", help="Print a JSON document for each change, a line each, and nothing else.")
]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines instead of the live display.")]
JobName = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or its beginning.")]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[WORD]…", help="Words to learn, for quick and deep; else the most mentioned ones."
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        help=f"Time limit: more than 0, at most {MAX_MINUTES:g}. For big and deep.",
        show_default=f"{MAX_MINUTES:g}",
    ),
]
Topic = Annotated[str | None, typer.Option(help="Stay in the neighbourhood of this word.")]


def wait_for(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's work; an interrupt before or after the work handles it itself ends in 130."""
    try:
        return asyncio.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
