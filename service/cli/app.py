"""`learn …`: the command line.

Commands import what they need inside, so `learn --help` is fast.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args
from uuid import UUID

import typer

from flows.own_machine import exempt_own_machine
from service.cli import jobs as cli_jobs
from service.cli.installation import doctor, env
from service.cli.options import (
    AsJson,
    LimitOption,
    MaxEntriesOption,
    MinutesOption,
    ModeArgument,
    Plain,
    ResultsLimit,
    RunMode,
    TopicOption,
    WordsArgument,
    wait_for,
)
from service.cli.output.console import DONE, FAILED, INTERRUPTED, clean, err, say, say_error
from service.cli.output.streams import accept_any_text
from service.cli.upkeep.commands import commands as upkeep_commands
from service.stack.private_files import OTHERS

if TYPE_CHECKING:
    from flows.stores.base import Store

app = typer.Typer(
    name="learn",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(cli_jobs.commands)
app.add_typer(upkeep_commands)

ExportFormat = Literal["jsonl", "csv", "parquet"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 usage error, 130 interrupted."""
    accept_any_text(is_json="--json" in (arguments or sys.argv))
    before = os.umask(OTHERS)
    os.umask(before)
    for name in exempt_own_machine():
        say(f"{name}: ignored, because it is not the URL of an http, https or socks5 proxy.")
    try:
        return int(app(arguments, prog_name="learn", standalone_mode=False) or DONE)
    except typer.TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "learn")
        problem = _usage_problem(error)
        end = "" if problem.endswith((".", "?")) else "."
        err().print(f"{command}: {problem}{end} See: {command} --help")
        return error.exit_code
    except typer.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of the output is gone; Python would complain again when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001  a person reads one line, not a traceback
        return say_error(error)
    finally:
        os.umask(before)
        if arguments is None:
            # Python would search all that Prefect imported for cycles before it exits: a third of a second
            gc.freeze()
            # Prefect sends its last events while Python exits; another Ctrl-C skips that, without a traceback
            signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def _usage_problem(error: typer.TyperException) -> str:
    """What is wrong with a command line, in one line."""
    from pydantic import ValidationError

    if isinstance(error.__cause__, ValidationError):
        # what Typer's own check raised, instead of pydantic's message about it
        raised = [each["ctx"]["error"] for each in error.__cause__.errors() if each["type"] == "value_error"]
        error.message = " ".join(map(str, raised)) or error.message
    return clean(" ".join(error.format_message().split()))


def _on_store(work: Callable[[Store], Awaitable[int]]) -> int:
    """Run a command that only reads the store."""

    async def opened() -> int:
        from flows.settings import read_settings
        from service.cli.store_to_read import store_to_read

        settings = read_settings()
        async with store_to_read(settings.store, language=settings.language) as (store, _):
            return await work(store)

    return wait_for(opened())


def _version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"learn {version('learning-pipeline')}")
        except PackageNotFoundError:
            typer.echo("learn (from a checkout that is not installed)")
        raise typer.Exit


