"""One name, one thing: no two public types or functions of flows/ and service/ share a name.

Looked at are the classes, type aliases and functions of all modules. What a module imports and hands on is
the same thing. Names that begin with an underscore are a module's own business, and so are its constants and
loggers: `POLL_S` is said with its module. A method is said with its class.

A route and a command carry the word that users know, which OpenAPI and `learn --help` show; what carries out
a command has a name of its own, such as `mend_and_tell`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = {
    "main": "the beginning of a process or a command; each module of it is run, and imported by no other",
    "translated": "each driver's errors as ours: the same rule for SQLite and for Firestore",
}
"""Names of several things, and why that is the point."""
TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")


def test_no_two_types_or_functions_share_a_name():
    assert {name: places for name, places in named().items() if len(places) > 1 and name not in SHARED} == {}


def test_every_shared_name_is_shared_and_says_why():
    found = named()
    assert [name for name, why in SHARED.items() if len(found[name]) < 2 or not why] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("class A: ...\nclass _B: ...", ["A"]),
        ("def f(): ...\nasync def g(): ...\ndef _h(): ...", ["f", "g"]),
        ("Alias = str | int\nLIMIT = 3\nT = TypeVar('T')\nlog = 4", ["Alias"]),
        ("Say: TypeAlias = Callable[[str], None]", ["Say"]),
        ("Item = TypeVar('Item')", ["Item"]),
        ("if TYPE_CHECKING:\n    class A: ...\nelse:\n    A = B", ["A"]),
        ("try:\n    def f(): ...\nexcept ImportError:\n    def f(): ...", ["f"]),
        ("class A:\n    def f(self): ...\ndef g():\n    def h(): ...", ["A", "g"]),
        ("@overload\ndef f(a: int): ...\n@overload\ndef f(a: str): ...\ndef f(a): ...", ["f"]),
        ("from a import A, f", []),
    ],
)
def test_names_of_a_module(text, names):
    assert sorted(names_in(ast.parse(text))) == names


def named():
    """The modules that define each name."""
    found = defaultdict(list)
    for top in ("flows", "service"):
        for file in sorted((ROOT / top).rglob("*.py")):
            for name in names_in(ast.parse(file.read_text(encoding="utf-8"))):
                found[name].append(file.relative_to(ROOT).as_posix())
    return found


def names_in(tree):
    """The public types and functions that a module defines, also under a condition."""
    return {name for name in _defined(tree.body) if not name.startswith("_")}


def _defined(body):
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name) and TYPE_NAME.fullmatch(t.id))
        else:
            for part in ("body", "orelse", "handlers", "finalbody"):
                yield from _defined(getattr(node, part, []))
