"""How the dashboard comes into the package: by npm, anew only when its sources changed, and never at the
price of the package.
"""

from __future__ import annotations

import importlib.util
import stat
import subprocess
import sys
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "ui" / "build.py"
NPM = """echo "$@" >>calls
case "$1" in
ci) mkdir -p node_modules/svelte && echo "MIT, by them" >node_modules/svelte/LICENSE.md ;;
run) mkdir -p dist && echo "<p>page</p>" >dist/index.html ;;
esac"""
NO_NETWORK = """echo "npm error code ENOTFOUND
npm error network request to the registry failed" >&2
exit 1"""


@pytest.fixture
def builder():
    spec = importlib.util.spec_from_file_location("dashboard_build", BUILD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ui(tmp_path):
    """The dashboard's sources, as few as will do."""
    folder = tmp_path / "ui"
    (folder / "src").mkdir(parents=True)
    for name in (
        "package.json",
        "package-lock.json",
        "vite.config.ts",
        "svelte.config.js",
        "tsconfig.json",
        "index.html",
        "src/main.ts",
    ):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def npm(tmp_path):
    """A program in npm's place."""

    def put(script):
        program = tmp_path / "npm"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return [str(program)]

    return put


def calls(ui):
    return [line.split()[0] for line in (ui / "calls").read_text().splitlines()]


def test_it_is_built_once_and_again_when_a_source_changed(builder, ui, npm):
    program = npm(NPM)
    assert [builder.build(ui, npm=program) for _ in range(2)] == [True, False]
    (ui / "src" / "main.ts").write_text("other")
    assert builder.build(ui, npm=program)
    assert calls(ui) == ["ci", "run", "run"]


def test_packages_are_fetched_again_when_the_lock_changed(builder, ui, npm):
    program = npm(NPM)
    builder.build(ui, npm=program)
    (ui / "package-lock.json").write_text("other")
    builder.build(ui, npm=program)
    assert calls(ui) == ["ci", "run", "ci", "run"]


def test_a_test_of_the_dashboard_changes_nothing(builder, ui, npm):
    program = npm(NPM)
    builder.build(ui, npm=program)
    (ui / "src" / "main.test.ts").write_text("a test")
    assert builder.is_current(ui)


def test_a_build_that_lost_its_page_is_not_current(builder, ui, npm):
    builder.build(ui, npm=npm(NPM))
    (ui / "dist" / "index.html").unlink()
    assert not builder.is_current(ui)


def test_licences_of_what_is_shipped_are_in_it(builder, ui, npm):
    builder.build(ui, npm=npm(NPM))
    assert "=== svelte\n\nMIT, by them" in (ui / "dist" / "LICENCES.txt").read_text()


def test_without_a_network_one_line_says_why_and_what_to_do(builder, ui, npm):
    with pytest.raises(builder.DashboardNotBuilt) as raised:
        builder.build(ui, npm=npm(NO_NETWORK))
    assert (
        str(raised.value)
        == "The dashboard was not built, its packages could not be fetched: network request to the registry"
        " failed. Everything but the pages at / works without it. To try again: make ui"
    )
    assert not builder.is_current(ui)


def test_an_npm_that_is_not_there_is_one_line_too(builder, ui, tmp_path):
    with pytest.raises(builder.DashboardNotBuilt, match="npm did not run"):
        builder.build(ui, npm=[str(tmp_path / "nowhere")])


@pytest.mark.parametrize(("arguments", "code"), [([], 1), (["--gently"], 0)])
def test_make_setup_goes_on_without_it_and_make_ui_does_not(ui, tmp_path, npm, arguments, code):
    npm(NO_NETWORK)
    (ui / "build.py").write_text(BUILD.read_text())
    run = subprocess.run(
        [sys.executable, str(ui / "build.py"), *arguments],
        env={"PATH": f"{tmp_path}:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout) == (code, "")
    assert len(run.stderr.splitlines()) == 1
