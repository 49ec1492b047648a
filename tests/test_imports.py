"""What is loaded with what, looked at in fresh processes."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOWS = (
    "flows.big",
    "flows.quick",
    "flows.deep",
    "flows.job",
    "flows.stages",
    "flows.models",
    "flows.sources",
)
MAY_START_FLOWS = ("service.cli", "service.stack.worker", "service.engine", "service.worker")
"""What may import a flow, with the names under which people and deployments start the worker's processes."""
BY_NAME = frozenset(
    {"__import__", "eval", "exec", "import_module", "import_object", "run_module", "run_path", "runpy"}
    | {"load_flow_from_entrypoint", "load_flow_from_flow_run", "load_flow_from_script", "from_entrypoint"}
    | {"afrom_entrypoint", "load_script_as_module", "safe_load_flow_from_entrypoint"}
)
"""What imports a module whose name is a string."""
HEAVY = ("prefect", "fastapi", "groq", "google.cloud.firestore", "mwparserfromhell")


def modules_after(statement, *, with_warnings=False):
    warnings = () if with_warnings else ("-W", "error")
    program = f"import json, sys\n{statement}\njson.dump(sorted(sys.modules), sys.stdout)"
    done = subprocess.run(
        [sys.executable, *warnings, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def loaded(modules, names):
    return [
        module for module in modules if any(module == name or module.startswith(f"{name}.") for name in names)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "import flows",
        "import flows.knowledge",
        "import flows.errors, flows.knowledge.events, flows.settings, flows.stores",
        "import flows.core.entries, flows.core.selection, flows.core.words",
        "from flows import Entry, Job, Settings, open_store",
        "from flows.lexicon.reader import Lexicon",
    ],
)
def test_types_rules_stores_and_lexicon_load_neither_prefect_nor_a_flow(statement):
    assert loaded(modules_after(statement), (*FLOWS, *HEAVY, "service")) == []


def test_rules_and_types_need_pydantic_only():
    modules = modules_after(
        "import flows.knowledge, flows.errors, flows.core.words, flows.core.entries, flows.core.selection"
    )
    assert (
        loaded(modules, ("httpx", "aiosqlite", "rich", "typer", "pydantic_settings", "simplemma", "wordfreq"))
        == []
    )


def test_reading_the_lexicon_needs_nothing_that_building_it_needs():
    modules = modules_after(
        "from flows.lexicon.reader import Lexicon\nfrom flows.models.lexicon import"
        " LexiconModel\nLexicon().close()"
    )
    assert loaded(modules, ("simplemma", "wordfreq", "flows.lexicon.build", "prefect")) == []


def test_command_line_loads_no_flow_before_a_command_runs():
    assert loaded(modules_after("import service.cli.app"), (*FLOWS, *HEAVY)) == []


def test_facade_loads_no_flow_and_no_model():
    assert loaded(modules_after("import service.api.app"), (*FLOWS, "groq", "flows.lexicon")) == []


def modules_without_flows():
    """The modules of the service that may import no flow, with their files."""
    for path in sorted((ROOT / "service").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not loaded([name], MAY_START_FLOWS):
            yield name, path


def test_every_room_but_the_command_line_and_the_worker_loads_no_flow():
    statement = "\n".join(f"import {name}" for name, _ in modules_without_flows())
    assert loaded(modules_after(statement, with_warnings=True), FLOWS) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from importlib import import_module", ["import_module"]),
        ("import importlib\nimportlib.import_module('flows.big')", ["import_module"]),
        ("from prefect.flows import load_flow_from_entrypoint as load", ["load_flow_from_entrypoint"]),
        ("import prefect.flows\nprefect.flows.load_flow_from_entrypoint(at)", ["load_flow_from_entrypoint"]),
        ("RunnerDeployment.from_entrypoint('flows.big.big_learning', name='big')", ["from_entrypoint"]),
        ("__import__('flows.big')", ["__import__"]),
        ("import runpy", ["runpy"]),
        ("import flows.knowledge\nflows.big_learning", ["import flows.knowledge"]),
        ("from flows.knowledge import Job\nimport flows.errors as errors\nfrom importlib import util", []),
    ],
)
def test_import_by_a_string_is_seen(text, found):
    assert hidden_imports(text) == found


def test_no_room_hides_an_import_of_a_flow_in_a_string():
    found = {name: hidden_imports(path.read_text("utf-8")) for name, path in modules_without_flows()}
    assert {name: hidden for name, hidden in found.items() if hidden} == {}


def hidden_imports(text):
    """What imports a module by a string in this source; also `import flows.x`, which binds the door
    `flows`.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.asname is None]
            found += [f"import {name}" for name in loaded(names, ["flows"])]
        if isinstance(node, ast.Import | ast.ImportFrom):
            found += [alias.name for alias in node.names if alias.name in BY_NAME]
        named = getattr(node, "id", None) or getattr(node, "attr", None)
        if named in BY_NAME:
            found.append(named)
    return list(dict.fromkeys(found))


PLANTED = {
    "service/fresh/start.py": ("from flows.big import big_learning", "service.fresh.start -> flows.big"),
    "service/new_room.py": ("", "- service.new_room"),
    "flows/new_room.py": ("", "- flows.new_room"),
    "service/stack/planted.py": ("import flows.job.rounds", "service.stack.planted -> flows.job.rounds"),
    "service/wording_planted.py": ("import flows.stages", "service.wording_planted -> flows.stages"),
    "service/api/planted.py": ("from flows import big_learning", "service.api.planted -> flows (l.1)"),
    "service/orchestration/planted.py": (
        "def late():\n    from flows.deep import deep_learning",
        "service.orchestration.planted -> flows.deep",
    ),
    "service/stack/prefect/planted.py": (
        "from service.stack.worker import worker",
        "service.stack.prefect.planted -> service.stack.worker.worker",
    ),
    "service/live/planted.py": ("import service.worker", "service.live.planted -> service.worker"),
    "service/exports/planted.py": ("from rich import print", "service.exports.planted -> rich"),
}
"""Files that break the import contract, and what import-linter is to say of each."""


def test_import_contract_has_no_hole(tmp_path):
    ours = shutil.ignore_patterns("__pycache__", "*.sqlite")
    for house in ("flows", "service"):
        shutil.copytree(ROOT / house, tmp_path / house, ignore=ours)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert "0 broken" in linted(tmp_path)
    for name, (text, _) in PLANTED.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        if not (tmp_path / name).with_name("__init__.py").exists():
            (tmp_path / name).with_name("__init__.py").write_text("")
    told = linted(tmp_path)
    assert [said for _, said in PLANTED.values() if said not in told] == []


def linted(root):
    """What import-linter says of the houses in this folder."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_public_names_are_those_listed_and_unknown_ones_an_attribute_error():
    program = (
        "import flows\n"
        "assert all(hasattr(flows, name) for name in flows.__all__)\n"
        "assert not hasattr(flows, 'nonsense')\n"
        "assert callable(flows.big_learning)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
