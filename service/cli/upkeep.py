"""The commands of `learn` that keep a knowledge base in order: prune, backup, restore."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.options import AsJson, wait_for

commands = typer.Typer()


@commands.command()
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    as_json: AsJson = False,
) -> int:
    """Delete old rounds, batches, logs and jobs, as LEARN_KEEP_… says. Knowledge always stays."""
    from service.cli.prune import prune_and_tell

    return wait_for(prune_and_tell(is_dry=dry_run, is_json=as_json))


@commands.command()
def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> int:
    """Back the SQLite store up into a file, also while jobs run, and check the copy."""
    from service.cli.backup import back_up_and_tell

    return wait_for(back_up_and_tell(file, may_overwrite=force, is_json=as_json))


@commands.command()
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that `learn backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a store that holds knowledge.")] = False,
    as_json: AsJson = False,
) -> int:
    """Restore the SQLite store from a backup. A store that is in use is never replaced."""
    from service.cli.backup import restore_and_tell

    return wait_for(restore_and_tell(file, may_replace=force, is_json=as_json))
