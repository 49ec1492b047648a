"""What `learn doctor` says of the facade."""

from __future__ import annotations

import asyncio

import pytest

from service.cli.doctor import checks

TOKEN = "a-token-of-thirty-two-characters"  # noqa: S105  of no facade but this one


@pytest.fixture
def looked_at(monkeypatch):
    """Has the doctor look, as a command would, which has a loop of its own."""

    def look(url=None, token=None):
        for name, value in {"LEARN_URL": url, "LEARN_API_TOKEN": token}.items():
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
        return asyncio.run(checks.facade())

    return look


def test_a_facade_that_lets_us_in_is_told(serve, looked_at):
    found = looked_at(f"http://127.0.0.1:{serve().port}")
    assert (found.state, "no token required" in found.finding) == ("ok", True)
    found = looked_at(f"http://127.0.0.1:{serve(token=TOKEN).port}", TOKEN)
    assert (found.state, found.finding.endswith(", token required")) == ("ok", True)


def test_a_facade_that_does_not_is_told_with_the_way_out(serve, looked_at):
    for token in (None, TOKEN[::-1]):
        found = looked_at(f"http://127.0.0.1:{serve(token=TOKEN).port}", token)
        assert (found.state, found.remedy) == ("fail", "Set LEARN_API_TOKEN to the server's token.")
        assert TOKEN not in found.finding


def test_no_facade_is_no_fault_unless_it_was_named(free_port, looked_at, monkeypatch):
    found = looked_at(f"http://127.0.0.1:{free_port}")
    assert (found.state, f"LEARN_URL=http://127.0.0.1:{free_port}" in found.finding) == ("warn", True)
    monkeypatch.setenv("LEARN_PORT", str(free_port))
    found = looked_at()
    assert (found.state, "learn up" in found.remedy) == ("ok", True)
