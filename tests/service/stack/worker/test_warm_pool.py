from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from service.stack.worker import warm_pool as module
from service.stack.worker.warm_pool import WarmPool, WarmProcess, code_stamp, essence

FLOW_RUN_ID = "PREFECT__FLOW_RUN_ID"


@pytest.fixture
def environment(monkeypatch, free_port):
    """One in which a run hangs at its first question to Prefect: somebody listens there and never answers."""
    for name in [n for n in os.environ if n.startswith(("PREFECT_", "LEARN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[4]))
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port}/api")
    with socket.create_server(("127.0.0.1", free_port)):
        yield essence(os.environ)


@asynccontextmanager
async def started(environment):
    warm = await WarmProcess.start(environment, 0)
    try:
        yield warm
    finally:
        await warm.end()


@asynccontextmanager
async def kept(environment=None, *, stamp=lambda: 1):
    pool = WarmPool(stamp=stamp)
    pool.expect(environment or {})
    keeping = asyncio.create_task(pool.keep())
    try:
        yield pool
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@pytest.fixture
def ready(capsys):
    """The ids of the running processes that the pool called ready, without these; all end with the test."""
    told = []

    def found(*without):
        told.extend(map(int, re.findall(r"Process (\d+) is ready", capsys.readouterr().out)))
        return [pid for pid in told if is_running(pid) and pid not in without]

    yield found
    assert not found()


@asynccontextmanager
async def taking(pool):
    taken = []

    async def take(environment):
        if (warm := await pool.take(environment)) is not None:
            taken.append(warm)
        return warm

    try:
        yield take
    finally:
        for warm in taken:
            await warm.end()


async def until(condition, within_s=60):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, condition
        await asyncio.sleep(0.05)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def shown(pid):
    return Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")


async def test_it_becomes_the_process_of_the_run_that_it_is_given(environment, tmp_path):
    run = str(uuid4())
    async with started(environment) as warm:
        pid = warm.process.pid
        assert await warm.is_ready()
        # only the thread that imported was held back
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)
        assert await warm.hand_over({**environment, FLOW_RUN_ID: run, "GIVEN": "yes"}, tmp_path)
        assert os.stat(f"/proc/{pid}/cwd") == os.stat(tmp_path)  # noqa: PTH116
        await asyncio.sleep(0.5)
        assert warm.is_alive, "the engine waits for Prefect's answer"


async def test_it_ends_with_its_worker(environment):
    async with started(environment) as warm:
        assert await warm.is_ready()
        warm._writer.close()
        assert await asyncio.wait_for(warm.process.wait(), 5) == 0


async def test_one_that_died_takes_no_run(environment, tmp_path):
    async with started(environment) as warm:
        assert await warm.is_ready()
        warm.process.kill()
        assert not await warm.hand_over({**environment, FLOW_RUN_ID: str(uuid4())}, tmp_path)


async def test_one_is_kept_ready_and_another_after_it_was_taken(environment, ready):
    async with kept(environment) as pool, taking(pool) as take:
        await until(ready)
        first = await take({**environment, FLOW_RUN_ID: str(uuid4())})
        assert first.is_alive
        await until(lambda: ready(first.process.pid))
        # two starts in quick succession
        second = await take(environment)
        await until(lambda: len(ready(first.process.pid, second.process.pid)) == 2)


async def test_one_of_another_environment_or_of_older_code_is_not_used(environment, tmp_path, ready):
    code = tmp_path / "code.py"
    code.touch()
    taken = []
    async with kept(environment, stamp=lambda: code_stamp(tmp_path)) as pool, taking(pool) as take:
        other = {**environment, "LEARN_MODEL": "lexicon"}
        for change in (lambda: None, lambda: os.utime(code, ns=(1, 1))):
            await until(lambda: ready(*taken))
            (old,) = ready(*taken)
            change()
            warm = await take(other)
            # one that began after the change, or none
            if warm is not None:
                assert warm.process.pid != old
                assert "LEARN_MODEL=lexicon" in shown(warm.process.pid)
                taken.append(warm.process.pid)
            assert not is_running(old)


async def test_environment_in_other_words_is_the_same(environment, ready):
    async with kept() as pool, taking(pool) as take:
        await until(ready)
        variables = {"PREFECT_WORKER_PREFETCH_SECONDS": "5.0"}
        pool.expect(variables)
        (old,) = ready()
        assert (await take({**os.environ, **variables})).process.pid == old


async def test_a_start_that_the_system_refuses_is_tried_again(environment, monkeypatch, capsys):
    monkeypatch.setattr(module, "REST_S", 0.05)
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    start, refused = WarmProcess.start, []

    async def refuse_once(*arguments):
        if not refused:
            refused.append(arguments)
            raise OSError("no more processes")
        return await start(*arguments)

    monkeypatch.setattr(WarmProcess, "start", refuse_once)
    said = []
    async with kept():
        await until(lambda: said.append(capsys.readouterr().out) or "is ready" in said[-1])
    assert "no more processes" in "".join(said)


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, []),
        ({"GROQ_API_KEY": "k"}, ["groq"]),
        ({"WIKIMEDIA_CONTACT": "ops@example.org"}, ["flows.sources.wikimedia.wiktionary"]),
    ],
    ids=["neither", "a key", "a contact"],
)
def test_it_imports_the_model_and_the_sources_that_the_environment_asks_for(environment, variables, wanted):
    code = (
        "import sys; from service.stack.worker.warm_process import _import_what_runs_need as need; need();"
        " print(*(n for n in ('groq', 'flows.sources.wikimedia.wiktionary') if n in sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == wanted