@app.callback()
def before_command(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Grow a knowledge base of words and concepts."""
    # an exported file is the caller's; everything else belongs to the home folder
    if context.invoked_subcommand != "export":
        os.umask(OTHERS)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def run(
    mode: ModeArgument,
    words: WordsArgument = None,
    *,
    minutes: MinutesOption = None,
    topic: TopicOption = None,
    max_entries: MaxEntriesOption = None,
    limit: LimitOption = None,
    as_json: AsJson = False,
    plain: Plain = False,
) -> int:
    """Run a learning job in this process and watch it. Ctrl-C finishes the work in flight, then stops."""
    from service.cli import run as running

    given = running.parameters(
        mode.value, words or [], minutes=minutes, topic=topic, max_entries=max_entries, limit=limit
    )
    return wait_for(running.run_and_tell(mode.value, given, is_json=as_json, is_plain=plain))


@app.command()
def estimate(
    mode: Annotated[RunMode, typer.Argument(help="The kind of job.")],
    words: WordsArgument = None,
    *,
    minutes: MinutesOption = None,
    max_entries: MaxEntriesOption = None,
    limit: LimitOption = None,
    as_json: AsJson = False,
) -> int:
    """Estimate what a job would learn and cost, and what limits it."""
    from flows.settings import read_settings
    from service.cli import run as running
    from service.estimating import estimate_lines, job_estimate

    given = running.parameters(
        mode.value, words or [], minutes=minutes, topic=None, max_entries=max_entries, limit=limit
    )

    async def work(store: Store) -> int:
        found = await job_estimate(store, read_settings(), mode.value, given)
        typer.echo(found.model_dump_json(indent=2) if as_json else "\n".join(estimate_lines(found)))
        return DONE

    return _on_store(work)


@app.command()
def show(
    words: Annotated[list[str], typer.Argument(metavar="WORD…", help="Words to look up.")],
    as_json: AsJson = False,
) -> int:
    """Show what was learned about a word, like a dictionary."""
    from service.cli import read as reading

    return _on_store(lambda store: reading.show_words(store, words, is_json=as_json))


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="Text to search for; omit it to list the newest entries.")] = "",
    *,
    category: Annotated[str | None, typer.Option(help="For example animal, act or cognition.")] = None,
    support: Annotated[str | None, typer.Option(help="supported, model_only or conflict.")] = None,
    depth: Annotated[str | None, typer.Option(help="defined, enriched or deep.")] = None,
    job: Annotated[UUID | None, typer.Option(help="Only entries learned by this job.")] = None,
    limit: ResultsLimit = 20,
    cursor: Annotated[str | None, typer.Option(help="Continue after the previous page.")] = None,
    as_json: AsJson = False,
) -> int:
    """Search the entries, or list them by one filter."""
    from flows.knowledge import Category, Depth, Support
    from service.cli import read as reading

    reading.check_choice("--category", category, [c.value for c in Category])
    reading.check_choice("--support", support, get_args(Support))
    reading.check_choice("--depth", depth, get_args(Depth))
    filters: dict[str, Any] = {
        "category": Category(category) if category else None,
        "support": support,
        "depth": depth,
        "job_id": job,
    }
    return _on_store(
        lambda store: reading.search_entries(
            store, text, filters=filters, cursor=cursor, limit=limit, is_json=as_json
        )
    )


@app.command()
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - is standard output.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    file_format: Annotated[
        ExportFormat | None, typer.Option("--format", help="Output format; overrides the file extension.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Export everything learned, with citations and licences.

    The file extension chooses the format: .csv, .parquet, otherwise JSON lines.
    """
    from service.exports.files import FORMAT_NAMES, export_to, format_of
    from service.exports.words import exported

    async def work(store: Store) -> int:
        chosen = file_format or format_of(file)
        count = await export_to(exported(store), file, may_overwrite=force, format_=chosen)
        if as_json and file != "-":
            typer.echo(f'{{"entries": {count}}}')
        else:
            say(
                f"{count:,} {'entry' if count == 1 else 'entries'}"
                f" exported{'' if file == '-' else f' to {file}'} as {FORMAT_NAMES[chosen]}"
            )
        return DONE

    return _on_store(work)


app.command()(doctor)
app.command()(env)


@app.command()
def up(
    *,
    job: Annotated[RunMode | None, typer.Option("--run", help="Also start one job and show it.")] = None,
    minutes: MinutesOption = None,
    topic: TopicOption = None,
    no_server: Annotated[
        bool, typer.Option("--no-server", help="Use the Prefect server at PREFECT_API_URL.")
    ] = False,
    as_json: AsJson = False,
    plain: Plain = False,
) -> int:
    """Start Prefect, a worker and the server on this machine, and keep them running until Ctrl-C."""
    from flows.errors import InvalidInput
    from service.cli import run as running
    from service.cli import up as serving

    for option, value in (("minutes", minutes), ("topic", topic)):
        if value is not None and job is None:
            raise InvalidInput(option, "requires --run", "Add --run big.")
    given = (
        running.parameters(job.value, [], minutes=minutes, topic=topic, max_entries=None, limit=None)
        if job
        else {}
    )
    return wait_for(
        serving.serve_stack(
            job.value if job else None, given, has_server=not no_server, is_json=as_json, is_plain=plain
        )
    )
