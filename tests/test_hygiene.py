"""What hosts run says what the Makefile and pyproject.toml say; who touches the environment says why."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests import conftest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TRACKED = ROOT / ".git"


def read(path):
    return yaml.safe_load((ROOT / path).read_text())


def test_ci_runs_on_every_python_that_the_package_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert read(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"] == named


def test_scheduled_runs_go_both_ways_ahead_and_the_newest_prefect_is_not_required():
    jobs = read(".github/workflows/scheduled.yml")["jobs"]
    assert jobs["ahead"]["strategy"]["matrix"]["days"] == [45, 400]
    assert jobs["newest-prefect"]["continue-on-error"] is True


def test_all_of_the_browser_tests_run_on_schedule_and_cannot_be_skipped():
    job = read(".github/workflows/scheduled.yml")["jobs"]["browser"]
    runs = [step.get("run", "") for step in job["steps"]]
    assert runs[-1] == "make browser"
    assert runs[-2] == "chromium --version && test -f ui/dist/index.html"
    assert "continue-on-error" not in job


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_what_is_there(path):
    makefile = (ROOT / "Makefile").read_text()
    runs = [step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step]
    for run in runs:
        for target in re.findall(r"\bmake ([a-z-]+)", run):
            assert f"\n{target}:" in makefile
        for script in re.findall(r"\.ci/[a-z]+", run):
            assert (ROOT / script).stat().st_mode & 0o100


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("gcc") is None, reason="needs gcc on Linux")
def test_a_clock_that_is_ahead_is_so_for_a_process_that_is_given_few_variables():
    def told(*command):
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    ahead = told(ROOT / ".ci" / "ahead", "400", "sh", "-c", 'env -i LD_PRELOAD="$LD_PRELOAD" date +%s')
    # not by the clock of this process, which may itself be ahead
    assert ahead - told("/usr/bin/env", "-i", "date", "+%s") == pytest.approx(400 * 86_400, abs=60)


def test_hooks_before_a_commit_are_local_and_call_what_make_check_calls():
    makefile = (ROOT / "Makefile").read_text().replace("$(BIN)", ".venv/bin")
    for repository in read(".pre-commit-config.yaml")["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["entry"] in makefile or hook["entry"].replace("--check", "--check .") in makefile


def test_help_names_every_target_that_a_person_calls():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"\.PHONY: (.*)", makefile)[1].split()) - {"help", "no-lexicon"}
    assert set(re.findall(r'@echo "make ([a-z-]+) ', makefile)) == targets


@pytest.mark.skipif(not TRACKED.exists(), reason="not a git checkout")
def test_repository_carries_no_pictures_but_those_that_the_readme_shows():
    git = subprocess.run(
        ["/usr/bin/env", "git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    pictures = {name for name in git.stdout.splitlines() if name.endswith((".png", ".jpg"))}
    assert len(pictures) <= 6
    readers = "".join(path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    assert all(Path(name).name in readers for name in pictures), pictures


READS_ENVIRONMENT = {
    "flows/own_machine.py": "proxies: exempts this machine from them, for whatever client",
    "flows/running_server.py": "sets Prefect's URL and password for a flow that is called in Python",
    "flows/job/attempt.py": "PREFECT__FLOW_RUN_ID, by which Prefect's engine tells a process its run",
    "flows/stores/firestore/store.py": "FIRESTORE_EMULATOR_HOST, which Google's own tools set",
    "service/stack/environment.py": "what a person has set for Prefect, and what a process takes over for it",
    "service/stack/variables.py": "what the stack names to its processes",
    "service/stack/processes.py": "the base of what the stack's processes are given",
    "service/stack/prefect_server.py": "what Prefect's server is given; in its process, Prefect's variables",
    "service/stack/prefect/empty_database.py": "in a process of its own: Prefect's variables",
    "service/stack/web_server.py": "secrets, which must not reach the log",
    "service/stack/worker/worker.py": "PATH, in which runs find this Python",
    "service/stack/worker/warm_pool.py": "what a run's process is given",
    "service/stack/worker/warm_process.py": "takes over what its run is given",
    "service/cli/doctor/checks.py": "tells which of our variables are set",
    "service/cli/output/console.py": "what Prefect refused; LEARN_DEBUG, also where settings cannot be read",
}
"""Modules that touch the environment, beside the settings' classes, and why."""


def environment_in(tree):
    """Whether a module names the environment of its process."""
    names = {"environ", "environb", "getenv", "putenv", "unsetenv"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os")
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and names & {alias.name for alias in node.names}
        )
        for node in ast.walk(tree)
    )


def test_the_environment_is_read_by_the_settings_and_by_who_says_why(our_code):
    found = {file for file, tree in our_code.items() if environment_in(tree)}
    assert found == READS_ENVIRONMENT.keys()


def test_settings_are_classes_of_two_modules():
    found = {
        file.relative_to(ROOT).as_posix()
        for top in ("flows", "service")
        for file in (ROOT / top).rglob("*.py")
        if "BaseSettings" in file.read_text(encoding="utf-8")
    }
    assert found == {"flows/settings.py", "service/settings.py"}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("import os\nos.environ['A']", True),
        ("import os\nos.getenv('A')", True),
        ("from os import environ", True),
        ("def f(environ):\n    return environ['A']", False),
        ("import os\nos.getpid()", False),
    ],
)
def test_reading_the_environment(text, reads):
    assert environment_in(ast.parse(text)) is reads


class PlayedItem(SimpleNamespace):
    """A test as pytest collects it, without fixtures and markers."""

    name, nodeid = "test_it", "a file::test_it"

    def iter_markers(self):
        return ()

    def add_marker(self, name):
        self.chosen = name


def test_a_quick_test_in_a_file_that_make_quick_skips_is_reported():
    tests = Path(__file__).parent
    kept, skipped = (
        PlayedItem(path=tests / place) for place in ("test_hygiene.py", "service/api/routes/test_keys.py")
    )
    conftest.pytest_collection_modifyitems([kept])
    assert kept.chosen == "quick"
    with pytest.raises(pytest.UsageError, match="a file::test_it is quick, but `make quick` skips its file"):
        conftest.pytest_collection_modifyitems([kept, skipped])
