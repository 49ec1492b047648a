"""The stack outlives its parts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from flows.errors import ConfigurationError
from flows.settings import Settings
from service.stack import prefect_server, stack, supervisor
from service.stack.environment import logs_folder, prepare_home
from service.stack.supervisor import BACK_OFF_S, RECOVERS_S, Child, Restarts, StackFailure

READY = "import os, sys, time; os.write(int(sys.argv[sys.argv.index('--ready-fd') + 1]), b'ready'); "


class Clock:
    def __init__(self):
        self.now_s = 1e6

    def __call__(self):
        return self.now_s


def test_failures_cost_ever_longer_pauses_until_there_are_too_many():
    restarts = Restarts(clock := Clock())
    pauses = []
    while (pause_s := restarts.pause_s()) is not None:
        pauses.append(pause_s)
        clock.now_s += pause_s
    assert pauses[: len(BACK_OFF_S) - 1] == list(BACK_OFF_S[:-1])
    assert len(pauses) <= len(BACK_OFF_S) + 1


@pytest.mark.parametrize("every_s", [RECOVERS_S, 86_400.0])
def test_a_part_that_dies_now_and_then_may_do_so_for_ever(every_s):
    restarts = Restarts(clock := Clock())
    for _ in range(1_000):
        clock.now_s += every_s
        assert restarts.pause_s() == BACK_OFF_S[0]


def test_the_budget_recovers_after_a_bad_hour():
    restarts = Restarts(clock := Clock())
    for _ in BACK_OFF_S:
        assert restarts.pause_s() is not None
    clock.now_s += len(BACK_OFF_S) * RECOVERS_S
    assert restarts.pause_s() == BACK_OFF_S[0]


class Server:
    """Prefect's server as the supervisor sees it: locked while it lives, and starts that may fail."""

    def __init__(self, monkeypatch, failures):
        self.failures = list(failures)
        self.is_alive = False
        self.starts = 0
        self.renewed = 0
        self.said = []
        monkeypatch.setattr(stack, "LOOK_S", 0.0)
        monkeypatch.setattr(supervisor, "BACK_OFF_S", (0.0,) * 5)
        monkeypatch.setattr(stack, "is_locked", lambda _: self.is_alive)
        monkeypatch.setattr(stack, "ensure_server", self.ensure)
        monkeypatch.setattr(stack, "_renew", self.renew)

    async def ensure(self, _settings, *, say):
        self.starts += 1
        if self.failures:
            raise self.failures.pop(0)
        self.is_alive = True
        return "http://127.0.0.1"

    async def renew(self, _worker, _say):
        self.renewed += 1

    async def keep(self, tmp_path):
        async with asyncio.timeout(5):
            await stack._keep_server(Settings(home=tmp_path), None, self.said.append)


async def test_a_server_that_is_killed_again_while_it_starts_is_started_again(tmp_path, monkeypatch):
    killed = ConfigurationError("The Prefect server exited during startup: it was killed by SIGKILL")
    server = Server(monkeypatch, [killed, OSError("no room")])
    keeping = asyncio.create_task(server.keep(tmp_path))
    while not server.renewed:
        await asyncio.sleep(0)
    assert (server.starts, server.renewed, keeping.done()) == (3, 1, False)
    assert any("SIGKILL" in line for line in server.said)
    server.is_alive = False
    while server.renewed < 2:
        await asyncio.sleep(0)
    keeping.cancel()


async def test_a_server_that_never_comes_up_ends_the_stack_with_the_latest_reason(tmp_path, monkeypatch):
    server = Server(monkeypatch, [ConfigurationError(f"failure {n}") for n in range(20)])
    with pytest.raises(StackFailure, match="failure 4"):
        await server.keep(tmp_path)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; print('this start: no room'); sys.exit(3)", "this start: no room"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ],
)
async def test_the_reason_of_a_failed_start_is_this_starts(tmp_path, monkeypatch, free_port, program, reason):
    settings = Settings(home=tmp_path, prefect_port=free_port)
    prepare_home(settings)
    (logs_folder(settings) / "prefect-server.log").write_text("ERROR | a lease that expired yesterday\n")
    real = prefect_server.subprocess.Popen
    monkeypatch.setattr(
        prefect_server.subprocess,
        "Popen",
        lambda _command, **rest: real([sys.executable, "-c", program], **rest),
    )
    with pytest.raises(ConfigurationError) as failed:
        await prefect_server.ensure_server(settings, say=lambda _: None)
    assert reason in str(failed.value)
    assert "yesterday" not in str(failed.value)


async def test_a_part_that_is_killed_while_it_is_restarted_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "BACK_OFF_S", (0.05,) * 5)
    flag = tmp_path / "fail"
    program = f"import os, sys; os.path.exists({str(flag)!r}) and sys.exit(1); {READY} time.sleep(60)"
    said = []
    child = Child(
        "server",
        [sys.executable, "-c", program],
        environment=os.environ,
        log=tmp_path / "log",
        folder=tmp_path,
        say=said.append,
    )
    await child.start()
    watching = asyncio.create_task(child.watch())
    try:
        flag.touch()
        os.kill(child.pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            while len(said) < 2:
                await asyncio.sleep(0.01)
            flag.unlink()
            while "The server is back." not in said:
                await asyncio.sleep(0.01)
        assert not watching.done()
    finally:
        watching.cancel()
        await child.stop(within_s=2, hurry=asyncio.Event())
