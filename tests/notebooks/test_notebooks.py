"""The notebooks, executed by a real kernel on the real stack that `learn up` starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = Path(__file__).with_name("first_steps.ipynb")

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(400),
    # the kernel's client belongs to Jupyter
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@contextmanager
def stack(home, prefect_port, port):
    """`learn up` with a home of its own; the environment of those who use it."""
    environment = {
        **os.environ,
        "LEARN_HOME": str(home),
        "LEARN_PREFECT_PORT": str(prefect_port),
        "LEARN_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    for name in ("PREFECT_API_URL", "PREFECT_HOME"):
        environment.pop(name, None)
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "up"], env=environment, stdout=log, stderr=log, cwd=home
        )
    try:
        deadline = time.monotonic() + 150
        while not is_up(port):
            assert (  # noqa: PT018  one story
                process.poll() is None and time.monotonic() < deadline
            ), (home / "up.log").read_text()
            time.sleep(0.3)
        # no PREFECT_API_URL: the flow finds the server by itself
        yield environment | {
            "LEARN_URL": f"http://127.0.0.1:{port}",
            "NO_PROXY": "127.0.0.1,localhost",
            "JUPYTER_PLATFORM_DIRS": "1",
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(home / "jupyter"),
            "LEARN_NOTEBOOK_MINUTES": "0.3",
        }
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(40)


def is_up(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).json().get("prefect") == "ok"
    except (httpx.HTTPError, ValueError):
        return False


@pytest.fixture
def ports():
    from socket import socket

    with socket() as one, socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def shown(cell, kind):
    return "".join(out.get("data", {}).get(kind, "") for out in cell.outputs)


def printed(cell):
    return "".join(
        out.get("text", "") for out in cell.outputs if out.output_type == "stream" and out.name == "stdout"
    )


def execute(notebook, folder, environment):
    NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute(env=environment)


def use_up(url, topic):
    """Learn all words of a topic, so that the notebook's own jobs find nothing new."""
    job = httpx.post(f"{url}/jobs/start_big", json={"topic": topic, "minutes": 2}).json()["job_id"]
    deadline = time.monotonic() + 150
    found = {}
    while found.get("status") not in {"completed", "failed"}:
        assert time.monotonic() < deadline, found
        time.sleep(1)
        answer = httpx.get(f"{url}/jobs/{job}")
        found = answer.json() if answer.is_success else {"refused": answer.text}
    assert found["end_reason"] == "nothing new", found


@pytest.mark.scheduled
def test_the_first_steps_work_as_they_are_written(tmp_path, ports):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells), (
        "commit the notebook without outputs"
    )
    with stack(tmp_path, *ports) as environment:
        execute(notebook, tmp_path, environment)
        for topic in ("astronomy", "music"):
            use_up(environment["LEARN_URL"], topic)
        execute(nbformat.read(NOTEBOOK, as_version=4), tmp_path, environment)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    by_source = {
        next(
            text for text in cell.source.splitlines() if text and not text.startswith(("#", "from", "import"))
        ): cell
        for cell in cells
    }

    def cell(beginning):
        return next(cell for line, cell in by_source.items() if line.startswith(beginning))

    own = shown(cell("job = await big_learning"), "text/html")
    assert "completed" in own
    assert "astronomy" in own
    assert "max-width" in shown(cell("async with open_store"), "text/html")
    told = printed(cell("learn = LearningClient"))
    assert "Running" in told
    assert "100 %" in told
    assert "completed" in shown(cell("learn = LearningClient"), "text/html")
    assert "definition" in shown(cell("entries = await"), "text/html")
    assert "rel='noopener" in shown(cell("await learn.entry"), "text/html")
    assert "word" in shown(cell("table = "), "text/html")
    assert "big" in shown(cell("with LearningClient.sync"), "text/html")
