"""docs/prefect.md names every function of Prefect that we import, and every call of its client."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = set(re.findall(r"\w+", (ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")))
FILES = [path for house in ("flows", "service") for path in sorted((ROOT / house).rglob("*.py"))]


def touched(tree):
    """Functions imported from Prefect, and methods called on something named `client`."""
    from_prefect = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _is_prefects(node.module)
    ]
    yield from (name.name for node in from_prefect for name in node.names if name.name[0].islower())
    if from_prefect:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _last(node.value) == "client" and node.attr[0].islower():
                yield node.attr


def _is_prefects(module):
    return (module or "").partition(".")[0] == "prefect"


def _last(node):
    return getattr(node, "id", getattr(node, "attr", None))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from prefect import flow\nfrom prefect.states import Cancelled", ["flow"]),
        ("from prefect.x import X\nawait self.client.read_flow_run(1)", ["read_flow_run"]),
        ("async def f(client):\n    await client.watch(1)", []),
    ],
)
def test_what_counts_as_a_touch_point(code, found):
    assert list(touched(ast.parse(code))) == found


def test_every_touch_point_is_in_the_page():
    missing = {
        name: path.relative_to(ROOT).as_posix()
        for path in FILES
        for name in touched(ast.parse(path.read_text(encoding="utf-8")))
        if name not in NAMED
    }
    assert missing == {}


CLIENT = re.compile(r"^\s*(?:from|import) prefect\.client\b", re.MULTILINE)
SPEAKS_TO_PREFECT = {
    "service/orchestration": "reads and writes runs for everybody else",
    "service/stack/worker": "is Prefect's worker",
    "flows/job": "the run's own process: its state, tags, hooks and artifacts",
    "flows/stages/tasks.py": "types of Prefect's states, for the stages' retries",
}


def test_nobody_else_imports_prefects_client():
    others = [
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if not path.relative_to(ROOT).as_posix().startswith(tuple(SPEAKS_TO_PREFECT))
        and re.search(
            r"^\s*(?:from|import) prefect\.client\b", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    assert others == []
