"""What commands of `learn` share: options, and how to run a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from service.cli.output.console import INTERRUPTED


class RunMode(StrEnum):
    """The kind of job to run."""

    BIG = "big"
    QUICK = "quick"
    DEEP = "deep"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
FramesAsJson = Annotated[
    bool, typer.Option("--json", help="Print each update as a line of JSON, and nothing else.")
]
Plain = Annotated[bool, typer.Option("--plain", help="Print plain lines instead of the live display.")]
JobName = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or the beginning of it.")]
ModeArgument = Annotated[
    RunMode,
    typer.Argument(help="big runs for minutes, quick defines words in seconds, deep learns words in detail."),
]
WordsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[WORD]…",
        help=(
            "Words to learn (quick and deep jobs). By default, the words that entries mention most; a deep"
            " job first takes words that are only defined."
        ),
    ),
]
# bounds are written out, for they would import all of flows.knowledge for `learn --help`; a test compares
MinutesOption = Annotated[
    float | None,
    typer.Option(
        help="Time limit in minutes, at most 10 (big and deep jobs).",
        show_default="10",
    ),
]
MaxEntriesOption = Annotated[int | None, typer.Option(help="Stop after this many entries (big jobs).")]
LimitOption = Annotated[
    int | None,
    typer.Option(
        help="Maximum number of words, if none are given (quick and deep jobs).",
        show_default="quick 20, deep 40",
    ),
]
JobsLimit = Annotated[int, typer.Option(min=1, max=1000, help="Number of jobs.")]
ResultsLimit = Annotated[int, typer.Option(help="Number of results, 1 to 200.")]
TopicOption = Annotated[str | None, typer.Option(help="Learn words related to this one.")]


def wait_for(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's coroutine. An interrupt that it does not handle itself gives exit code 130."""
    try:
        return asyncio.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
