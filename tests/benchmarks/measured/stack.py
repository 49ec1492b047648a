"""`learn up` in a folder of its own, for measurements."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.benchmarks.measured import processes

LEARN = Path(sys.executable).with_name("learn")
PARTS = {
    "Prefect's server": "service.stack.prefect_server",
    "worker": "service.worker",
    "server": "service.stack.web_server",
}
"""Command lines of what a stack consists of."""
UP_S = 120


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Stack:
    """Runs from its making until `end`. Without an environment it learns from the lexicon alone.

    `up_s` are the seconds from the command to "Serving:", in an empty home.
    """

    def __init__(self, folder: str | Path, environment: Mapping[str, str] | None = None) -> None:
        self.home = Path(folder) / "home"
        ports = {"LEARN_PREFECT_PORT": str(free_port()), "LEARN_PORT": str(free_port())}
        self.url = f"http://127.0.0.1:{ports['LEARN_PORT']}"
        self.prefect = httpx.Client(
            base_url=f"http://127.0.0.1:{ports['LEARN_PREFECT_PORT']}/api", timeout=30
        )
        self.facade = httpx.Client(base_url=self.url, timeout=30)
        self.output = Path(folder) / "up.out"
        families = ("LEARN_", "PREFECT_", "PYTEST_", "GROQ_", "WIKIMEDIA_")
        given = {k: v for k, v in os.environ.items() if not k.startswith(families)}
        given |= {
            "LEARN_HOME": str(self.home),
            "NO_COLOR": "1",
            "LEARN_STARTS_PER_MINUTE": "600",
            **({"LEARN_SOURCES": "lexicon"} if environment is None else environment),
            **ports,
        }
        began = time.monotonic()
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [LEARN, "up", "--plain"], env=given, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        while "Serving:" not in self.output.read_text():
            assert time.monotonic() - began < UP_S, self.output.read_text()
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.05)
        self.up_s = time.monotonic() - began
        self.prefect.auth = tuple((self.home / "prefect" / "password").read_text().strip().split(":", 1))

    def processes(self, part: str) -> list[int]:
        """Processes of this stack with a text in their command line."""
        return processes.found(f"LEARN_HOME={self.home}", part)

    def warm(self, within_s: float = 30) -> None:
        """Wait until a process is warm, as a person who starts a job would find it."""
        processes.wait_for(lambda: self.processes("--warm"), within_s, "a warm process")
        time.sleep(2)

    def start(self, **parameters: Any) -> str:
        """Start a big job; its id."""
        answer = self.facade.post("/jobs/start_big", json=parameters).raise_for_status()
        return str(answer.json()["job_id"])

    def run_process(self, job_id: str) -> int:
        """The process of a job's run, 0 where there is none yet."""
        return int(self.prefect.get(f"/flow_runs/{job_id}").json()["infrastructure_pid"] or 0)

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the knowledge base; none where there is no table yet."""
        file = f"file:{self.home / 'knowledge.db'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=10)) as database:
            try:
                return database.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError:
                return []

    def entries(self, job_id: str) -> int:
        """How many entries a job has stored."""
        found = self.rows("SELECT count(*) FROM solidified_knowledge WHERE job_id = ?", job_id)
        return int(found[0][0]) if found else 0

    def end(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
