"""The commands of `learn` that keep a knowledge base in order: copy, mend, prune, backup, restore."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.options import AsJson, wait_for

commands = typer.Typer()


@commands.command("migrate", hidden=True)
@commands.command()
def copy(
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="URL", help="The target store: sqlite:///…, firestore://project/database."
        ),
    ],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="The source store; LEARN_STORE by default."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Copy the whole knowledge base to another store. An interrupted copy resumes where it stopped."""
    from service.cli.upkeep.copy import copy_and_tell

    return wait_for(copy_and_tell(from_, to, is_json=as_json))


@commands.command()
def mend(
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Merge them. Without it, nothing changes.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Find words that earlier versions stored twice or spelled differently, such as café and cafe, and
    merge them.

    Lists what it would change; --yes changes it. Merged spellings still find their word. Jobs can keep
    running.
    """
    from service.cli.upkeep.mend import mend_and_tell

    return wait_for(mend_and_tell(is_dry_run=not yes, is_json=as_json))


@commands.command()
def prune(
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Delete them. Without it, nothing changes.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", hidden=True, help="The default: list what --yes would delete.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Find the rounds, batches, logs and jobs that exceed the limits in LEARN_KEEP_…, and delete them.

    Knowledge always stays.

    Lists what it would delete; --yes deletes it. `learn up` does this automatically.
    """
    from service.cli.upkeep.prune import prune_and_tell

    return wait_for(prune_and_tell(is_dry=dry_run or not yes, is_json=as_json))


@commands.command()
def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> int:
    """Back up the SQLite store to a file, even while jobs run, and check the copy."""
    from service.cli.upkeep.backup import back_up_and_tell

    return wait_for(back_up_and_tell(file, may_overwrite=force, is_json=as_json))


@commands.command()
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that `learn backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a store that holds knowledge.")] = False,
    as_json: AsJson = False,
) -> int:
    """Restore the SQLite store from a backup. A store that is in use is never replaced."""
    from service.cli.upkeep.backup import restore_and_tell

    return wait_for(restore_and_tell(file, may_replace=force, is_json=as_json))
