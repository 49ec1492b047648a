"""How `make` brings the packages: by the hashes of constraints.txt, by uv or pip, and how it says so."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PARTS = ("what runs", "what builds", "what checks and tests", "what is measured beside")
COUNTED = """#!/bin/sh
echo "$@" >>{calls}
hears() {{ n=0; until grep -q "$1" {said} || [ $n = 300 ]; do sleep 0.1; n=$((n+1)); done; }}
case "$*" in
*--require-hashes*runs.txt*)
  hears "Fetching about {of} packages"
  mkdir -p .venv/lib/python3.11/site-packages/one.dist-info .venv/lib/python3.11/site-packages/two.dist-info
  hears "Installed 2 of about {of} packages" ;;
*"-e .[all]"*) echo "PYTHONPATH $PYTHONPATH" >>{calls} ;;
*--target*) {ends} ;;
esac
"""
"""Plays the environment's Python and uv: packages come once the command says that it awaits them."""


@pytest.fixture
def made(tmp_path):
    """Runs `make` to install what runs, with a script in the place of the environment's Python and of uv."""

    def make(*, has_uv, ends="exit 0"):
        for name in ("Makefile", "constraints.txt"):
            shutil.copy(ROOT / name, tmp_path)
        (tmp_path / "pyproject.toml").touch()
        said, calls = tmp_path / "said", tmp_path / "calls"
        given = COUNTED.format(calls=calls, said=said, ends=ends, of=len(listed("what runs")))
        python, uv = tmp_path / ".venv" / "bin" / "python", tmp_path / "uv"
        python.parent.mkdir(parents=True)
        for program in (python, uv):
            program.write_text(given)
            program.chmod(0o755)
        command = [shutil.which("make"), "-C", tmp_path, "-o", "no-lexicon", "MAKERS=", ".venv/.installed"]
        with said.open("w") as out:
            code = subprocess.run(
                [*command, f"UV={uv if has_uv else ''}"], stdout=out, timeout=60, check=False
            ).returncode
        # Prefect's empty database is made meanwhile
        told = [call for call in calls.read_text().splitlines() if "empty_database" not in call]
        return code, said.read_text(), told

    return make


def listed(part):
    """The requirements of a part of constraints.txt, each with its hashes."""
    text = (ROOT / "constraints.txt").read_text().partition(f"# {part}\n")[2].partition("\n\n")[0]
    return [entry.replace("\\\n", " ") for entry in re.split(r"\n(?! )", text.strip())]


@pytest.mark.parametrize("has_uv", [False, True], ids=["pip", "uv"])
def test_packages_come_by_their_hashes_and_are_counted_while_they_come(has_uv, made, tmp_path):
    code, said, calls = made(has_uv=has_uv)
    assert code == 0, said
    assert said.count("Installed 2 of about") == 1, "in a pipe nothing is said twice"
    assert "Set up." in said
    fetched = [call.rpartition("-r ")[2] for call in calls if "--require-hashes --no-deps" in call]
    assert fetched == [*([] if has_uv else [".venv/pip.txt"]), ".venv/runs.txt", ".venv/builds.txt"]
    by_uv = [call.startswith("pip install --python .venv/bin/python") for call in calls[:-2]]
    assert by_uv == [has_uv] * len(fetched)
    assert calls[-2].startswith("-m pip ")
    assert calls[-2].endswith("install --no-build-isolation -e .[all]")
    assert calls[-1] == f"PYTHONPATH {tmp_path}/.venv/.build"
    written = (tmp_path / ".venv" / "runs.txt").read_text()
    assert sum("==" in line for line in written.splitlines()) == len(listed("what runs"))
    assert (tmp_path / ".venv" / "pip.txt").read_text().startswith("pip==")
    assert (tmp_path / ".venv" / "pip.txt").read_text().count("==") == 1


@pytest.mark.parametrize("has_uv", [False, True], ids=["pip", "uv"])
def test_packages_that_cannot_be_fetched_are_told_in_one_line(has_uv, made):
    code, said, _ = made(has_uv=has_uv, ends="echo error: no such host; exit 1")
    assert code == 2
    (line,) = [line for line in said.splitlines() if "failed" in line]
    assert line == (
        "The installation failed: error: no such host. Is there a network? Full log: .venv/setup.log"
    )
    assert "Set up." not in said


def test_constraints_are_versions_and_hashes_and_name_no_registry():
    text = (ROOT / "constraints.txt").read_text()
    assert "//" not in text
    entries = [entry for part in PARTS for entry in listed(part)]
    assert len(entries) > 150
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.!+]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+$", entry), entry[:120]
    assert text.count("\n# ") + 1 == len(PARTS)


def test_constraints_hold_all_that_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = [line for lines in project["project"]["optional-dependencies"].values() for line in lines]
    wanted = {
        "what runs": [*project["project"]["dependencies"], *extras],
        "what builds": project["build-system"]["requires"],
        "what checks and tests": project["dependency-groups"]["dev"],
        "what is measured beside": project["dependency-groups"]["bench"],
    }
    pinned = {}
    for part in PARTS:
        # what a part shares with an earlier one stands there
        pinned |= dict(re.match(r"([\w.-]+)==([\w.!+]+)", entry).groups() for entry in listed(part))
        for line in wanted[part]:
            requirement = Requirement(line)
            if (name := canonicalize_name(requirement.name)) != "learning-pipeline":
                assert requirement.specifier.contains(pinned[name]), line
