from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest

from flows.settings import Settings
from tests.prefect_database import prepare

# modules that tests share
STORES = Path(__file__).parents[1] / "flows" / "stores"
sys.path += [str(Path(__file__).parent), str(STORES), str(STORES / "protocols")]

FLOWS = """
import asyncio
import signal
from typing import Annotated

from prefect import flow
from pydantic import Field


async def wait(minutes):
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    try:
        await asyncio.wait_for(told.wait(), minutes * 60)
    except TimeoutError:
        return "time limit"
    await asyncio.sleep(0.5)
    return "stopped"


@flow(name="big-learning")
async def big_learning(
    topic: Annotated[str | None, Field(max_length=200)] = None,
    minutes: Annotated[float, Field(gt=0, le=10)] = 10,
):
    \"\"\"Wait.

    Args:
        topic: Learn words near this one.
        minutes: When to stop.
    \"\"\"
    return await wait(minutes)


@flow(name="quick-learning")
async def quick_learning(words: Annotated[list[str] | None, Field(description="What to learn")] = None):
    return 1


@flow(name="deep-learning")
async def deep_learning(words: Annotated[list[str] | None, Field(description="What to learn")] = None):
    if words == ["fail"]:
        raise ValueError("told to fail")
    return 1
"""


UP = """
import asyncio, gc, os, sys
from pathlib import Path
from flows.settings import read_settings
from service.stack import stack
say = lambda text: print(text, flush=True)
def load_flow(entrypoint):
    from prefect.flows import load_flow_from_entrypoint
    return load_flow_from_entrypoint(entrypoint)
async def main():
    stand_ins = Path(os.environ["STAND_INS"])
    given = {"load_flow": load_flow, "deployments": stand_ins}
    async with stack.running_stack(read_settings(), say=say, **given) as running:
        say(f"facade {running.facade_url}")
        say(f"ready {running.api_url} {running.worker.pid}")
        if os.environ.get("JOB"):
            from service.orchestration.runs import Orchestrator
            async with Orchestrator() as prefect:
                say(f"job {(await prefect.start('big', {'minutes': 5})).job_id}")
        await running.wait()
    say(f"done interrupted={running.interrupted}")
asyncio.run(main())
gc.freeze()  # as `learn` ends
"""


@pytest.fixture
def settings(tmp_path, free_port):
    return Settings(home=tmp_path / "home", prefect_port=free_port)


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory):
    """A prefect.yaml like ours whose flows only wait; their module can be imported here and in children."""
    folder = tmp_path_factory.mktemp("stand_ins")
    (folder / "stand_in_flows.py").write_text(FLOWS)
    text = (Path(__file__).parents[2] / "prefect.yaml").read_text()
    for mode in ("big", "quick", "deep"):
        text = text.replace(f"flows.{mode}.", "stand_in_flows.")
    (folder / "prefect.yaml").write_text(text)
    sys.path.insert(0, str(folder))
    yield folder / "prefect.yaml"
    sys.path.remove(str(folder))


class Processes:
    """The processes that work for one home folder, found by their environment."""

    def __init__(self, settings, stand_ins):
        self._settings = settings
        self._stand_ins = stand_ins
        self._mine: list[subprocess.Popen[str]] = []
        prepare(settings.home)

    def run(self, code, **environment):
        given = {
            **os.environ,
            "LEARN_HOME": str(self._settings.home),
            "LEARN_PREFECT_PORT": str(self._settings.prefect_port),
            "LEARN_PORT": "0",
            "PYTHONPATH": os.pathsep.join([str(self._stand_ins.parent), str(Path(__file__).parents[2])]),
            **environment,
        }
        for name in ("PREFECT_API_URL", "PREFECT_HOME"):
            given.pop(name, None)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._mine.append(process)
        return process

    def alive(self):
        """Process ids by command line, without zombies."""
        mark = f"LEARN_HOME={self._settings.home}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    mark in (folder / "environ").read_bytes().split(b"\0")
                    and ") Z " not in (folder / "stat").read_text()
                ):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def named(self, part):
        return [pid for pid, command in self.alive().items() if part in command]

    def wait_until(self, condition, within_s):
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, self.alive()
            time.sleep(0.05)

    def end(self):
        for pid in self.alive():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self._mine:
            process.wait()
            process.stdin.close()
            process.stdout.close()


@pytest.fixture
def processes(settings, stand_ins):
    found = Processes(settings, stand_ins)
    yield found
    found.end()


def heard(process, text, within_s=90):
    """Read lines of a process until one holds the text; that line."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if text in line:
            return line
        assert line, f"{text!r} never came"
    raise AssertionError(text)


@pytest.fixture
def hear():
    return heard


@pytest.fixture
def begin(processes, stand_ins):
    """Starts a process with a stack of stand-in flows: the process."""
    return lambda **environment: processes.run(UP, STAND_INS=str(stand_ins), **environment)


@pytest.fixture
def start(begin, hear, settings):
    """The same, and waits until the stack is up: the process, with `facade_url`, the address of Prefect's
    API with its password, the worker's process id.
    """

    def go(**environment):
        process = begin(**environment)
        process.facade_url = hear(process, "facade ").split()[1]
        _, url, worker = hear(process, "ready ").split()
        # httpx takes the user and password out of it
        auth = (settings.home / "prefect" / "password").read_text().strip()
        return process, url.replace("://", f"://{auth}@"), int(worker)

    return go


@pytest.fixture
def serve(tmp_path):
    """Puts a facade on a socket: `serve(token=…, store=…, any facade setting)`; without `is_alone=False`
    there is no Prefect for it.
    """
    from api_server import serving, without_prefect

    with ExitStack() as opened:

        def start(*, is_alone=True, **options):
            with without_prefect() if is_alone else nullcontext():
                return opened.enter_context(serving(tmp_path, **options))

        yield start


@pytest.fixture
async def store(tmp_path, prefect_api, stand_ins):
    """A store, with a Prefect that has our deployments."""
    from flows.stores import open_store
    from tests.service.deploying import deploy

    await deploy(stand_ins)
    async with open_store(f"sqlite:///{tmp_path / 'knowledge.db'}", language="en") as store:
        yield store


@pytest.fixture
def facade(tmp_path, free_port, prefect_api):
    """Our server, in a process of its own, on that store."""
    from own_facade import OwnFacade

    found = OwnFacade(tmp_path, free_port, f"sqlite:///{tmp_path / 'knowledge.db'}")
    yield found.start()
    found.stop()
