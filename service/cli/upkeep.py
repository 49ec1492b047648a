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
