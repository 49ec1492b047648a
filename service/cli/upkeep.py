"""`learn copy` and `learn mend`: what keeps a knowledge base in order."""

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
    from service.cli.copy import copy_and_tell

    return wait_for(copy_and_tell(from_, to, is_json=as_json))


@commands.command()
def mend(
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it. Without, it is only said.")] = False,
    as_json: AsJson = False,
) -> int:
    """Find what earlier versions stored twice or otherwise than today, such as café and cafe, and merge it.

    Says what it would do; with --yes it does it. Merged spellings still find their word. Jobs may run on.
    """
    from service.cli.mend import mend_and_tell

    return wait_for(mend_and_tell(is_dry_run=not yes, is_json=as_json))
