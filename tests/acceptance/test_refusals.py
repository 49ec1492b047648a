"""`learn` says in one clear line what cannot work and what to do, with a truthful exit code."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from house import LEARN, House

pytestmark = pytest.mark.acceptance

PROJECT = Path(__file__).parents[2]


def only_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("learn: ")]
    assert len(lines) == 1, text
    assert "Traceback" not in text
    assert text.splitlines()[-1] == lines[0]
    return lines[0]


@pytest.mark.parametrize("command", [("up",), ("run", "big", "--minutes", "0.1", "--plain")])
def test_port_in_use(house, command):
    with socket.create_server(("127.0.0.1", house.port)):
        run = house.learn(*command)
        assert run.wait(30) == 1
    line = only_line(run.text)
    assert f"Another program uses port {house.port}" in line
    assert "LEARN_PREFECT_PORT" in line
    house.empty(within_s=2)


@pytest.mark.parametrize("command", [("up",), ("run", "quick", "tide", "--plain")])
def test_home_that_cannot_be_written(tmp_path, command, free_port):
    # a folder under a file cannot be made by anybody, root included
    (tmp_path / "file").write_text("")
    house = House(tmp_path / "file" / "home", free_port)
    output = subprocess.run(
        [
            shutil.which("env") or "env",
            f"LEARN_HOME={house.home}",
            f"LEARN_PREFECT_PORT={free_port}",
            LEARN,
            *command,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert output.returncode == 1
    line = only_line(output.stderr)
    assert str(house.home) in line
    assert "LEARN_HOME" in line


def test_read_only_folder(tmp_path, free_port):
    home = tmp_path / "home"
    home.mkdir()
    mount = shutil.which("mount")
    is_mounted = (
        bool(mount)
        and subprocess.run(
            [mount, "-t", "tmpfs", "-o", "ro", "none", home], capture_output=True, check=False
        ).returncode
        == 0
    )
    if not is_mounted:
        if os.geteuid() == 0:
            pytest.skip("root may write anywhere, and nothing can be mounted here")
        home.chmod(0o555)
    try:
        house = House(home, free_port)
        house_out = subprocess.run(
            [LEARN, "up"],
            env={**os.environ, "LEARN_HOME": str(house.home), "LEARN_PREFECT_PORT": str(free_port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        if is_mounted:
            subprocess.run([shutil.which("umount") or "umount", home], check=True)
    assert house_out.returncode == 1
    line = only_line(house_out.stderr)
    assert str(home) in line
    assert "LEARN_HOME" in line


@pytest.mark.parametrize(
    ("python", "named"),
    [("/no/such/python3", "Install it, or name one: make PYTHON="), ("{old}", "is older")],
)
def test_make_without_its_tool(tmp_path, python, named):
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(PROJECT / name, tmp_path)
    for name in ("core", "lexicon"):
        shutil.copytree(
            PROJECT / "flows" / name,
            tmp_path / "flows" / name,
            ignore=shutil.ignore_patterns("*.sqlite*", "__pycache__"),
        )
    old = tmp_path / "python-of-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    make = shutil.which("make")
    assert make, "the tests themselves are started by make"
    ended = subprocess.run(
        [make, "-C", tmp_path, "run", f"PYTHON={python.format(old=old)}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    lines = [line for line in ended.stdout.splitlines() if not line.startswith("make")]
    assert len(lines) == 1
    assert named in lines[0]
    assert not (tmp_path / ".venv").exists()


def test_no_server_without_an_address(house):
    run = house.learn("up", "--no-server")
    assert run.wait(30) == 1
    assert "PREFECT_API_URL" in only_line(run.text)


def test_prefect_that_is_named_and_not_there(house):
    run = house.learn("run", "quick", "tide", "--plain", PREFECT_API_URL=f"http://127.0.0.1:{house.port}/api")
    assert run.wait(30) == 1
    assert (
        f"Can't reach the Prefect server at PREFECT_API_URL=http://127.0.0.1:{house.port}/api"
        in only_line(run.text)
    )
