"""docs/prefect.md names every function of Prefect that we import, and every call of its client."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = set(re.findall(r"\w+", (ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")))


def touched(tree):
    """Functions and modules taken from Prefect, and methods called on something named `client`."""
    from_prefect = list(dict.fromkeys(name for name in full_names(tree) if _is_prefects(name)))
    for name in from_prefect:
        module, _, last = name.rpartition(".")
        if last[:1].islower() and _is_module(module):
            yield last
    if from_prefect:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _last(node.value) == "client" and node.attr[0].islower():
                yield node.attr


def _is_module(name):
    return name.startswith("prefect.server.") or inspect.ismodule(resolved(name))


def _is_prefects(module):
    return (module or "").partition(".")[0] == "prefect"


def _last(node):
    return getattr(node, "id", getattr(node, "attr", None))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from prefect import flow\nfrom prefect.states import Cancelled", ["flow"]),
        ("from prefect.states import Failed\nawait self.client.read_flow_run(1)", ["read_flow_run"]),
        (
            "import prefect.flows\nprefect.flows.load_flow_from_script('x')",
            ["flows", "load_flow_from_script"],
        ),
        ("import prefect\nawait self.client.read_flow_run(1)", ["read_flow_run"]),
        ("from prefect.server.api.server import create_app", ["create_app"]),
        ("from prefect import flow\nflow.fn", ["flow"]),
        ("async def f(client):\n    await client.watch(1)", []),
    ],
)
def test_what_counts_as_a_touch_point(code, found):
    assert list(touched(ast.parse(code))) == found


def test_every_touch_point_is_in_the_page(our_code):
    missing = {name: path for path, tree in our_code.items() for name in touched(tree) if name not in NAMED}
    assert missing == {}


SPEAKS_TO_PREFECT = {
    "service/orchestration": "reads and writes runs for everybody else",
    "service/stack/worker": "is Prefect's worker",
    "flows/job": "the run's own process: its state, tags, hooks and artifacts",
    "flows/stages/tasks.py": "types of Prefect's states, for the stages' retries",
}
CLIENT = "prefect.client"
LOADS = frozenset({"import_module", "__import__"})


def may_speak(path):
    """Whether a file lies where Prefect's client may be used."""
    return any(path == place or path.startswith(f"{place}/") for place in SPEAKS_TO_PREFECT)


def uses_of_client(tree):
    """The full names of what a source takes from Prefect's client, wherever it takes it from."""
    return sorted({name for name in full_names(tree) if is_clients(name)})


def full_names(tree):
    """The full name of everything that a source imports, and of what it reads from that."""
    bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                root = alias.name.partition(".")[0]
                bound[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.module if alias.name == "*" else f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield _full(node, bound)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[-1], ast.Constant):
            if _last(node.func) in LOADS:
                yield str(node.args[0].value if isinstance(node.args[0], ast.Constant) else "")
            elif _last(node.func) == "getattr" and len(node.args) == 2:
                yield f"{_full(node.args[0], bound)}.{node.args[1].value}"


def _full(node, bound):
    if isinstance(node, ast.Name):
        return bound.get(node.id, "")
    if isinstance(node, ast.Attribute):
        start = _full(node.value, bound)
        return f"{start}.{node.attr}" if start else ""
    return ""


def is_clients(name):
    """Whether a full name is of Prefect's client: a module of it, or what Prefect defines there."""
    if f"{name}.".startswith(f"{CLIENT}."):
        return True
    if not _is_prefects(name):
        return False
    found, origin = resolved(name), ""
    if found is not None:
        origin = found.__name__ if inspect.ismodule(found) else getattr(found, "__module__", "")
    return f"{origin}.".startswith(f"{CLIENT}.")


def resolved(name):
    """What a full name is; None if there is no such thing, and for Prefect's server, which is slow to load
    and defines no client.
    """
    if name.startswith("prefect.server."):
        return None
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return None


PLANTED = [
    ("from prefect import get_client", ["prefect.get_client"]),
    ("from prefect import get_client as ask\nask()", ["prefect.get_client"]),
    ("import prefect\nprefect.get_client()", ["prefect.get_client"]),
    (
        "import prefect as p\nasync def f():\n    async with p.get_client() as c:\n        ...",
        ["prefect.get_client"],
    ),
    ("import prefect\ngetattr(prefect, 'get_client')()", ["prefect.get_client"]),
    ("from prefect import client", ["prefect.client"]),
    ("from prefect.client import orchestration", ["prefect.client.orchestration"]),
    ("from prefect.client import *", ["prefect.client"]),
    ("import prefect.client.orchestration", ["prefect.client.orchestration"]),
    ("import prefect.main as m\nm.get_client", ["prefect.main.get_client"]),
    (
        "import prefect.flows\nprefect.client.orchestration.PrefectClient('x')",
        ["prefect.client", "prefect.client.orchestration", "prefect.client.orchestration.PrefectClient"],
    ),
    (
        "from prefect.client.orchestration import PrefectClient as X",
        ["prefect.client.orchestration.PrefectClient"],
    ),
    ("def late():\n    from prefect.client.schemas import FlowRun", ["prefect.client.schemas.FlowRun"]),
    (
        "import typing\nif typing.TYPE_CHECKING:\n    from prefect.client.schemas.objects import State",
        ["prefect.client.schemas.objects.State"],
    ),
    ("from prefect import State", ["prefect.State"]),
    ("from prefect.deployments.runner import get_client", ["prefect.deployments.runner.get_client"]),
    (
        "from importlib import import_module\nimport_module('prefect.client.schemas')",
        ["prefect.client.schemas"],
    ),
    ("from prefect import flow, task\nfrom prefect.states import Completed\nflow.fn", []),
    ("from prefect.settings import get_current_settings\nimport httpx\nhttpx.get_client", []),
    ("client = made()\nclient.orchestration.get_client()", []),
]
"""Sources, and what each takes from Prefect's client."""


@pytest.mark.parametrize(("code", "found"), PLANTED)
def test_what_takes_from_prefects_client_is_seen(code, found):
    assert uses_of_client(ast.parse(code)) == found


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("service/orchestration/deployments/deploy.py", True),
        ("flows/stages/tasks.py", True),
        ("service/orchestration_planted.py", False),
        ("flows/jobs.py", False),
        ("flows/stages/tasks.py.py", False),
        ("service/stack/stack.py", False),
    ],
)
def test_a_place_that_may_use_the_client_is_a_folder_or_a_file(path, may):
    assert may_speak(path) is may


def test_nobody_else_uses_prefects_client(our_code):
    others = {path: uses_of_client(tree) for path, tree in our_code.items() if not may_speak(path)}
    assert {path: found for path, found in others.items() if found} == {}


def test_each_place_that_may_use_the_client_does(our_code):
    users = {path for path, tree in our_code.items() if may_speak(path) and uses_of_client(tree)}
    assert [
        place
        for place in SPEAKS_TO_PREFECT
        if not any(path == place or path.startswith(f"{place}/") for path in users)
    ] == []
