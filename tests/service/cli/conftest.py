"""A store with a few entries, for commands that read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.service.cli.read_entries import fill


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"
    monkeypatch.setenv("LEARN_HOME", str(tmp_path))
    monkeypatch.setenv("LEARN_STORE", url)
    asyncio.run(fill(url))
    return url
