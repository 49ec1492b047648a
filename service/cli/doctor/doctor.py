"""`learn doctor`: runs the checks and formats the results."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.errors import ConfigurationError
from flows.settings import read_settings
from service.cli.output.console import clean

State = Literal["ok", "warn", "fail"]
_MARKS: dict[State, tuple[str, str]] = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@dataclass(frozen=True)
class Check:
    """The result of one check; `remedy` says how to fix a problem."""

    name: str
    state: State
    finding: str
    remedy: str = ""


async def examine() -> list[Check]:
    """Run all checks, except those that cannot run because an earlier one failed."""
    from service.cli.doctor import checks, providers

    found = [checks.packages(), *checks.patches()]
    try:
        settings = read_settings()
    except ConfigurationError as error:
        return [Check("settings", "fail", str(error), "Correct or unset this variable."), *found]
    found = [checks.configured(settings), *found, checks.home(settings), checks.lexicon()]
    found += await checks.store(settings)
    for looked_at in await asyncio.gather(providers.groq(settings), providers.wikimedia(settings)):
        found += looked_at
    found += await checks.prefect(settings)
    found.append(await checks.facade())
    return found


def as_json(found: Sequence[Check]) -> str:
    """The results as a JSON document."""
    return json.dumps(
        {"ok": all(c.state != "fail" for c in found), "checks": [asdict(c) for c in found]},
        ensure_ascii=False,
        indent=2,
    )


def as_table(found: Sequence[Check]) -> RenderableType:
    """The results as a table, each remedy below its finding."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in found:
        mark, style = _MARKS[check.state]
        text = Text(clean(check.finding))
        if check.remedy:
            text.append(f"\n→ {clean(check.remedy)}", style=style)
        table.add_row(Text(f"{mark} {check.state}", style=style), Text(check.name), text)
    return table
