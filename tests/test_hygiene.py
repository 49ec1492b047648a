"""What hosts run for us says the same as the Makefile and pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

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
