"""A store with a few entries, for commands that read; and the tree of commands, made once."""

from __future__ import annotations

import asyncio
import functools
import shutil
from pathlib import Path

import pytest
import typer.main

from tests.service.cli.read_entries import fill

# a process of ours calls one command; the tests' calls hundreds, and Typer makes all of them for each
typer.main.get_command = functools.cache(typer.main.get_command)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "knowledge.db"
    asyncio.run(fill(f"sqlite:///{path}"))
    return path


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Path) -> str:
    path = shutil.copy(filled, tmp_path / "knowledge.db")
    monkeypatch.setenv("LEARN_HOME", str(tmp_path))
    monkeypatch.setenv("LEARN_STORE", f"sqlite:///{path}")
    return f"sqlite:///{path}"
