"""The glossary: what it names is there, and words that it replaces name nothing."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
EXCEPTIONS: dict[str, tuple[str, str]] = {
    # file, or a folder: names in it, and why
    "flows/core/estimate.py": ("supply", "how many words are left: supply against demand"),
    "service/estimating.py": ("supply", "the parameter of flows.core.estimate"),
    "flows/lexicon/neighbourhood.py": ("cutoff", "difflib's parameter"),
    "flows/models/limiter.py": ("spare|spare_share", "quota that nobody uses"),
    "flows/stages/candidates.py": ("spare", "words that are read beyond what is wanted"),
    "flows/stores/firestore/driver/database.py": (".*channel", "gRPC's word"),
    "service/metrics.py": ("watchers", "`learn_watchers` is a public name"),
    "service/api/routes/live.py": ("watchers", "`learn_watchers` is a public name"),
    "service/cli/doctor/providers.py": ("offer", "what a provider offers"),
    "service/api/routes/jobs.py": ("lines", "lines of the numbered log"),
}


def tables(text):
    """The rows of all tables, as lists of cells, without heads."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith(("| word |", "| say |")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


WORDS, NOT_THESE = TEXT.split("<!-- not these -->")
NAMES = sorted({row[2].strip("`") for row in tables(WORDS)})


@pytest.mark.parametrize("name", NAMES)
def test_what_the_glossary_names_is_there(name):
    module, _, attribute = name.rpartition(".")
    if _file(name) is not None:
        return
    file = _file(module)
    assert file is not None, f"there is no module {module}"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert attribute in set(_defined(tree)), f"{module} defines no {attribute}"


def test_each_word_is_explained_once():
    words = [word for row in tables(WORDS) for word in row[0].split(", ")]
    assert [word for word in words if words.count(word) > 1] == []


FORBIDDEN = [(word, row[2].strip("`")) for row in tables(NOT_THESE) for word in row[1].split(", ")]


@pytest.mark.parametrize(("word", "folder"), FORBIDDEN, ids=[word for word, _ in FORBIDDEN])
def test_words_that_are_replaced_name_nothing(word, folder, names_by_file):
    found = [
        f"{path}: {name}"
        for path, names in names_by_file.items()
        if path.startswith(folder)
        for name in sorted(names)
        if _holds(name, word) and not _is_allowed(path, name)
    ]
    assert not found, f"say {word!r} in other words, see docs/glossary.md"


def test_every_exception_is_for_a_file_that_is_there_and_says_why():
    assert all((ROOT / path).is_file() and why for path, (_, why) in EXCEPTIONS.items())


@pytest.mark.parametrize(("path", "allowed"), [(path, names) for path, (names, _) in EXCEPTIONS.items()])
def test_every_exception_excuses_a_name_that_is_there(path, allowed, names_by_file):
    """One that a forbidden word holds: an exception that nothing needs goes."""
    words = [word for word, folder in FORBIDDEN if path.startswith(folder)]
    excused = {
        name.strip("_").lower()
        for name in names_by_file[path]
        if _is_allowed(path, name) and any(_holds(name, word) for word in words)
    }
    unused = [part for part in allowed.split("|") if not any(re.fullmatch(part, name) for name in excused)]
    assert unused == []


@pytest.fixture(scope="module")
def names_by_file(our_code):
    """All names in a file, and its own, by its path."""
    return {path: {Path(path).stem, *_used(tree)} for path, tree in our_code.items()}


def _is_allowed(path, name):
    allowed, _ = EXCEPTIONS.get(path, ("", ""))
    return re.fullmatch(allowed, name.strip("_").lower()) is not None


def _file(module):
    path = ROOT.joinpath(*module.split("."))
    return next((f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file()), None)


def _defined(tree):
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _used(tree):
    """Every name in a module: of classes, functions, parameters, variables and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
            yield node.arg
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name


def _holds(name, word):
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    return word in parts or word in {a + b for a, b in pairwise(parts) if len(b) > 1}
