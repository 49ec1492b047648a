"""What is loaded with what, looked at in fresh processes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FLOWS = (
    "flows.big",
    "flows.quick",
    "flows.deep",
    "flows.job",
    "flows.stages",
    "flows.models",
    "flows.sources",
)
HEAVY = ("prefect", "fastapi", "groq", "google.cloud.firestore", "mwparserfromhell")


def modules_after(statement):
    program = f"import json, sys\n{statement}\njson.dump(sorted(sys.modules), sys.stdout)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
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


def test_public_names_are_those_listed_and_unknown_ones_an_attribute_error():
    program = (
        "import flows\n"
        "assert all(hasattr(flows, name) for name in flows.__all__)\n"
        "assert not hasattr(flows, 'nonsense')\n"
        "assert callable(flows.big_learning)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
