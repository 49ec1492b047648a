from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from service.stack.worker.warm_pool import Spare, Spares, code_stamp, essence
from service.stack.worker.warm_process import FLOW_RUN_ID


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
    spare = await Spare.start(environment, 0)
    try:
        yield spare
    finally:
        await spare.end()


@asynccontextmanager
async def kept(*, stamp=lambda: 1):
    spares = Spares(stamp=stamp)
    keeping = asyncio.create_task(spares.keep())
    try:
        yield spares
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert not spares.ready


@asynccontextmanager
async def taking(spares):
    taken = []

    async def take(environment):
        if (spare := await spares.take(environment)) is not None:
            taken.append(spare)
        return spare

    try:
        yield take
    finally:
        for spare in taken:
            await spare.end()


async def until(condition, within_s=30):
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
    async with started(environment) as spare:
        pid = spare.process.pid
        assert await spare.is_ready()
        # only the thread that imported was held back
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)
        assert await spare.hand_over({**environment, FLOW_RUN_ID: run, "GIVEN": "yes"}, tmp_path)
        assert os.stat(f"/proc/{pid}/cwd") == os.stat(tmp_path)  # noqa: PTH116
        await until(lambda: f"{FLOW_RUN_ID}={run}" in shown(pid))
        await asyncio.sleep(0.3)
        assert spare.is_alive, "the engine waits for Prefect's answer"


async def test_it_ends_with_its_worker(environment):
    async with started(environment) as spare:
        assert await spare.is_ready()
        spare._writer.close()
        assert await asyncio.wait_for(spare.process.wait(), 5) == 0


async def test_one_that_died_takes_no_run(environment, tmp_path):
    async with started(environment) as spare:
        assert await spare.is_ready()
        spare.process.kill()
        assert not await spare.hand_over({**environment, FLOW_RUN_ID: str(uuid4())}, tmp_path)


async def test_one_is_kept_ready_and_another_after_it_was_taken(environment):
    async with kept() as spares, taking(spares) as take:
        await until(lambda: spares.ready)
        first = await take({**environment, FLOW_RUN_ID: str(uuid4())})
        assert first.is_alive
        await until(lambda: spares.ready)
        assert first.process.pid not in spares.ready
        # two starts in quick succession
        await take(environment)
        await until(lambda: len(spares.ready) == 2)


async def test_one_of_another_environment_or_of_older_code_is_not_used(environment, tmp_path):
    code = tmp_path / "code.py"
    code.touch()
    async with kept(stamp=lambda: code_stamp(tmp_path)) as spares, taking(spares) as take:
        other = {**environment, "LEARN_MODEL": "lexicon"}
        for change in (lambda: None, lambda: os.utime(code, ns=(1, 1))):
            await until(lambda: spares.ready)
            (old,) = spares.ready
            change()
            spare = await take(other)
            # one that began after the change, or none
            assert spare is None or (spare.process.pid != old and "LEARN_MODEL=lexicon" in shown(spare.process.pid))
            assert not is_running(old)


async def test_environment_in_other_words_is_the_same(environment):
    async with kept() as spares, taking(spares) as take:
        await until(lambda: spares.ready)
        spelt = {**environment, "PREFECT_WORKER_PREFETCH_SECONDS": "5.0"}
        spares.expect(spelt)
        (old,) = spares.ready
        assert (await take(spelt)).process.pid == old
