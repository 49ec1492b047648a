"""The SQL of the store, read from the files beside this one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

_HERE: Traversable = files(__package__)
_HEADING = re.compile(r"^-- (\w+): .*$", re.MULTILINE)


def statements_by_name(text: str) -> dict[str, str]:
    """Statements by name.

    Raises ValueError if two have one name: the later would silently replace the other.
    """
    _, *parts = _HEADING.split(text)
    names = parts[::2]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"statements.sql names more than one statement {', '.join(twice)}")
    return {name: body.strip() for name, body in zip(names, parts[1::2], strict=True)}


STATEMENTS = statements_by_name((_HERE / "statements.sql").read_text(encoding="utf-8"))
"""Statements by name."""


def migrations() -> list[Traversable]:
    """The migrations in order: number n upgrades the schema from version n - 1 to n."""
    return sorted(
        (path for path in (_HERE / "migrations").iterdir() if path.name.endswith(".sql")),
        key=lambda path: path.name,
    )


def split_script(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit the transaction that it runs
    in.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
