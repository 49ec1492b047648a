"""What the tables of docs/architecture.md say of the journeys, and what the source says of their steps."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


class Step(NamedTuple):
    """A row of a journey's table."""

    module: str
    function: str
    process: str
    onward: str


def rows(mark):
    part = re.search(rf"<!-- {mark} -->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    assert part, f"docs/architecture.md has no table marked {mark!r}"
    lines = [line for line in part[1].splitlines() if line.startswith("|")]
    head, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, cells, strict=True)) for cells in body[1:]]


def code(cell):
    return re.findall(r"`([^`]+)`", cell)


def steps(name):
    return [
        Step(
            code(row["module"])[0],
            code(row["function"])[0],
            row.get("process", ""),
            row.get("reaches the next by", ""),
        )
        for row in rows(f"journey: {name}")
    ]


FRAME = steps("frame")
BESIDE = {module for row in rows("beside: frame") for module in code(row["module"])}
WORD = steps("word")


def source(module):
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert file.is_file(), f"docs/architecture.md names {module}, and there is no such module"
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(tree, prefix=""):
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{node.name}.")


def names_used(tree):
    """Names of all functions that a module calls or hands on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id


def texts(tree):
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def made_of(stage):
    """The function that flows.stages.tasks makes the task of a stage of."""
    (tasks,) = (
        node for node in source("flows.stages.tasks").body if getattr(node, "name", "") == "TaskStages"
    )
    body = tasks.body
    (made,) = (node for node in body if isinstance(node, ast.Assign) and node.targets[0].id == stage)
    return made.value.args[0].args[0].id


def imported_by(module):
    return {node.module for node in ast.walk(source(module)) if isinstance(node, ast.ImportFrom)}
