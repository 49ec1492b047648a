"""One name, one thing: no two public types or functions of flows/ and service/ share a name.

Looked at are the classes, type aliases and functions of all modules. What a module imports and hands on is
the same thing. Names that begin with an underscore are a module's own business, and so are its constants and
loggers: `POLL_S` is said with its module. A method is said with its class. But two modules define no constant
of one name and one value, and what means one thing everywhere stands in one module: it has its home there.

A route and a command carry the word that users know, which OpenAPI and `learn --help` show; what carries out
a command has a name of its own, such as `mend_and_tell`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

SHARED = {
    "main": "the beginning of a process or a command; each module of it is run, and imported by no other",
    "translated": "each driver's errors as ours: the same rule for SQLite and for Firestore",
}
"""Names of several things, and why that is the point."""
TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")


def test_no_two_types_or_functions_share_a_name(our_code):
    found = named(our_code)
    assert {name: places for name, places in found.items() if len(places) > 1 and name not in SHARED} == {}


def test_every_shared_name_is_shared_and_says_why(our_code):
    found = named(our_code)
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


def named(trees):
    """The modules that define each name."""
    found = defaultdict(list)
    for file, tree in trees.items():
        for name in names_in(tree):
            found[name].append(file)
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


COINCIDENCES = {
    "ASK_S": "how long Prefect may take to tell a state, and how long a server on this machine may take",
    "CONNECT_S": "for Groq's server, and for ours",
    "FIRST_WAIT_S": "before a source is asked again, and before the event stream is connected again",
    "LOOK_S": "how often the end of a process is looked for, and whether a server is up",
    "TIMEOUT_S": "of the doctor's questions, and of our server's questions to Prefect",
}
"""Names that happen to have one value for two things, and which."""
HOMES = {
    "127.0.0.1": "flows/own_machine.py",
    "https://console.groq.com/keys": "flows/settings.py",
    "prefect.db": "flows/running_server.py",
    "server.json": "flows/running_server.py",
    "PREFECT_API_URL": "flows/running_server.py",
    "PREFECT_API_AUTH_STRING": "flows/running_server.py",
    "PREFECT_API_KEY": "flows/running_server.py",
    "LEARN_LIFELINE": "service/stack/variables.py",
    "LEARN_LEASE": "service/stack/variables.py",
    "LEARN_JOB_LOG": "service/stack/variables.py",
    "CutOff": "flows/knowledge/events.py",
    "jobs.log": "service/stack/environment.py",
    "learn-run.log": "service/stack/environment.py",
    "prefect-server.log": "service/stack/environment.py",
    "server.log": "service/stack/environment.py",
    "worker.log": "service/stack/environment.py",
    "logs": "service/stack/environment.py",
    "--ready-fd": "service/stack/supervisor.py",
    "--warm": "service/stack/worker/warm_process.py",
    "must_fail_again": "service/errors.py",
    "run_deleted": "flows/knowledge/states.py",
    "Start a new job; what this one learned is kept.": "service/wording.py",
    "Idempotency-Key": "service/errors.py",
    "sec-fetch-site": "service/api/middleware/access.py",
    "x-forwarded-for": "service/api/middleware/attempts.py",
    "\U0010ffff": "flows/core/words.py",
    4400: "service/schemas/frames.py",
    4404: "service/schemas/frames.py",
    86_400: "flows/knowledge/base.py",
}
"""What means one thing wherever it stands, and where it has its name."""
LITERALS = {str, int, float}


def test_no_constant_is_defined_twice(our_code):
    found = defaultdict(list)
    for file, tree in our_code.items():
        for name, value in constants_in(tree):
            found[name, value].append(file)
    twice = {name: files for (name, _), files in found.items() if len(files) > 1}
    assert twice.keys() == COINCIDENCES.keys(), twice


def test_what_means_one_thing_stands_in_its_home_alone(our_code):
    found = defaultdict(set)
    for file, tree in our_code.items():
        for value in literals_in(tree):
            if value in HOMES:
                found[value].add(file)
    assert found == {value: {home} for value, home in HOMES.items()}


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("LIMIT = 3\n_LIMIT = 4\nlog = 5", [("LIMIT", "3"), ("LIMIT", "4")]),
        ("LIMIT: int = 2 * 8", [("LIMIT", "2 * 8")]),
        ("FIRST, SECOND = 1, 2", [("FIRST", "1"), ("SECOND", "2")]),
        ("T = TypeVar('T')\ndef f():\n    LIMIT = 3", []),
        ("LIMIT: int", []),
    ],
)
def test_constants_of_a_module(text, constants):
    assert list(constants_in(ast.parse(text))) == constants


@pytest.mark.parametrize(
    ("text", "literals"),
    [
        ('"""A docstring."""\nx = "a"', ["a"]),
        ('x = f("a", 86_400.0)', ["a", 86_400]),
        ('x = f"http://{y}"\nz = 24 * 3600', [86_400, 24, 3600]),
        ("x = True", []),
    ],
)
def test_literals_of_a_module(text, literals):
    assert list(literals_in(ast.parse(text))) == literals


def constants_in(tree):
    """The constants that a module defines, without leading underscores, and their values as text."""
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
            for name, value in pairs:
                if isinstance(name, ast.Name) and name.id.isupper():
                    text = ast.unparse(value)
                    if not text.startswith("TypeVar("):
                        yield name.id.strip("_"), text


def literals_in(tree):
    """Texts and numbers of a module, and products of two numbers; no docstrings and no parts of texts."""
    left_out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            left_out.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            factors = [part.value for part in (node.left, node.right) if isinstance(part, ast.Constant)]
            if len(factors) == 2 and all(isinstance(factor, (int, float)) for factor in factors):
                yield factors[0] * factors[1]
        elif isinstance(node, ast.Constant) and id(node) not in left_out and type(node.value) in LITERALS:
            yield node.value
