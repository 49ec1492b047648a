from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from service.settings import FacadeSettings
from service.stack.locks import try_lock
from service.stack.variables import LIFELINE
from service.stack.web_server import bind, server_for

ROOT = Path(__file__).parents[3]


@pytest.fixture
def facade(tmp_path, free_port):
    """Starts the facade as `learn up` does; the process once it said that it is ready, or has ended."""
    running = []

    def start(**environment):
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "service.stack.web_server", "--ready-fd", str(writing)],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "LEARN_HOME": str(tmp_path),
                "LEARN_PORT": str(free_port),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=(writing,),
            cwd=tmp_path,
        )
        running.append(process)
        os.close(writing)
        with os.fdopen(reading) as told:
            process.said = told.readline()
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_it_says_when_it_serves_and_ends_on_a_signal(facade, free_port):
    process = facade()
    assert process.said == "ready\n"
    assert httpx.get(f"http://127.0.0.1:{free_port}/health/live").json()["status"] == "ok"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.2:{free_port}/health/live")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 8
    assert "Traceback" not in process.stdout.read()


def test_port_in_use_is_one_clear_line(facade, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        process = facade()
        assert process.said == ""
        assert process.wait(30) == 1
    assert (
        process.stdout.read()
        == f"Can't use port {free_port} on 127.0.0.1 (Address already in use). Set LEARN_PORT to another"
        " port.\n"
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"LEARN_HOST": "0.0.0.0"}, "LEARN_API_TOKEN"),  # noqa: S104
        ({"LEARN_PORT": "http"}, "LEARN_PORT"),
        ({"LEARN_HOST": "no.such.host.invalid", "LEARN_API_TOKEN": "x" * 16}, "LEARN_HOST"),
        ({"LEARN_STORE": "mongodb://x"}, "LEARN_STORE"),
    ],
)
def test_what_cannot_work_is_one_line_that_names_the_setting(facade, environment, named):
    process = facade(**environment)
    assert process.wait(30) == 1
    lines = process.stdout.read().splitlines()
    assert named in lines[-1]
    assert "Traceback" not in "".join(lines)


def test_it_ends_when_the_stack_that_started_it_is_gone(facade, tmp_path):
    lifeline = try_lock(tmp_path / "lifeline")
    process = facade(**{LIFELINE: str(tmp_path / "lifeline")})
    assert process.said == "ready\n"
    lifeline.close()
    assert process.wait(15) == 0


def test_it_loads_no_flow_model_or_terminal():
    code = "import sys, service.api.app, service.stack.web_server; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not {
        m
        for m in loaded
        if m.startswith(
            (
                "flows.big",
                "flows.quick",
                "flows.deep",
                "flows.job",
                "flows.stages",
                "flows.models",
                "flows.sources",
            )
        )
    }
    assert "typer" not in loaded
    assert "groq" not in loaded


@pytest.mark.parametrize("is_told_to_stop", [False, True])
async def test_a_server_whose_stack_is_gone_when_it_is_ready_ends_in_order(is_told_to_stop):
    """It may have been starting when its stack was killed: nobody hears that it is ready, and it must end."""
    lives = []

    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        for word in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{word}"
            lives.append(word)
            await send({"type": f"lifespan.{word}.complete"})

    reading, writing = os.pipe()
    os.close(reading)
    listener = bind("127.0.0.1", 0)
    server = server_for(app, FacadeSettings(), ready_fd=writing)
    server.should_exit = is_told_to_stop
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(20):
        while lives[:1] != ["startup"] or not server.started:
            await asyncio.sleep(0.01)
        server.should_exit = True
        await serving
    os.close(writing)
    assert lives == ["startup", "shutdown"]
    assert listener.fileno() == -1
